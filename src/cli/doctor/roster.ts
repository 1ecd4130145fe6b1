/** What the roster says of each session: whether it is there, which version serves it, and whether it can be woken. */
import type { Contents, SessionFound } from "../../bus/engine/sqlite/Inspection.ts"
import { isSessionId } from "../../domain/Name.ts"
import { quote, worded } from "../../domain/Text.ts"
import { defaultTiming } from "../../settings/Timing.ts"
import { version } from "../../version.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"
import { isOlder } from "./versions.ts"

/** Whether a session's heartbeat is fresh, or its lease runs. */
export const isLive = ({ lastSeen, leasedUntil }: SessionFound, now: number): boolean =>
  Date.parse(leasedUntil ?? lastSeen ?? "") > now - defaultTiming.lease

/** The sessions that are there. People at the command line have no server. */
export const liveSessions = ({ sessions }: Contents, now: number): ReadonlyArray<SessionFound> =>
  sessions.filter((session) => !session.isPerson && isLive(session, now))

const called = ({ id, name }: SessionFound) => (name === id ? worded(id) : quote(name))

/** Some things in a row, the first of them by name. */
export const some = (names: ReadonlyArray<string>): string =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`

/** A machine has few versions: more are written by hand. */
const mostVersions = 5

export const checkServers = (contents: Contents, now: number): ReadonlyArray<Finding> => {
  const live = liveSessions(contents, now)
  if (contents.moreSessions > 0)
    return [
      attention(
        "servers",
        `The roster has ${live.length + contents.moreSessions} rows, far more than there can be sessions: somebody wrote them by hand.`,
        "Look at them: sqlite3 ~/.cc-dm/bus.db, table sessions. Rows without a sign of life are removed within minutes."
      )
    ]
  if (live.length === 0) return [hint("servers", "no session is on the bus now")]
  const old = live.filter((session) => !session.current)
  const older = live.filter(
    (session) => session.current && (session.version === undefined || isOlder(session.version, version))
  )
  const newer = live.filter(({ version: its }) => its !== undefined && isOlder(version, its))
  const restart = (names: string) =>
    `Restart ${names}, so that Claude Code starts the server that is installed now.`
  /** One line for all that are served by the same version, whatever their number. */
  const each = (
    sessions: ReadonlyArray<SessionFound>,
    line: (names: string, served: string, its: string | undefined) => Finding
  ): ReadonlyArray<Finding> =>
    [...new Set(sessions.map(({ version: its }) => its))].slice(0, mostVersions).map((its) => {
      const same = sessions.filter((session) => session.version === its)
      return line(some(same.map(called)), same.length === 1 ? "is served by" : "are served by", its)
    })
  const findings: Array<Finding> = []
  if (old.length > 0)
    findings.push(
      attention(
        "servers",
        `Served by version 1: ${some(old.map(called))}. They give no receipts, and support channels only.`,
        restart(some(old.map(called)))
      )
    )
  findings.push(
    ...each(older, (names, served, its) =>
      attention(
        "servers",
        `${names} ${served} ${its === undefined ? "an early version 2" : `version ${worded(its)}`}, and this is ${version}.`,
        restart(names)
      )
    ),
    ...each(newer, (names, served, its) =>
      hint(
        "servers",
        `${names} ${served} version ${worded(its ?? "")}, and this is ${version}.`,
        "Update this command."
      )
    )
  )
  if (findings.length > 0) return findings
  return [ok("servers", `${live.length} on the bus, all of version ${version}: ${some(live.map(called))}`)]
}

/** So many sessions that are stuck have a line of their own: each has another number of messages. */
const mostStuck = 5

/** How long a message may wait for a session before that is odd, in milliseconds. */
const oddWait = 60_000

export const checkReach = (contents: Contents, now: number): ReadonlyArray<Finding> => {
  const live = liveSessions(contents, now).filter(({ current }) => current)
  if (live.length === 0) return []
  const unseen = live.filter(({ reach }) => reach === "when it asks")
  const nameless = unseen.filter(({ id, name }) => name === id && isSessionId(id))
  const silent = unseen.filter((session) => !nameless.includes(session))
  const waitsFor = ({ id }: SessionFound) =>
    contents.waiting.filter(({ createdAt, to }) => to === id && Date.parse(createdAt ?? "") < now - oddWait)
      .length
  const stuck = silent.filter((session) => waitsFor(session) > 0)
  const quiet = silent.filter((session) => !stuck.includes(session))
  const findings: Array<Finding> = stuck
    .slice(0, mostStuck)
    .map((session) =>
      attention(
        "reach",
        `${called(session)} is shown no messages by themselves, and ${waitsFor(session) === 1 ? "1 message waits" : `${waitsFor(session)} messages wait`} for it.`,
        "Check there that the plugin is enabled (/plugin) and that CC_DM_DELIVERY is not pull. Or write a prompt there: its model can call inbox."
      )
    )
  if (nameless.length > 0)
    findings.push(
      hint(
        "reach",
        `Without a name, so shown no messages by themselves: ${some(nameless.map(called))}`,
        "Name them there: /cc-dm:register"
      )
    )
  if (quiet.length > 0)
    findings.push(
      hint(
        "reach",
        `Not woken so far, and no hook has called: ${some(quiet.map(called))}`,
        "For a session that has just started there is nothing to do: its first prompt or message will tell."
      )
    )
  const nextTurn = live.filter(({ reach }) => reach === "on its next turn")
  if (nextTurn.length > 0)
    findings.push(
      hint("reach", `Shown messages on their next turn, and not woken so far: ${some(nextTurn.map(called))}`)
    )
  const fine = live.filter(({ reach }) => reach === "channel" || reach === "wakes up")
  return fine.length > 0 && findings.length === 0
    ? [ok("reach", `messages reach ${some(fine.map(called))} by themselves`)]
    : findings
}
