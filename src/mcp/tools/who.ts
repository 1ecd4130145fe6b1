/** The tool `who`: the roster. */
import { Effect, Schema } from "effect"
import { Registry } from "../../bus/roster/Registry.ts"
import type { RosterEntry } from "../../domain/Session.ts"
import { fateOf } from "../../platform/ServerProcess.ts"
import { Identity } from "../../session/Identity.ts"
import { PermissionRelay } from "../../session/PermissionRelay.ts"
import { makeTool } from "../Tool.ts"

/** The most characters of sessions in one result: far more than there ever are, and what rows by hand may take. */
const room = 200_000

/** As many as there is room for. */
const fitting = <Session extends object>(sessions: ReadonlyArray<Session>): ReadonlyArray<Session> => {
  let left = room
  const end = sessions.findIndex((session) => {
    left -= JSON.stringify(session).length
    return left < 0
  })
  return end === -1 ? sessions : sessions.slice(0, end)
}

/**
 * Whether somebody is there to be told of. A name at the command line can be answered for a day, but who only used it once is gone;
 * who listens or watches stays.
 */
const isThere = ({ kind, reach, server }: RosterEntry): boolean =>
  kind === "session" || (reach === "wakes up" && (server === undefined || fateOf(server) !== "ended"))

export const who = makeTool({
  name: "who",
  title: "List the sessions",
  readOnly: true,
  description:
    "Lists the live cc-dm sessions of this user, this one included: names to write to, roles, projects, folders, what each is doing and how messages reach it. Also tells who this session is.",
  // An empty struct would be a schema that arrays match too. What a model adds here does no harm.
  input: Schema.Record(Schema.String, Schema.Unknown),
  run: Effect.fn("who")(function* () {
    const identity = yield* Identity
    const registry = yield* Registry
    const relay = yield* PermissionRelay
    const { identity: me } = yield* identity.current
    const roster = yield* registry.roster
    const sessions = roster
      .filter(isThere)
      .map(
        ({
          agent,
          cwd,
          doing,
          doingSince,
          host,
          id,
          kind,
          lastSeen,
          name,
          nested,
          project,
          reach,
          role,
          user
        }) => ({
          id,
          name,
          role,
          ...(agent === undefined ? {} : { agent }),
          cwd,
          project,
          last_seen: lastSeen,
          reachable_by: reach,
          ...(host === undefined ? {} : { host }),
          ...(user === undefined ? {} : { user }),
          ...(kind === "session" ? {} : { kind }),
          ...(nested ? { nested } : {}),
          ...(doing === undefined ? {} : { doing, doing_since: doingSince })
        })
      )
    const approver = yield* relay.status(me, roster)
    const shown = fitting(sessions)
    return {
      sessions: shown,
      count: sessions.length,
      ...(shown.length === sessions.length ? {} : { left_out: sessions.length - shown.length }),
      ...(approver === undefined ? {} : { permission_approver: approver })
    }
  })
})
