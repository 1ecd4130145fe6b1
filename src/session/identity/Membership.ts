/** What holds of this session now: what the bus granted it, what it lacks, and what went wrong. */
import type { NameTaken } from "../../domain/Errors.ts"
import type { Name } from "../../domain/Name.ts"
import type { Identity as Who } from "../../domain/Session.ts"
import type { Settings } from "../../settings/Settings.ts"

export interface Membership {
  readonly identity: Who
  /** What was not chosen yet. A session that lacks neither is registered. */
  readonly missing: ReadonlyArray<"name" | "role">
  /** It was started from within another session, and has no name of its own: no full member, and not to be made one unasked. */
  readonly nested: boolean
  /** What went wrong with its variables or with its name, one sentence each. */
  readonly problems: ReadonlyArray<string>
}

/** What became of the name that a session wanted. */
export interface NameState {
  /** Why it does not get the name that it asked for. */
  readonly refused: string | undefined
  /** The name that it would have, and who had it at the last look. */
  readonly missed: { readonly name: Name; readonly taken: NameTaken } | undefined
  /** The name that it got only after it was free. */
  readonly regained: Name | undefined
}

/** A name that was got at once, or none that was wanted. */
export const untroubled: NameState = { refused: undefined, missed: undefined, regained: undefined }

const problemsOf = ({ missed, refused, regained }: NameState): ReadonlyArray<string> => [
  ...(refused === undefined ? [] : [`this session goes by its id, since ${refused}`]),
  ...(missed === undefined
    ? []
    : [
        `this session goes by its id, since ${missed.taken.why}; it takes that name once it is free, unless the user chooses another one`
      ]),
  ...(regained === undefined
    ? []
    : [`the name "${regained}" was in use when this session started, and is its own since`])
]

/** Says what holds of a session with this identity. */
export const membershipOf = (
  identity: Who,
  name: NameState,
  roleChosen: boolean,
  { nested, problems }: Pick<Settings["Service"], "nested" | "problems">
): Membership => {
  const isNameless = identity.name === identity.id
  return {
    identity,
    missing: [...(isNameless ? (["name"] as const) : []), ...(roleChosen ? [] : (["role"] as const))],
    nested: nested && isNameless,
    problems: [...problems, ...problemsOf(name)]
  }
}
