/** Doorbells that nobody answers. Ringing is a hint that a session takes for nothing. */
import { Effect } from "effect"
import { type BusPaths, doorbellsIn } from "../../bus/BusFolder.ts"
import { Doorbell } from "../../bus/Doorbell.ts"
import type { Contents } from "../../bus/Inspection.ts"
import { isSessionId } from "../../domain/Name.ts"
import { worded } from "../../domain/Text.ts"
import { attention, type Finding, note, ok } from "./Finding.ts"
import { liveSessions, some } from "./roster.ts"

export const checkDoorbells = Effect.fnUntraced(function* (
  paths: BusPaths,
  contents: Contents | undefined,
  now: number
) {
  const doorbell = yield* Doorbell
  const rung = yield* Effect.forEach(
    doorbellsIn(paths),
    (id) => Effect.map(doorbell.ring({ id, doorbell: true }), (ring) => ({ id, ring })),
    { concurrency: 16 }
  )
  const dead = rung.filter(({ ring }) => ring === "dead").map(({ id }) => id)
  const live = contents === undefined ? [] : liveSessions(contents, now)
  const killed = live.filter(({ id }) => dead.includes(id))
  // What else stands in that folder is nobody's doorbell, and no command is made of its name.
  const left = dead.filter(isSessionId).filter((id) => !killed.some((session) => session.id === id))
  const without = live.filter(
    ({ current, id }) => current && !rung.some((one) => one.id === id && one.ring === "rung")
  )
  const mute = without.filter(({ id }) => !dead.includes(id))
  const findings: Array<Finding> = []
  if (killed.length > 0)
    findings.push(
      note(
        "doorbells",
        `Killed or hanging a moment ago: ${some(killed.map(({ name }) => worded(name)))}`,
        "They leave the roster within a minute."
      )
    )
  if (left.length > 0)
    findings.push(
      note(
        "doorbells",
        `${left.length === 1 ? "1 is" : `${left.length} are`} left over from sessions that were killed. They do no harm.`,
        `rm ${some(left.map((id) => `${paths.doorbells}/${id}.sock`)).replaceAll(",", "")}`
      )
    )
  if (mute.length > 0)
    findings.push(
      attention(
        "doorbells",
        `No doorbell: ${some(mute.map(({ name }) => worded(name)))}. Messages take up to half a second.`,
        "Their log says why, often a home folder whose path is too long; else restart them."
      )
    )
  return findings.length > 0 ? findings : [ok("doorbells", `${rung.length} answer`)]
})
