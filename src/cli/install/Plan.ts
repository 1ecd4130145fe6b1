/** What is to stand in the files of an agent, as data: each agent has a file that says it, and `Changing.ts` does it. */
import type { JsonParts } from "./JsonFile.ts"
import type { TomlTable } from "./TomlFile.ts"

/** What a user grants beyond the plain installation, each by a flag of its own. */
export const grants = ["approve-tools", "trust", "wake", "experimental", "force"] as const
export type Grant = (typeof grants)[number]

/** One file, and what of it is ours. */
export type FilePlan =
  | { readonly kind: "json"; readonly path: string; readonly parts: JsonParts }
  | { readonly kind: "toml"; readonly path: string; readonly table: TomlTable }
  /** Lines of ours at the end of a file of the user's, such as a shell's. */
  | { readonly kind: "lines"; readonly path: string; readonly text: string }
  /** The whole file is ours. */
  | { readonly kind: "whole"; readonly path: string; readonly text: string }

/** Where something is installed. */
export interface Site {
  readonly home: string
  /** The folder of the project; `undefined`: for all of the user's projects. */
  readonly project: string | undefined
  /** A variable of the environment that names a folder of the agent's, or the folder that it has without it. */
  readonly folder: (variable: string, otherwise: string) => string
  /** What runs cc-dm, whichever version. */
  readonly launcher: string
  /** Where files of ours for the inside of agents are, whichever version. */
  readonly agents: string
  /** The text of such a file; `undefined`: this cc-dm has none. */
  readonly textOf: (name: string) => string | undefined
  readonly granted: ReadonlySet<Grant>
}

/** An agent that cc-dm can be installed into. */
export interface Agent {
  /** What it is called at the command line; its program is, too. */
  readonly name: string
  /** What people call it. */
  readonly title: string
  readonly grants: ReadonlyArray<Grant>
  /** Files of ours that it loads, as {@link Site.textOf} names them. */
  readonly loads: ReadonlyArray<string>
  /** Why it has no files in a project; `undefined`: it has. */
  readonly noProject?: string
  readonly plan: (site: Site) => ReadonlyArray<FilePlan>
  /** What the user has to do then. */
  readonly next: (site: Site) => ReadonlyArray<string>
}
