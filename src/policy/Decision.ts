/**
 * A rule looks at what a session is about to do and decides. Rules are pure and total: the same facts give
 * the same decision, and none throws. `firstRefusal` makes one rule of several.
 */

/** What a rule of this library found, for a caller that has words of its own. */
export type Finding =
  /** The sender's project is not the receiver's. */
  | {
      readonly _tag: "OtherProject"
      readonly sender: string
      readonly receiver: string
      readonly receiverProject: string | null
    }
  /** The receiver is not on the sender's allow list, or is on its block list. */
  | { readonly _tag: "ReceiverNotAllowed" | "ReceiverBlocked"; readonly receiver: string }
  /** The sender's role may not broadcast. */
  | { readonly _tag: "RoleMayNotBroadcast"; readonly role: string }
  /** The sender is not on the receiver's allow list, or is on its block list. */
  | { readonly _tag: "SenderNotAllowed" | "SenderBlocked"; readonly sender: string }
  /** The receiver takes nothing from the sender's project. `null`: the sender has none. */
  | { readonly _tag: "ProjectNotAllowed"; readonly project: string | null }

/** What a rule says: go on, or no with the reason, and with what it found. */
export type Decision =
  | { readonly _tag: "Allowed" }
  | { readonly _tag: "Refused"; readonly reason: string; readonly finding?: Finding }

/** A pure decision about some facts. */
export type Rule<Facts> = (facts: Facts) => Decision

/** The decision to go on. */
export const allowed: Decision = { _tag: "Allowed" }

/** The decision not to, with a sentence that a model or a person can act on, and what was found. */
export const refused = (reason: string, finding?: Finding): Decision =>
  finding === undefined ? { _tag: "Refused", reason } : { _tag: "Refused", reason, finding }

/** Whether the decision is to go on. */
export const isAllowed = (decision: Decision): boolean => decision._tag === "Allowed"

/** Allows what every rule allows, else gives the first refusal, in the order of the rules. */
export const firstRefusal =
  <Facts>(...rules: ReadonlyArray<Rule<Facts>>): Rule<Facts> =>
  (facts) => {
    for (const rule of rules) {
      const decision = rule(facts)
      if (decision._tag === "Refused") return decision
    }
    return allowed
  }
