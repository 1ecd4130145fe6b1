/** The mail that waits for a session's name. It is given to a session that has shown life, and to no server that is only tried. */
import { Effect } from "effect"
import { HeldMail } from "../../bus/engine/HeldMail.ts"
import { Receipts } from "../../bus/receipts/Receipts.ts"
import type { BusUnavailable } from "../../domain/Errors.ts"
import { isSessionId } from "../../domain/Name.ts"
import type { Identity as Who } from "../../domain/Session.ts"
import { scope } from "../../policy/Scope.ts"

/**
 * Whether a session gets mail for its name: `yes` once it has shown life. `waits`: there is some, or may be, which comes before all
 * that is written to it now.
 */
export type MailState = "yes" | "not yet" | "waits"

export interface NameMail {
  /** Takes what waits for the name, and rings this session's own doorbell if there was any, or at the first look. */
  readonly look: (identity: Who) => Effect.Effect<void, BusUnavailable>
  /** Notes that somebody uses this server. `false`: that was known. */
  readonly showLife: () => boolean
  readonly state: () => MailState
}

/** @param knock rings the session's own doorbell */
export const makeNameMail = Effect.fnUntraced(function* (knock: () => void) {
  const heldMail = yield* HeldMail
  const receipts = yield* Receipts
  let hasShownLife = false
  let hasLooked = false
  let waits = false

  /** Takes the mail. `false`: there was none. The sender's project decides, as it does for a dm. */
  const collect = Effect.fnUntraced(function* (me: Who) {
    const mail = yield* heldMail.find(me.name, me.id)
    waits = !hasShownLife && mail.length > 0
    if (waits) return false
    const decisions = mail.map(({ fromProject, messageId }) => ({
      messageId,
      decision: scope({ sender: { name: "", role: "", project: fromProject }, receiver: me })
    }))
    const allowed = decisions.filter(({ decision }) => decision._tag === "Allowed")
    const refused = decisions.flatMap(({ decision, messageId }) =>
      decision._tag === "Refused" ? [{ messageId, state: "refused" as const, reason: decision.reason }] : []
    )
    if (refused.length > 0) yield* receipts.record(refused)
    if (allowed.length === 0) return false
    yield* heldMail.give(
      allowed.map(({ messageId }) => messageId),
      me.id
    )
    return true
  })

  const look = Effect.fnUntraced(function* (identity: Who) {
    const found = !isSessionId(identity.name) && (yield* collect(identity))
    if (found || !hasLooked) knock()
    hasLooked = true
  })

  const showLife = () => {
    const isNews = !hasShownLife
    hasShownLife = true
    return isNews
  }

  const state = (): MailState => {
    if (!hasLooked || waits) return "waits"
    return hasShownLife ? "yes" : "not yet"
  }

  const mail: NameMail = { look, showLife, state }
  return mail
})
