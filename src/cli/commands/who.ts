/** `cc-dm who`: the roster. */
import { Clock, Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Registry } from "../../bus/Registry.ts"
import { parseTag } from "../../domain/Name.ts"
import type { RosterEntry } from "../../domain/Session.ts"
import { wrongUse } from "../Failure.ts"
import { RosterJson } from "../Json.ts"
import { ago, printJson, table } from "../Output.ts"
import { ReadOnlyStorage } from "../Storage.ts"

const jsonOf = (entry: RosterEntry): (typeof RosterJson.Type)["sessions"][number] => ({
  id: entry.id,
  name: entry.name,
  kind: entry.kind,
  role: entry.role,
  project: entry.project,
  doing: entry.doing ?? null,
  doing_since: entry.doingSince ?? null,
  reachable_by: entry.reach,
  last_seen: entry.lastSeen,
  cwd: entry.cwd,
  version: entry.version ?? null
})

const columns = [
  { title: "NAME" },
  { title: "ROLE", gives: true },
  { title: "PROJECT", gives: true },
  { title: "DOING" },
  { title: "REACHED" },
  { title: "SEEN" },
  { title: "FOLDER", gives: true }
]

const doingOf = ({ doing, doingSince, kind }: RosterEntry, now: number): string => {
  if (kind === "command line") return "at the command line"
  if (doing === undefined) return "-"
  return doingSince === undefined ? doing : `${doing}, ${ago(doingSince, now)}`
}

/** The roster as a table that fits the terminal. */
export const rosterTable = (roster: ReadonlyArray<RosterEntry>, now: number): string =>
  table(
    [...columns.slice(0, -1).map((column) => column), ...columns.slice(-1)],
    roster.map((entry) => [
      entry.name,
      entry.role,
      entry.project ?? "-",
      doingOf(entry, now),
      entry.reach,
      ago(entry.lastSeen, now),
      entry.cwd
    ])
  )

/** Prints who is on the bus. */
export const showRoster = Effect.fn("showRoster")(function* (asJson: boolean, project: string | undefined) {
  const registry = yield* Registry
  const tag =
    project === undefined
      ? undefined
      : yield* Effect.mapError(Effect.fromResult(parseTag(project)), (why) => wrongUse(`--project ${why}`))
  const roster = (yield* registry.roster).filter((entry) => tag === undefined || entry.project === tag)
  if (asJson) return yield* printJson(RosterJson, { sessions: roster.map(jsonOf), count: roster.length })
  if (roster.length === 0) return yield* Console.error("Nobody is on the bus.")
  yield* Console.log(rosterTable(roster, yield* Clock.currentTimeMillis))
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
    project: Flag.String("project").pipe(Flag.withDescription("Only sessions of this project"), Flag.optional)
  },
  ({ json, project }) =>
    Effect.provide(showRoster(json, project._tag === "Some" ? project.value : undefined), ReadOnlyStorage)
).pipe(
  Command.withDescription("Who is on the bus: what each session is doing, and how messages reach it"),
  Command.withExamples([
    { command: "cc-dm who" },
    { command: "cc-dm who --project myapp --json", description: "for a script" }
  ])
)
