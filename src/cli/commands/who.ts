/** `cc-dm who`: the roster. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Registry } from "../../bus/roster/Registry.ts"
import type { RosterEntry } from "../../domain/Session.ts"
import { quote } from "../../domain/Text.ts"
import { busTime } from "../BusTime.ts"
import { projectFlag, readTag } from "../Flags.ts"
import { RosterJson } from "../Json.ts"
import { didYouMean } from "../Nearest.ts"
import { ago, note, print, printJson, table } from "../Output.ts"
import { nobodyYet, ReadOnlyStorage } from "../Storage.ts"

const jsonOf = (entry: RosterEntry): (typeof RosterJson.Type)["sessions"][number] => ({
  id: entry.id,
  name: entry.name,
  kind: entry.kind,
  nested: entry.nested,
  role: entry.role,
  project: entry.project,
  doing: entry.doing ?? null,
  doing_since: entry.doingSince ?? null,
  reachable_by: entry.reach,
  last_seen: entry.lastSeen,
  cwd: entry.cwd,
  agent: entry.agent ?? null,
  version: entry.version ?? null,
  host: entry.host ?? null,
  user: entry.user ?? null
})

/** Which agent it is, is said where it is not always Claude Code. */
const isMixed = (roster: ReadonlyArray<RosterEntry>): boolean =>
  roster.some(({ agent }) => agent !== undefined && agent !== "claude")

const agentColumn = { title: "AGENT", gives: true }

const columns = [
  { title: "NAME" },
  { title: "ROLE", gives: true },
  { title: "PROJECT", gives: true },
  { title: "DOING" },
  { title: "REACHED" },
  { title: "SEEN" },
  { title: "FOLDER", gives: true }
]

const doingOf = ({ doing, doingSince, doorbell, kind }: RosterEntry, now: number): string => {
  if (kind === "command line") return doorbell ? "listening" : "at the command line"
  if (doing === undefined) return "-"
  return doingSince === undefined ? doing : `${doing}, ${ago(doingSince, now)}`
}

/** The folder, behind the user and the machine if there may be several. */
const placeOf = ({ cwd, host, user }: RosterEntry): string =>
  host === undefined ? cwd : `${user === undefined ? "" : `${user}@`}${host}:${cwd}`

/** The roster as a table that fits the terminal. */
export const rosterTable = (roster: ReadonlyArray<RosterEntry>, now: number): string =>
  table(
    isMixed(roster) ? [...columns.slice(0, 1), agentColumn, ...columns.slice(1)] : columns,
    roster.map((entry) => [
      entry.name,
      ...(isMixed(roster) ? [entry.agent ?? "-"] : []),
      entry.role,
      entry.project ?? "-",
      doingOf(entry, now),
      entry.reach,
      ago(entry.lastSeen, now),
      placeOf(entry)
    ])
  )

const nobodyIn = (project: string | undefined, everybody: ReadonlyArray<RosterEntry>): string => {
  if (project === undefined || everybody.length === 0) return "Nobody is on the bus."
  const projects = everybody.flatMap((entry) => entry.project ?? [])
  return `No session is in the project ${quote(project)}${didYouMean(project, projects)}`.replace(
    /[^?]$/,
    "$&."
  )
}

/** Prints who is on the bus. */
export const showRoster = Effect.fn("showRoster")(function* (asJson: boolean, project: string | undefined) {
  const registry = yield* Registry
  const tag = project === undefined ? undefined : yield* readTag("--project", project)
  const everybody = yield* registry.roster
  const roster = everybody.filter((entry) => tag === undefined || entry.project === tag)
  if (asJson) return yield* printJson(RosterJson, { sessions: roster.map(jsonOf), count: roster.length })
  if (roster.length === 0) return yield* note(nobodyIn(tag, everybody))
  yield* print(rosterTable(roster, yield* busTime))
})

/** Whether a result is wanted as JSON. */
export const jsonFlag = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON, for scripts"),
  Flag.withoutNegation,
  Flag.withDefault(false)
)

export const who = Command.make(
  "who",
  {
    json: jsonFlag,
    project: projectFlag
  },
  ({ json, project }) =>
    showRoster(json, project).pipe(
      Effect.provide(ReadOnlyStorage),
      nobodyYet(json ? printJson(RosterJson, { sessions: [], count: 0 }) : undefined)
    )
).pipe(
  Command.withDescription("Show who is on the bus, what each session is doing, and how messages reach it"),
  Command.withExamples([
    { command: "cc-dm who" },
    { command: "cc-dm who --project myapp --json", description: "for a script" }
  ])
)
