/** Reading once for all who ask in the same moment, and never what was true before. */
import { expect } from "bun:test"
import { Context, Effect, Layer } from "effect"
import { Database } from "../../src/bus/engine/Database.ts"
import { statement } from "../../src/bus/engine/Statement.ts"
import { storage, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { noFile, onFile } from "../support/underTest.ts"

const count = statement<never, { readonly count: number }>("SELECT count(*) AS count FROM sessions")
const add =
  "INSERT INTO sessions (id, name, role, cwd, last_seen, registered_at) VALUES (?, ?, '', '', '', '')"

const wait = Effect.promise(async () => {})

const onBus = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const { atOnce, run, transaction } = Context.get(yield* Layer.build(storage(home)), Database)
  let readings = 0
  const read = Effect.map(
    run((sql) => {
      readings += 1
      return count.run(sql, {})
    }),
    ([row]) => row?.count
  )
  const lookBy = (reading: typeof read) => atOnce("how many", reading)
  return { home, lookBy, look: lookBy(read), read, run, transaction, readings: () => readings }
})

onFile(noFile, it.live)(
  "what is asked for in the same moment is read once",
  Effect.gen(function* () {
    const { look, readings } = yield* onBus
    yield* look
    yield* wait
    const before = readings()
    expect(yield* Effect.all([look, look, look])).toEqual([0, 0, 0])
    expect(readings()).toBe(before + 1)
  })
)

onFile(noFile, it.live)(
  "what was written from here is read at once",
  Effect.gen(function* () {
    const { look, run, transaction } = yield* onBus
    expect(yield* look).toBe(0)
    yield* run((sql) => sql.unsafe(add, ["session-1", "one"]))
    expect(yield* look).toBe(1)
    yield* transaction((sql) => sql.unsafe(add, ["session-2", "two"]))
    expect(yield* look).toBe(2)
    yield* run((sql) => sql`DELETE FROM sessions`)
    expect(yield* look).toBe(0)
  })
)

onFile(noFile, it.live)(
  "what was written from here before a reading was over is read the next time",
  Effect.gen(function* () {
    const { look, lookBy, read, run } = yield* onBus
    const written = run((sql) => sql.unsafe(add, ["session-1", "one"]))
    expect(yield* lookBy(Effect.tap(read, () => written))).toBe(0)
    expect(yield* look).toBe(1)
  })
)

onFile(noFile, it.live)(
  "what another process has written is read after the next wait, whatever it is",
  Effect.gen(function* () {
    const { home, look } = yield* onBus
    expect(yield* look).toBe(0)
    const { run } = yield* outsider(home)
    yield* run(add, "session-1", "one")
    yield* wait
    expect(yield* look).toBe(1)
  })
)
