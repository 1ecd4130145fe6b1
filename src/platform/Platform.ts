/**
 * What every program takes from the platform. `CommandLine.ts` has what only the command line needs. Of `@effect/platform-bun` single
 * modules are imported: the package as a whole imports what Effect 4.1 has moved.
 */
import { createHash, randomBytes } from "node:crypto"
import { hostname } from "node:os"
import * as BunRuntime from "@effect/platform-bun/BunRuntime"
import { Config, Effect } from "effect"
import { homeOf } from "./Home.ts"

/** The user's home folder: `HOME` if it is set. */
export const HomeFolder = Config.String("HOME").pipe(
  Config.withDefault(""),
  // If there is none, `start.ts` ends the program before anybody asks.
  Config.map((variable) => homeOf(variable) ?? "")
)

/** The folder that the process was started in. */
export const WorkingFolder = Config.succeed(process.cwd())

/** Random hexadecimal digits from the operating system, two a byte. */
export const randomHex = (bytes: number) => Effect.sync(() => randomBytes(bytes).toString("hex"))

/** A random text that nothing else has. */
export const randomToken = (): string => randomBytes(12).toString("base64url")

/** The SHA-256 of a text, in hexadecimal digits. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The user's id, if the platform has one. */
export const userId: number | undefined = process.getuid?.()

/** Folders that do not outlive the machine, for what the home folder can't hold; the first is the user's alone. */
export const runtimeFolders: ReadonlyArray<string> = [
  ...[process.env["XDG_RUNTIME_DIR"] ?? "", `/run/user/${userId}`].filter((path) => path.startsWith("/")),
  "/tmp"
]

export const runMain = BunRuntime.runMain

/** What this machine is called, for people. */
export const hostName: string = hostname()
