import { describe, expect } from "bun:test"
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { Effect, Exit, Scope } from "effect"
import { Doorbell } from "../../src/bus/engine/Doorbell.ts"
import { busPaths, doorbellFolders } from "../../src/bus/engine/sqlite/BusPaths.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { thisProcess } from "../../src/platform/ServerProcess.ts"
import { isRung, storage, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { noSockets, onFile } from "../support/underTest.ts"

const onSocket = onFile(noSockets, it.live)

const id = SessionId.make("session-00000000000a")
const bell = { id, doorbell: true }

/** A process that has ended. */
const ended = Effect.sync(() => {
  const { pid } = spawnSync("true")
  const server = thisProcess()
  if (server === undefined) throw new Error("the system does not tell of its processes")
  return { ...server, pid }
})

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
  it.live(
    "wakes its session, and makes many rings one",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        const { nextRing, works } = yield* doorbell.listen(id)
        expect(works).toBe(true)
        const answers = yield* Effect.all(
          Array.from({ length: 100 }, () => doorbell.ring(bell)),
          { concurrency: "unbounded" }
        )
        expect(new Set(answers)).toEqual(new Set(["rung"]))
        yield* nextRing
        // One may have come since the first was taken.
        yield* isRung(nextRing)
        expect(yield* isRung(nextRing)).toBe(false)
      })
    )
  )

  it.live(
    "tells at once that its session is gone",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        yield* Scope.provide(doorbell.listen(id), scope)
        const left = { ...bell, server: yield* ended }
        expect(yield* doorbell.reach(left)).toBe("rung")
        yield* Scope.close(scope, Exit.void)
        expect(yield* doorbell.reach(left)).toBe("dead")
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
    "that does not answer proves nothing by itself",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        const server = thisProcess()
        expect(server).toBeDefined()
        expect(yield* doorbell.reach(bell)).toBe("unknown")
        expect(yield* doorbell.reach({ ...bell, server })).toBe("unknown")
        const gone = yield* ended
        expect(yield* doorbell.reach({ ...bell, server: { ...gone, space: "elsewhere" } })).toBe("unknown")
        expect(yield* doorbell.reach({ ...bell, doorbell: false, server: gone })).toBe("dead")
        // Another process has that id now.
        if (server !== undefined)
          expect(yield* doorbell.reach({ ...bell, server: { ...server, started: "1" } })).toBe("dead")
      })
    )
  )

  onSocket(
    "of which only the socket's file is left is dead where others in the same folder answer, and cleared away",
    withDoorbell((doorbell, home) =>
      Effect.gen(function* () {
        const { space } = yield* Effect.scoped(doorbell.listen(id))
        expect(space()).toBeUndefined()
        const file = join(home, `.cc-dm/doorbell/${id}.sock`)
        writeFileSync(file, "")
        expect(yield* doorbell.reach(bell)).toBe("dead")
        expect(readdirSync(join(home, ".cc-dm/doorbell"))).toEqual([`${id}.sock`])
        const mine = yield* doorbell.listen(SessionId.make("session-00000000000b"))
        expect(yield* doorbell.reach(bell)).toBe("dead")
        expect(yield* doorbell.reach({ ...bell, socketSpace: mine.space() })).toBe("dead")
        expect(yield* doorbell.reach({ ...bell, socketSpace: "another folder" })).toBe("unknown")
        yield* doorbell.clear(id)
        expect(existsSync(file)).toBe(false)
      })
    )
  )

  it.live(
    "that still answers is not cleared away",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        yield* doorbell.listen(id)
        yield* doorbell.clear(id)
        expect(yield* doorbell.ring(bell)).toBe("rung")
      })
    )
  )

  it.live(
    "is not asked of sessions that have none, nor at a path that a row made up",
    withDoorbell((doorbell) =>
      Effect.gen(function* () {
        expect(yield* doorbell.ring({ id, doorbell: false })).toBe("unknown")
        expect(yield* doorbell.ring({ id: "../../elsewhere", doorbell: true })).toBe("unknown")
      })
    )
  )

  onSocket(
    "that stands outside of the bus is rung, and cleared away, only in a folder that is this user's alone",
    withDoorbell((doorbell, home) =>
      Effect.gen(function* () {
        const bus = join(home, ".cc-dm")
        mkdirSync(bus, { mode: 0o700 })
        const folder = doorbellFolders(busPaths(bus)).at(-1) ?? ""
        const file = join(folder, `${id}.sock`)
        yield* Effect.acquireRelease(
          Effect.sync(() => mkdirSync(folder)),
          () => Effect.sync(() => rmSync(folder, { recursive: true }))
        )
        let rings = 0
        const listener = Bun.listen({ unix: file, socket: { open: () => void rings++, data: () => {} } })
        for (const mode of [0o755, 0o770, 0o701]) {
          chmodSync(folder, mode)
          expect(yield* doorbell.ring(bell)).toBe("unknown")
        }
        expect(rings).toBe(0)
        chmodSync(folder, 0o700)
        expect(yield* doorbell.ring(bell)).toBe("rung")
        listener.stop(true)

        writeFileSync(file, "")
        chmodSync(folder, 0o755)
        yield* doorbell.clear(id)
        expect(existsSync(file)).toBe(true)
        chmodSync(folder, 0o700)
        yield* doorbell.clear(id)
        expect(existsSync(file)).toBe(false)
      })
    )
  )

  onSocket(
    "is put back where somebody removed its socket",
    withDoorbell((doorbell, home) =>
      Effect.gen(function* () {
        const { nextRing, repair } = yield* doorbell.listen(id)
        yield* isRung(nextRing)
        rmSync(join(home, ".cc-dm/doorbell"), { recursive: true })
        expect(yield* doorbell.reach(bell)).toBe("unknown")
        yield* repair
        expect(yield* doorbell.ring(bell)).toBe("rung")
        yield* nextRing
      })
    )
  )

  onSocket(
    "hangs up on those who stay on the line, and on those who talk",
    withDoorbell((doorbell, home) =>
      Effect.gen(function* () {
        yield* doorbell.listen(id)
        const path = join(home, `.cc-dm/doorbell/${id}.sock`)
        const dial = () => {
          const line = connect(path)
          return { line, isOver: new Promise<void>((resolve) => line.once("close", () => resolve())) }
        }
        const silent = dial()
        yield* Effect.promise(() => silent.isOver)
        const talking = dial()
        talking.line.write("hello")
        yield* Effect.promise(() => talking.isOver)
        const first = dial()
        const others = Array.from({ length: 40 }, dial)
        yield* Effect.promise(() => first.isOver)
        expect(others.some(({ line }) => !line.closed)).toBe(true)
        for (const { line } of others) line.destroy()
        expect(yield* doorbell.ring(bell)).toBe("rung")
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
