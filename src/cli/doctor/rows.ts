/** Rows that nobody needs or nobody understands: sessions that are gone, mail for nobody, times that can't be. */
import type { Contents } from "../../bus/engine/sqlite/Inspection.ts"
import { quote, worded } from "../../domain/Text.ts"
import { defaultTiming } from "../../settings/Timing.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"
import { isLive, liveSessions, some } from "./roster.ts"

/** Running servers tidy up every minute; what is older than this has escaped them, in milliseconds. */
const overdue = 3 * 60_000

/** Clocks of one machine do not differ; a row that is further ahead was written under another time, in milliseconds. */
const ahead = 5_000

const timeOf = (text: string | undefined): number => Date.parse(text ?? "")

export const checkStaleRows = (contents: Contents, now: number): ReadonlyArray<Finding> => {
  const someoneTidies = liveSessions(contents, now).some(({ current }) => current)
  const live = contents.sessions.filter((session) => isLive(session, now))
  const unreadable = contents.sessions.filter(({ lastSeen, leasedUntil }) =>
    Number.isNaN(timeOf(leasedUntil ?? lastSeen))
  )
  const gone = contents.sessions.filter((session) => !isLive(session, now) && !unreadable.includes(session))
  const lost = contents.waiting.filter(
    ({ mail, taken, to }) => !taken && !mail && !live.some(({ id }) => id === to)
  )
  const endOf = ({ createdAt, expiresAt }: (typeof lost)[number]) =>
    timeOf(expiresAt ?? createdAt) + (expiresAt === undefined ? defaultTiming.messageLife : 0)
  const escaped =
    gone.filter((one) => timeOf(one.leasedUntil ?? one.lastSeen) < now - overdue).length +
    lost.filter((one) => endOf(one) < now - overdue).length

  const findings: Array<Finding> =
    unreadable.length === 0
      ? []
      : [
          attention(
            "stale rows",
            `The ${unreadable.length === 1 ? "row" : "rows"} of ${some(unreadable.map(({ id }) => quote(id)))} ${unreadable.length === 1 ? "has" : "have"} no time that can be read, so no session removes ${unreadable.length === 1 ? "it" : "them"}.`,
            `cc-dm doctor --fix removes ${unreadable.length === 1 ? "it" : "them"}.`
          )
        ]
  const says = [
    ...(gone.length === 0
      ? []
      : [`${gone.length} without a heartbeat (${some(gone.map(({ name }) => worded(name)))})`]),
    ...(lost.length === 0 ? [] : [`${lost.length} to sessions that are gone`])
  ].join("; messages: ")
  if (someoneTidies && escaped > 0)
    findings.push(
      attention(
        "stale rows",
        `Running sessions should have removed these long ago. Sessions: ${says}`,
        "Their servers hang, or can't write: see the checks of files, lock and disk, or restart them."
      )
    )
  else if (says !== "")
    findings.push(
      hint(
        "stale rows",
        `${gone.length === 0 ? "Messages" : "Sessions"}: ${says}`,
        someoneTidies ? "They are removed within minutes." : "The next session that starts removes them."
      )
    )
  return findings.length > 0 ? findings : [ok("stale rows", "none")]
}

/** Mail that waits for a name that nobody has: that may be meant, or a slip of the pen. */
export const checkMail = ({ sessions, waiting }: Contents, now: number): ReadonlyArray<Finding> => {
  const names = new Set(sessions.filter((session) => isLive(session, now)).map(({ name }) => name))
  const mail = waiting.filter(
    ({ expiresAt, mail, taken, toName }) =>
      mail && !taken && toName !== undefined && !names.has(toName) && timeOf(expiresAt) > now
  )
  if (mail.length === 0) return []
  const receivers = [...new Set(mail.map(({ toName }) => quote(toName ?? "")))]
  return [
    hint(
      "mail",
      `${mail.length === 1 ? "1 message waits" : `${mail.length} messages wait`} for a name that no session has now: ${some(receivers)}`,
      `The session that takes the name gets ${mail.length === 1 ? "it" : "them"}.`
    )
  ]
}

export const checkClock = ({ sessions, waiting }: Contents, now: number): Finding => {
  const future = [
    ...sessions.flatMap(({ lastSeen, name, registeredAt }) =>
      [lastSeen, registeredAt].map((time) => ({ what: `session ${quote(name)}`, time: timeOf(time) }))
    ),
    ...waiting.map(({ createdAt, id }) => ({ what: `message ${id}`, time: timeOf(createdAt) }))
  ].filter(({ time }) => time > now + ahead)
  if (future.length === 0) return ok("clock", "no row is from the future")
  const whose = [...new Set(future.map(({ what }) => what))]
  const furthest = Math.round((Math.max(...future.map(({ time }) => time)) - now) / 1_000)
  return attention(
    "clock",
    `From the future, by up to ${furthest} s: ${some(whose)}. This machine's clock was or is wrong.`,
    "Set the clock right (`timedatectl` on Linux), and restart these sessions."
  )
}
