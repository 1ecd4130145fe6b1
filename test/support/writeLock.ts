/** A second process that keeps everybody else from writing to the bus, as an editor for SQLite files does. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { Effect } from "effect"

const program = `const database = new (require("bun:sqlite").Database)(process.argv[1])
database.run("PRAGMA busy_timeout = 5000")
database.run("BEGIN IMMEDIATE")
console.log("holding")
setInterval(() => {}, 1_000)`

/** Takes the write lock of the bus under `home`, and gives what lets it go. It is gone with the scope, too. */
export const holdWriteLock = (home: string) =>
  Effect.gen(function* () {
    const holder = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, ["-e", program, join(home, ".cc-dm/bus.db")])),
      (child) => Effect.sync(() => void child.kill("SIGKILL"))
    )
    yield* Effect.promise(() => once(holder.stdout, "data"))
    const release = Effect.promise(async () => {
      const ended = once(holder, "exit")
      holder.kill("SIGKILL")
      await ended
    })
    return { release }
  })
