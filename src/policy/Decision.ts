/**
 * A rule looks at what a session is about to do and decides. Rules are pure and total: the same facts give
 * the same decision, and none throws. `firstRefusal` makes one rule of several.
 */

/** What a rule says: go on, or no with the reason. */
export type Decision = { readonly _tag: "Allowed" } | { readonly _tag: "Refused"; readonly reason: string }

/** A pure decision about some facts. */
export type Rule<Facts> = (facts: Facts) => Decision

/** The decision to go on. */
export const allowed: Decision = { _tag: "Allowed" }

/** The decision not to, with a sentence that a model or a person can act on. */
export const refused = (reason: string): Decision => ({ _tag: "Refused", reason })

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
