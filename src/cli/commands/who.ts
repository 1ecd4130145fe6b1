/** `cc-dm who`: the roster. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Registry } from "../../bus/roster/Registry.ts"
import type { RosterEntry } from "../../domain/Session.ts"
import { inline, quote } from "../../domain/Text.ts"
import { knownConversations } from "../../hosts/Conversations.ts"
import { sha256 } from "../../platform/System.ts"
import { busTime } from "../BusTime.ts"
import { wrongUse } from "../Failure.ts"
import { maybe, projectFlag, readTag } from "../Flags.ts"
import { RosterJson, SessionJson } from "../Json.ts"
import { didYouMean } from "../Nearest.ts"
import { ago, note, printJson, printLine, table } from "../Output.ts"
import { nobodyYet, ReadOnlyStorage } from "../Storage.ts"
import { readTemplate } from "../Template.ts"

/** Gives the id that an agent has for a session of its own. The bus holds only a hash of it. */
const agentSessions = Effect.map(
  Effect.orElseSucceed(knownConversations, () => []),
  (ids) => {
    const byHash = new Map(ids.map((id) => [sha256(id), id]))
    return ({ conversation }: RosterEntry): string | undefined => byHash.get(conversation ?? "")
  }
)

const jsonOf = (entry: RosterEntry, agentSession: string | undefined): typeof SessionJson.Type => ({
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
  agent_session_id: agentSession ?? null,
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
  { title: "DOING", gives: true, least: 12 },
  { title: "REACHED", gives: true, least: 9 },
  { title: "SEEN" },
  { title: "FOLDER", gives: true, goesFirst: true }
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
export const rosterTable = (roster: ReadonlyArray<RosterEntry>, now: number, room?: number): string =>
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
    ]),
    room
  )

const nobodyIn = (project: string | undefined, everybody: ReadonlyArray<RosterEntry>): string => {
  if (project === undefined || everybody.length === 0) return "Nobody is on the bus."
  const projects = everybody.flatMap((entry) => entry.project ?? [])
  return `No session is in the project ${quote(project)}${didYouMean(project, projects)}`.replace(
    /[^?]$/,
    "$&."
  )
}

/** How the roster is printed. */
export interface RosterForm {
  readonly json?: boolean
  readonly names?: boolean
  /** A line for each, as a template says. */
  readonly format?: string | undefined
}

/** Prints who is on the bus. */
export const showRoster = Effect.fn("showRoster")(function* (
  project: string | undefined,
  { format, json, names }: RosterForm
) {
  const registry = yield* Registry
  const line = format === undefined ? undefined : yield* readTemplate(format, Object.keys(SessionJson.fields))
  const tag = project === undefined ? undefined : yield* readTag("--project", project)
  const everybody = yield* registry.roster
  const roster = everybody.filter((entry) => tag === undefined || entry.project === tag)
  const agentSession = json || line !== undefined ? yield* agentSessions : () => undefined
  const sessions = roster.map((entry) => jsonOf(entry, agentSession(entry)))
  if (json) return yield* printJson(RosterJson, { sessions, count: roster.length })
  if (roster.length === 0) return yield* note(nobodyIn(tag, everybody))
  if (names) return yield* Effect.forEach(roster, ({ name }) => printLine(inline(name)), { discard: true })
  if (line !== undefined)
    return yield* Effect.forEach(sessions, (session) => printLine(line(session)), { discard: true })
  yield* printLine(rosterTable(roster, yield* busTime))
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
    names: Flag.Boolean("names").pipe(
      Flag.withAlias("q"),
      Flag.withDescription("Print names alone, one a line, for scripts"),
      Flag.withoutNegation,
      Flag.withDefault(false)
    ),
    format: maybe(
      Flag.String("format").pipe(
        Flag.withMetavar("template"),
        Flag.withDescription("Print a line for each: '{name}\\t{role}'; the names are those of --json")
      )
    ),
    project: projectFlag
  },
  Effect.fnUntraced(function* ({ format, json, names, project }) {
    if ([json, names, format !== undefined].filter((wanted) => wanted).length > 1)
      return yield* wrongUse("--json, --names and --format are three forms of one list: use one of them")
    yield* showRoster(project, { format, json, names }).pipe(
      Effect.provide(ReadOnlyStorage),
      nobodyYet(json ? printJson(RosterJson, { sessions: [], count: 0 }) : undefined)
    )
  })
).pipe(
  Command.withDescription("Show who is on the bus, what each session is doing, and how messages reach it"),
  Command.withExamples([
    { command: "cc-dm who" },
    { command: "cc-dm who --project myapp --json", description: "for a script" },
    { command: "cc-dm who --format '{name}\\t{doing}' | grep idle" }
  ])
)
