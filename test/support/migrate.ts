/**
 * Opens the bus under a home folder as a server does, in a process of its own, which kills itself before it runs the statement
 * of a number, counted from the opening of the file: `bun migrate.ts HOME NUMBER`.
 */
import { Database as Sqlite } from "bun:sqlite"
import { Effect } from "effect"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { storage } from "./bus.ts"

const [home = "", last = "Infinity"] = process.argv.slice(2)

let statements = 0
const prepare = Sqlite.prototype.prepare
Sqlite.prototype.prepare = function (this: Sqlite, ...args: Parameters<typeof prepare>) {
  statements += 1
  if (statements === Number(last)) process.kill(process.pid, "SIGKILL")
  return prepare.apply(this, args)
} as typeof prepare

await Effect.runPromise(
  Effect.provide(
    Effect.flatMap(Registry, (registry) => registry.roster),
    storage(home)
  )
)
