/**
 * The test clock. A key is made and sealed in another thread, and a statement to a server takes real time too. So the clock moves from one sleeper
 * to the next, and waits at each until nothing is under way.
 */
import { Clock, Context, Deferred, Duration, Effect, Exit, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Database, type Use } from "../../src/bus/engine/Database.ts"

/** So often is looked, in turns of the event loop, whether fibers that go on ask for a key or say something to a database. */
const turns = 5
/** What waits for the clock itself, as after a conflict, is not waited for. In milliseconds. */
const longest = 2_000

let begun = 0
let underWay = 0
let whenDone = Deferred.makeUnsafe<void>()
/** How many had begun when the rings of all of them had come. */
let heard = 0
/** What makes each connection hand over the rings that have come for it. */
const connections = new Set<Effect.Effect<unknown>>()

const begin = () => {
  begun += 1
  underWay += 1
}

const end = () => {
  underWay -= 1
  if (underWay > 0) return
  Deferred.doneUnsafe(whenDone, Exit.void)
  whenDone = Deferred.makeUnsafe<void>()
}

/** Counts something that is said to a database. */
const counted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    begin()
    return Effect.ensuring(effect, Effect.sync(end))
  })

// What Signing.ts asks WebCrypto for is counted too.
for (const name of ["decrypt", "deriveBits", "encrypt", "exportKey", "generateKey", "importKey"] as const) {
  const real: (...args: ReadonlyArray<never>) => Promise<unknown> = crypto.subtle[name].bind(crypto.subtle)
  const countedOne = (...args: ReadonlyArray<never>) => {
    begin()
    return real(...args).finally(end)
  }
  Object.defineProperty(crypto.subtle, name, { value: countedOne })
}

/** Lets the clock know of what is said to a database in another way. */
export const watchedStatement = counted

/** A database whose statements the clock waits for. */
export const watched = <R>(database: Layer.Layer<Database | R>): Layer.Layer<Database | R> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const context = yield* Layer.build(database)
      const { run, transaction, ...more } = Context.get(context, Database)
      const hearing = Effect.suspend(() =>
        // Asking would make a connection where there is none.
        more.version() === undefined ? Effect.void : Effect.ignore(run((sql) => sql`SELECT 1`))
      )
      yield* Effect.acquireRelease(
        Effect.sync(() => connections.add(hearing)),
        () => Effect.sync(() => connections.delete(hearing))
      )
      const watch =
        (use: Use): Use =>
        (body) =>
          counted(use(body))
      return Context.add(
        context,
        Database,
        Database.of({ ...more, run: watch(run), transaction: watch(transaction) })
      )
    })
  )

const onRealClock = Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Waits until nothing is under way, and nothing came of it. */
const settled = Effect.gen(function* () {
  const latest = performance.now() + longest
  while (performance.now() < latest) {
    for (let n = 0; n < turns; n++) yield* turn
    if (underWay > 0) {
      yield* Effect.ignore(Effect.timeout(Deferred.await(whenDone), latest - performance.now())).pipe(
        onRealClock
      )
      continue
    }
    if (heard === begun) return
    heard = begun
    // PostgreSQL hands rings over before it answers.
    yield* Effect.forEach(connections, (hearing) => hearing, { concurrency: "unbounded", discard: true })
  }
})

export const steppingClock: Layer.Layer<never> = Layer.effectContext(
  Effect.gen(function* () {
    const context = yield* Layer.build(TestClock.layer())
    const clock = yield* Effect.provide(TestClock.testClockWith(Effect.succeed), context)
    const sleepers = new Set<{ readonly end: number }>()
    const now = clock.currentTimeMillisUnsafe
    const sleep: typeof clock.sleep = (duration) =>
      Effect.suspend(() => {
        const sleeper = { end: now() + Duration.toMillis(duration) }
        sleepers.add(sleeper)
        return Effect.ensuring(
          clock.sleep(duration),
          Effect.sync(() => sleepers.delete(sleeper))
        )
      })
    const setTime = Effect.fnUntraced(function* (end: number) {
      yield* settled
      while (true) {
        const ends = [...sleepers].map((sleeper) => sleeper.end).filter((one) => one > now())
        const next = Math.min(...ends)
        if (next > end) break
        yield* clock.setTime(next)
        yield* settled
      }
      yield* clock.setTime(end)
      yield* settled
    })
    const adjust: typeof clock.adjust = (duration) =>
      Effect.suspend(() => setTime(now() + Duration.toMillis(duration)))
    const stepping: TestClock.TestClock = { ...clock, sleep, setTime, adjust }
    return Context.add(context, Clock.Clock, stepping)
  })
)
