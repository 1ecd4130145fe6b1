/** The statements of `Registry`. */
import type { SessionId } from "../../domain/Name.ts"
import { bounded, boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { isFresh, nameOf, sessionProtocol } from "../engine/Columns.ts"
import { statement } from "../engine/Statement.ts"
import { columns, type SessionRow } from "./SessionRows.ts"

/** So many names that are in use are looked at, whether one looks like a new one. */
const mostCompared = 10 * mostRows

// The holder of a name comes before a 1.3.1 session that says it has the same one.
const order = "ORDER BY protocol IS NULL, registered_at, id"
// Of several 1.x sessions, the one that goes by it as its id, as those of 0.x do.
const orderFor = "ORDER BY protocol IS NULL, id <> $nameOrId, registered_at, id"
const isCalled = "(name = $nameOrId OR id = $nameOrId)"
// A row that people wrote may lack an id: nothing can be written to it.
const isThere = `id IS NOT NULL AND ${isFresh}`

/** More rows than one message concerns. */
export const several = 3

export const selectSelf = statement<"id", SessionRow>(`SELECT ${columns} FROM sessions WHERE id = $id`)
export const selectByNameOrId = statement<"nameOrId" | "freshSince", SessionRow>(
  `SELECT ${columns} FROM sessions WHERE ${isCalled} AND ${isThere} ${orderFor} LIMIT 1`
)
// Nearly always one row is called by a name, and what need not be ordered is found in a tenth of the time: these say whether it is so.
export const selectCalled = statement<"nameOrId" | "freshSince", SessionRow>(
  `SELECT ${columns} FROM sessions WHERE ${isCalled} AND ${isThere} LIMIT ${several}`
)
export const selectBothCalled = statement<"id" | "nameOrId" | "freshSince", SessionRow>(
  `SELECT ${columns} FROM sessions WHERE id = $id OR (${isCalled} AND ${isThere}) LIMIT ${several}`
)
export const selectRoster = statement<"freshSince", SessionRow>(
  `SELECT ${columns} FROM sessions WHERE ${isThere} ${order} LIMIT ${mostRows}`
)
export const selectBoth = statement<"id" | "nameOrId" | "freshSince", SessionRow>(
  `SELECT ${columns} FROM sessions WHERE id = $id OR (${isCalled} AND ${isThere}) ${orderFor} LIMIT ${mostRows}`
)
// The session that has the very name comes before those that have one that looks like it.
export const selectOthers = statement<"id" | "name" | "freshSince", Pick<SessionRow, "id" | "name">>(
  `SELECT ${boundedAs(room.name, "id")}, ${bounded(nameOf(), room.name)} AS name FROM sessions
  WHERE id <> $id AND (name = $name OR ${isFresh}) ORDER BY name <> $name LIMIT ${mostCompared}`
)
export const selectKnown = statement<"name", { readonly known: number }>(
  `SELECT CASE WHEN EXISTS (SELECT 1 FROM sessions WHERE name = $name)
    OR EXISTS (SELECT 1 FROM conversations WHERE name = $name)
    OR EXISTS (SELECT 1 FROM messages WHERE from_session = $name) THEN 1 ELSE 0 END AS known`
)
export const selectPersonId = statement<"name", { readonly id: SessionId }>("SELECT person_id($name) AS id")

export const upsertSession = statement<
  | (
      | "id"
      | "name"
      | "role"
      | "cwd"
      | "status"
      | "now"
      | "project"
      | "doorbell"
      | "reach"
      | "doing"
      | "doingSince"
    )
  | ("kind" | "leasedUntil" | "version" | "host" | "pid" | "pidStarted" | "pidSpace" | "socketSpace")
  | ("conversation" | "former" | "agent"),
  SessionRow
>(`INSERT INTO sessions
    (id, name, role, cwd, status, last_seen, registered_at, project, protocol, doorbell, reach, doing, doing_since,
    kind, leased_until, version, host, pid, pid_started, pid_space, socket_space, conversation, former, agent)
  VALUES ($id, $name, $role, $cwd, $status, $now, $now, $project, ${sessionProtocol}, $doorbell, $reach, $doing, $doingSince,
    $kind, $leasedUntil, $version, $host, $pid, $pidStarted, $pidSpace, $socketSpace, $conversation, $former, $agent)
  ON CONFLICT(id) DO UPDATE SET name = excluded.name, role = excluded.role, project = excluded.project, protocol = excluded.protocol,
    cwd = excluded.cwd, status = excluded.status, last_seen = excluded.last_seen, doorbell = excluded.doorbell,
    reach = excluded.reach, doing = excluded.doing, doing_since = excluded.doing_since, kind = excluded.kind,
    leased_until = excluded.leased_until, version = excluded.version, host = excluded.host,
    pid = excluded.pid, pid_started = excluded.pid_started, pid_space = excluded.pid_space,
    socket_space = excluded.socket_space, conversation = excluded.conversation, former = excluded.former,
    agent = excluded.agent
  RETURNING ${columns}`)
export const updateConversation = statement<"id" | "conversation">(
  "UPDATE sessions SET conversation = $conversation WHERE id = $id"
)
export const updateFolder = statement<"id" | "cwd">("UPDATE sessions SET cwd = $cwd WHERE id = $id")
export const updateAgent = statement<"id" | "agent">("UPDATE sessions SET agent = $agent WHERE id = $id")
export const updatePresence = statement<"id" | "reach" | "doing" | "doingSince">(
  "UPDATE sessions SET reach = $reach, doing = $doing, doing_since = $doingSince WHERE id = $id"
)
// A session that beats has no lease of its own any more.
export const updateLastSeen = statement<"id" | "now">(
  "UPDATE sessions SET last_seen = $now, leased_until = NULL WHERE id = $id RETURNING id"
)
