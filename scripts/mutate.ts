/**
 * Whether the tests bite: applies small wrong changes to a copy of `src`, runs the tests that could notice each, and says which
 * changes survive. The kept ones are in `scripts/mutations.json`.
 */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandLineServices, commandLineArguments } from "../src/platform/CommandLine.ts"
import { runMain } from "../src/platform/Platform.ts"
import { draw } from "./support/mutate/Draw.ts"
import {
  type Mutation,
  type Place,
  placesOf,
  readKept,
  readSources,
  writeKept
} from "./support/mutate/Mutation.ts"
import { Scratch } from "./support/mutate/Scratch.ts"

/** What a line begins with. `survived` has no reason, `spared` has one. */
type Word = "killed" | "survived" | "spared" | "stale" | "error"

/** How the mutations are to be tried. */
interface Asked {
  readonly keep: boolean
  readonly quick: boolean
  readonly workers: number
}

interface Outcome {
  readonly word: Word
  readonly mutation: Mutation
}

/** What is tried: the tree as it is now, whatever becomes of it while the tests run. */
const snapshot = new Scratch()
process.on("exit", () => snapshot.remove())
const sources = readSources(snapshot.folder)

const titleOf = (mutation: Mutation, { file, line }: Place): string => {
  const change = `${mutation.before} => ${mutation.after === "" ? "(nothing)" : mutation.after}`
  return `${file}:${line}  ${mutation.rule ?? change.replaceAll(/\s+/g, " ")}`
}

const say = (word: string, words: string) => Console.log(`${word.padEnd(9)}${words}`)

/** Tries a mutation, and says in a line what became of it. */
const attempt = Effect.fn(function* (scratch: Scratch, mutation: Mutation, quick: boolean) {
  const [place, another] = placesOf(sources, mutation)
  if (place === undefined || another !== undefined) {
    yield* say(
      "stale",
      `${place === undefined ? "no" : "more than one"} place in src has: ${mutation.before}`
    )
    return { word: "stale", mutation } satisfies Outcome
  }
  const title = titleOf(mutation, place)
  const began = performance.now()
  const outcome = yield* Effect.tryPromise({
    try: () => scratch.try(place, mutation, quick),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  }).pipe(Effect.result)
  const took = `${((performance.now() - began) / 1_000).toFixed(0)} s`
  if (outcome._tag === "Failure") {
    yield* say("error", `${title} (${took}): ${outcome.failure}`)
    return { word: "error", mutation } satisfies Outcome
  }
  const verdict = outcome.success
  if (verdict._tag === "killed") {
    const spared = mutation.reason === undefined ? "" : "; its reason to survive can go"
    yield* say("killed", `${title} (${took}, ${verdict.by}: ${verdict.test}${spared})`)
    return { word: "killed", mutation: { ...mutation, tests: [verdict.by] } } satisfies Outcome
  }
  const word = mutation.reason === undefined ? "survived" : "spared"
  yield* say(word, `${title} (${took})${mutation.reason === undefined ? "" : `: ${mutation.reason}`}`)
  return { word, mutation } satisfies Outcome
})

/** Gives the next mutation to try, or nothing when there are no more. `scratch` is free until then. */
type Source = (scratch: Scratch) => Effect.Effect<Mutation | undefined>

/** Tries mutations, some at a time, each in the copy of the tree that its worker has. */
const attemptAll = (next: Source, { keep, quick, workers }: Asked) => {
  const work = Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* aScratch
      const outcomes: Array<Outcome> = []
      for (;;) {
        const mutation = yield* next(scratch)
        if (mutation === undefined) return outcomes
        const outcome = yield* attempt(scratch, mutation, quick)
        outcomes.push(outcome)
        if (keep) yield* Effect.sync(() => writeKept(withOutcome(readKept(), outcome.mutation)))
      }
    })
  )
  const all = Effect.all(
    Array.from({ length: workers }, () => work),
    { concurrency: workers }
  )
  return Effect.map(all, (outcomes) => outcomes.flat())
}

const aScratch = Effect.acquireRelease(
  Effect.sync(() => new Scratch(snapshot)),
  (scratch) => Effect.sync(() => scratch.remove())
)

const isSame = (one: Mutation, other: Mutation) => one.before === other.before && one.after === other.after

/** The kept mutations with what is known of one now: the tests that caught it. */
const withOutcome = (kept: ReadonlyArray<Mutation>, mutation: Mutation): ReadonlyArray<Mutation> =>
  kept.some((one) => isSame(one, mutation))
    ? kept.map((one) => (isSame(one, mutation) ? mutation : one))
    : [...kept, mutation]

/** Draws mutations whose types hold and that are not kept already. */
const drawing = (kept: ReadonlyArray<Mutation>, count: number, seed: number): Source => {
  const drawn = draw(sources, seed)
  let found = 0
  return Effect.fnUntraced(function* (scratch) {
    while (found < count) {
      // Counted before its types are looked at, since other workers draw meanwhile.
      found++
      const { done, value: mutation } = drawn.next()
      if (done === true) return undefined
      const [place] = placesOf(sources, mutation)
      const isNew = place !== undefined && !kept.some((one) => isSame(one, mutation))
      if (isNew && (yield* Effect.promise(() => scratch.typesHold(place)))) return mutation
      found--
    }
    return undefined
  })
}

const listOf = (mutations: ReadonlyArray<Mutation>): Source => {
  const left = [...mutations]
  return () => Effect.sync(() => left.shift())
}

const summary = (outcomes: ReadonlyArray<Outcome>) => {
  const count = (word: Word) => outcomes.filter((outcome) => outcome.word === word).length
  return Effect.andThen(
    Console.log(
      `${count("killed")} killed, ${count("survived")} survived, ${count("spared")} spared with a reason, ${count("stale")} stale, ${count("error")} in error`
    ),
    Effect.sync(() => {
      if (count("survived") + count("stale") + count("error") > 0) process.exitCode = 1
    })
  )
}

const matches = (pattern: string, mutation: Mutation): boolean =>
  [mutation.rule ?? "", mutation.before, ...placesOf(sources, mutation).map(({ file }) => file)].some(
    (text) => text.includes(pattern)
  )

const mutate = Command.make(
  "mutate",
  {
    only: Flag.String("only").pipe(
      Flag.withDescription("Only kept mutations whose rule, text or file has this in it"),
      Flag.withDefault("")
    ),
    list: Flag.Boolean("list").pipe(
      Flag.withDescription("List the kept mutations and where they apply, and run nothing"),
      Flag.withDefault(false)
    ),
    draw: Flag.Int("draw").pipe(
      Flag.withDescription("Draw this many new mutations over all rooms, instead of the kept ones"),
      Flag.optional
    ),
    seed: Flag.Int("seed").pipe(Flag.withDescription("What --draw draws by"), Flag.withDefault(1)),
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription(
        "Write what was drawn, or by which tests a mutation was caught, into the kept file"
      ),
      Flag.withDefault(false)
    ),
    quick: Flag.Boolean("quick").pipe(
      Flag.withDescription("Leave out the tests that run real servers, for a file that has others"),
      Flag.withDefault(false)
    ),
    workers: Flag.Int("workers").pipe(
      Flag.withDescription("How many are tried at a time"),
      Flag.withDefault(1)
    )
  },
  Effect.fn(function* ({ draw: count, keep, list, only, quick, seed, workers }) {
    const kept = readKept()
    if (list) {
      for (const mutation of kept.filter((one) => matches(only, one))) {
        const [place, another] = placesOf(sources, mutation)
        yield* place === undefined || another !== undefined
          ? say("stale", mutation.rule ?? mutation.before)
          : say(mutation.reason === undefined ? "kept" : "spared", titleOf(mutation, place))
      }
      return
    }
    const next = Option.isSome(count)
      ? drawing(kept, count.value, seed)
      : listOf(kept.filter((one) => matches(only, one)))
    const outcomes = yield* attemptAll(next, { keep, quick, workers })
    yield* summary(outcomes)
  })
).pipe(
  Command.withDescription(
    "Applies small wrong changes to a copy of src, runs the tests that could notice, and says which changes survive. Exit code 1: one survived without a reason, or its text is gone."
  )
)

runMain(
  Command.runWith(mutate, { version: "" })(commandLineArguments).pipe(Effect.provide(CommandLineServices))
)
