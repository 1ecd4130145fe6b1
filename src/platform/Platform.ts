/**
 * What every program takes from the platform. `CommandLine.ts` has what only the command line needs. Of `@effect/platform-bun` single
 * modules are imported: the package as a whole imports what Effect 4.1 has moved.
 */
import * as BunRuntime from "@effect/platform-bun/BunRuntime"
import { Effect } from "effect"
import { homeOf } from "./Home.ts"
import { randomBytes } from "./System.ts"
import { variableText } from "./Variables.ts"

/** The user's home folder: `HOME` if it is set. */
export const HomeFolder = Effect.map(
  variableText("HOME"),
  // If there is none, `start.ts` ends the program before anybody asks.
  (variable) => homeOf(variable) ?? ""
)

/** The folder that the process was started in. */
export const WorkingFolder = Effect.succeed(process.cwd())

/** Random hexadecimal digits from the operating system, two a byte. */
export const randomHex = (bytes: number) => Effect.sync(() => randomBytes(bytes).toString("hex"))

export const runMain = BunRuntime.runMain
