/** The rows of the roster: how they are read, whatever program wrote them. */
import { Option, Schema } from "effect"
import { agentCalled } from "../../domain/Agent.ts"
import type { Name, SessionId, Tag } from "../../domain/Name.ts"
import { isOneOf } from "../../domain/OneOf.ts"
import { Doing, Reach } from "../../domain/Receipt.ts"
import type { Identity, RosterEntry } from "../../domain/Session.ts"
import { bounded, boundedAs, room } from "../engine/Bounds.ts"
import { nameOf, processColumns, projectOf, type ServerColumns, serverOf } from "../engine/Columns.ts"

/** A row of the roster as it is read. */
export interface SessionRow extends ServerColumns {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly cwd: string
  readonly project: string | null
  readonly last_seen: string
  readonly protocol: number | null
  readonly doorbell: number | null
  readonly socket_space: string | null
  readonly conversation: string | null
  readonly former: string | null
  readonly reach: string | null
  readonly doing: string | null
  readonly doing_since: string | null
  readonly kind: string | null
  readonly status: string | null
  readonly version: string | null
  readonly agent: string | null
  readonly host: string | null
  readonly owner: string | null
}

// 1.3.1 servers and people write here too: whatever the columns hold is read as text, as far as there is room.
export const columns = `${boundedAs(room.name, "id")}, ${bounded(nameOf(), room.name)} AS name,
  ${bounded("coalesce(role, '')", room.name)} AS role, ${bounded("coalesce(cwd, '')", room.path)} AS cwd,
  ${bounded(projectOf(), room.name)} AS project, ${bounded("coalesce(last_seen, '')", room.id)} AS last_seen,
  protocol, doorbell, ${boundedAs(room.id, "reach", "doing", "doing_since", "kind", "status", "version", "agent")},
  ${boundedAs(room.name, "host", "owner")},
  ${processColumns}, ${boundedAs(room.path, "conversation", "former")}`

/** How long a name is remembered that a session had before, in milliseconds, and how many are. */
export const formerLife = 3_600_000
const mostFormer = 5

const Former = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ name: Schema.String, until: Schema.String }))
)
const readFormer = Schema.decodeUnknownOption(Former)
const formerOf = ({ former }: Pick<SessionRow, "former">) =>
  former === null ? [] : Option.getOrElse(readFormer(former), () => [])

/** What a row is to say of the names that its session had, once it has another one. */
export const formerOnceCalled = (
  before: Pick<SessionRow, "id" | "name" | "former"> | undefined,
  name: string,
  now: string,
  until: string
): string | null => {
  if (before === undefined) return null
  const had = before.name === before.id ? [] : [{ name: before.name, until }]
  const kept = [...had, ...formerOf(before).filter((one) => one.until > now && one.name !== before.name)]
    .filter((one) => one.name !== name)
    .slice(0, mostFormer)
  return kept.length === 0 ? null : JSON.stringify(kept)
}

const isReach = isOneOf(Reach.literals)
const isDoing = isOneOf(Doing.literals)

/** A row as an entry of the roster, at a time. Sessions of 1.3.1 do not say how they are reached; they know channel events alone. */
export const entryOf = (row: SessionRow, now: string): RosterEntry => ({
  id: row.id,
  name: row.name,
  role: row.role,
  cwd: row.cwd,
  project: row.project,
  lastSeen: row.last_seen,
  current: row.protocol !== null,
  doorbell: row.doorbell === 1,
  server: serverOf(row),
  socketSpace: row.socket_space ?? undefined,
  conversation: row.conversation ?? undefined,
  former: formerOf(row).flatMap(({ name, until }) => (until > now ? [name] : [])),
  reach: isReach(row.reach) ? row.reach : "channel",
  doing: isDoing(row.doing) ? row.doing : undefined,
  kind: row.kind === "command line" ? "command line" : "session",
  nested: row.status === "nested",
  version: row.version ?? undefined,
  agent: agentCalled(row.agent ?? undefined),
  doingSince: isDoing(row.doing) ? (row.doing_since ?? undefined) : undefined,
  ...(row.host === null ? {} : { host: row.host }),
  ...(row.owner === null ? {} : { user: row.owner })
})

/** Who the session of a row is. */
export const identityOf = (row: SessionRow): Identity => ({
  id: row.id as SessionId,
  name: row.name as Name | SessionId,
  role: row.role as Tag,
  project: row.project as Tag | null
})

/** A time in milliseconds as rows have it. */
export const isoOf = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()
