/** What is measured: our server, perhaps another one, and a bare Bun process as the floor of this machine. */
import { join } from "node:path"
import { fileBus, type NewPlace } from "./Place.ts"
import { postgresBus } from "./PostgresPlace.ts"

export interface Subject {
  readonly name: string
  readonly command: ReadonlyArray<string>
  /** Whether it is a server with the four tools. The bare process only echoes. */
  readonly isServer: boolean
  /** Where its sessions meet. */
  readonly place: NewPlace
}

const bun = process.execPath

/** The server that users install. */
export const ours: Subject = {
  name: "cc-dm",
  command: ["sh", join(import.meta.dir, "../plugin/bin/cc-dm"), "serve"],
  isServer: true,
  place: fileBus
}

/** The same on a bus in PostgreSQL. */
export const oursOnPostgres: Subject = { ...ours, name: "PostgreSQL", place: postgresBus }

/** Another server with the same four tools, by its command line, as a shell reads it. */
export const other = (commandLine: string, name = "other"): Subject => ({
  name,
  // With `exec` the process that is measured is the server and not the shell.
  command: ["sh", "-c", `exec ${commandLine}`],
  isServer: true,
  place: fileBus
})

/** See bare.ts. */
export const bare: Subject = {
  name: "bare Bun",
  command: [bun, join(import.meta.dir, "bare.ts")],
  isServer: false,
  place: fileBus
}
