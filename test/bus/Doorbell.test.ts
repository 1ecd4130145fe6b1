import { describe, expect } from "bun:test"
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Exit, Queue, Scope } from "effect"
import { Doorbell } from "../../src/bus/Doorbell.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { storage, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { noSockets, onFile } from "../support/underTest.ts"

const onSocket = onFile(noSockets, it)

const id = SessionId.make("session-00000000000a")
const bell = { id, doorbell: true }

const withDoorbell = <A, E>(
  body: (doorbell: Doorbell["Service"], home: string) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    return yield* Effect.provide(
      Effect.flatMap(Doorbell, (doorbell) => body(doorbell, home)),
      storage(home)
    )
  })

describe("a doorbell", () => {
  it(
    "wakes its session, and makes many rings one",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        const { rings, works } = yield* doorbell.listen(id)
        expect(works).toBe(true)
        const answers = yield* Effect.all(
          Array.from({ length: 100 }, () => doorbell.ring(bell)),
          { concurrency: "unbounded" }
        )
        expect(new Set(answers)).toEqual(new Set(["rung"]))
        yield* Queue.take(rings)
        expect(yield* Queue.size(rings)).toBeLessThanOrEqual(1)
      })
    )
  )

  it(
    "tells at once that its session is gone",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        yield* Scope.provide(doorbell.listen(id), scope)
        expect(yield* doorbell.ring(bell)).toBe("rung")
        yield* Scope.close(scope, Exit.void)
        expect(yield* doorbell.ring(bell)).toBe("dead")
      })
    )
  )

  onSocket(
    "is private",
    withDoorbell((doorbell, home) =>
      Effect.gen(function* () {
        yield* doorbell.listen(id)
        expect(statSync(join(home, `.cc-dm/doorbell/${id}.sock`)).mode & 0o777).toBe(0o600)
      })
    )
  )

  onSocket(
    "of which only the socket's file is left is dead, and cleared away",
    withDoorbell((doorbell, home) =>
      Effect.gen(function* () {
        yield* Effect.scoped(doorbell.listen(id))
        const file = join(home, `.cc-dm/doorbell/${id}.sock`)
        writeFileSync(file, "")
        expect(yield* doorbell.ring(bell)).toBe("dead")
        yield* doorbell.clear(id)
        expect(existsSync(file)).toBe(false)
      })
    )
  )

  it(
    "that still answers is not cleared away",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        yield* doorbell.listen(id)
        yield* doorbell.clear(id)
        expect(yield* doorbell.ring(bell)).toBe("rung")
      })
    )
  )

  it(
    "is not asked of sessions that have none, nor at a path that a row made up",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        expect(yield* doorbell.ring({ id, doorbell: false })).toBe("unknown")
        expect(yield* doorbell.ring({ id: "../../elsewhere", doorbell: true })).toBe("unknown")
      })
    )
  )

  onSocket(
    "that can't be had is done without",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      writeFileSync(join(home, ".cc-dm/doorbell"), "in the way")
      const { works } = yield* Effect.provide(
        Effect.flatMap(Doorbell, (doorbell) => doorbell.listen(id)),
        storage(home)
      )
      expect(works).toBe(false)
    })
  )
})
