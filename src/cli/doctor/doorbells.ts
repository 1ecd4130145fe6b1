/** Doorbells that nobody answers, and sessions that can't ring each other. Ringing is a hint that a session takes for nothing. */
import { Effect } from "effect"
import { Doorbell } from "../../bus/engine/Doorbell.ts"
import { type BusPaths, doorbellsIn } from "../../bus/engine/sqlite/BusPaths.ts"
import type { Contents } from "../../bus/engine/sqlite/Inspection.ts"
import { socketSpaceOf } from "../../bus/engine/sqlite/SocketDoorbell.ts"
import { isSessionId } from "../../domain/Name.ts"
import { worded } from "../../domain/Text.ts"
import { fateOf, thisProcess } from "../../platform/ServerProcess.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"
import { liveSessions, some } from "./roster.ts"

const answersOf = (count: number): string =>
  count === 0 ? "none is needed now" : count === 1 ? "1 answers" : `${count} answer`

export const checkDoorbells = Effect.fnUntraced(function* (
  paths: BusPaths,
  contents: Contents | undefined,
  now: number
) {
  const doorbell = yield* Doorbell
  const sockets = doorbellsIn(paths)
  const spaces = new Set([paths.doorbells, ...sockets.map(({ folder }) => folder)].map(socketSpaceOf))
  const rung = yield* Effect.forEach(
    new Set(sockets.map(({ id }) => id)),
    (id) => Effect.map(doorbell.ring({ id, doorbell: true }), (ring) => ({ id, answers: ring === "rung" })),
    { concurrency: 16 }
  )
  const answering = rung.filter(({ answers }) => answers).map(({ id }) => id)
  const live = contents === undefined ? [] : liveSessions(contents, now)
  const silent = live.filter(({ id }) => !answering.includes(id))
  const killed = silent.filter(({ server }) => server !== undefined && fateOf(server) === "ended")
  const here = thisProcess()?.space
  // It may be the same machine, and a container there, or another one that has the same disk.
  const apart = silent.filter(
    (session) =>
      !killed.includes(session) &&
      session.server !== undefined &&
      session.server.space !== here &&
      !spaces.has(session.socketSpace)
  )
  const mute = silent.filter(
    (session) => session.current && !killed.includes(session) && !apart.includes(session)
  )
  const left = sockets.filter(
    // What else stands in that folder is no session's doorbell, and no command is made of its name.
    ({ id }) => isSessionId(id) && !answering.includes(id) && !live.some((session) => session.id === id)
  )
  // If none of several answers, it is hardly their fault.
  const noDoorbellAnswers = answering.length === 0 && mute.length > 1
  const names = (sessions: typeof live) => some(sessions.map(({ name }) => worded(name)))
  const findings: Array<Finding> = []
  if (killed.length > 0)
    findings.push(
      hint("doorbells", `Killed a moment ago: ${names(killed)}`, "They leave the roster within a minute.")
    )
  if (left.length > 0 && !noDoorbellAnswers)
    findings.push(
      hint(
        "doorbells",
        `${left.length === 1 ? "1 is" : `${left.length} are`} left over from sessions that were killed. They do no harm.`,
        `rm ${some(left.map(({ path }) => path)).replaceAll(",", "")}`
      )
    )
  if (apart.length > 0)
    findings.push(
      attention(
        "doorbells",
        `On this bus from another machine or container, which doorbells do not reach: ${names(apart)}. Messages take up to half a second, and a session that is killed there stays on the roster for a minute.`,
        `Give all of them the same ${worded(paths.doorbells)}. Between machines a file is not a safe bus: use PostgreSQL (docs/user/postgres.md).`
      )
    )
  if (noDoorbellAnswers)
    findings.push(
      hint(
        "doorbells",
        `None answers here: ${names(mute)}. A sandbox may keep this command from Unix sockets. Messages that it sends take up to half a second.`,
        "Run it outside the sandbox to see more."
      )
    )
  else if (mute.length > 0)
    findings.push(
      attention(
        "doorbells",
        `No doorbell: ${names(mute)}. Messages take up to half a second.`,
        "Their logs say why; restart them."
      )
    )
  return findings.length > 0 ? findings : [ok("doorbells", answersOf(answering.length))]
})
