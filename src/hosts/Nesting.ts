/**
 * Whether an agent was started from within another agent's session, as by a command in a model's shell: then the names in its
 * environment may be that session's. An agent is known by its program's name, or by a server of cc-dm that it has started.
 */
import type { Ancestor } from "../platform/Ancestors.ts"
import { isClaudeCode } from "./claude-code/Ancestor.ts"
import { isCodex, ownOfCodex } from "./codex/Place.ts"
import { hookSocketsIn } from "./HookPlaces.ts"

/** The processes above the agent itself. */
const aboveAgent = (above: ReadonlyArray<Ancestor>): ReadonlyArray<Ancestor> =>
  above.slice(Math.max(1, ownOfCodex(above)))

/** What is known of the session above. */
export interface Nesting {
  readonly nested: boolean
  /** Whether a variable has another value there, and so was meant for this session. */
  readonly isOwn: (name: string, value: string) => boolean
}

/**
 * Looks at the processes above the agent itself.
 *
 * @param above the processes above this server, the agent first
 */
export const nestingOf = (home: string, above: ReadonlyArray<Ancestor>): Nesting => {
  const sockets = hookSocketsIn(home)
  const outer = aboveAgent(above).find(
    (one) => isClaudeCode(one) || isCodex(one) || sockets.some(({ agent }) => agent === one.id)
  )
  return {
    nested: outer !== undefined,
    // If the outer one's environment can't be read, a name is rather not taken than taken twice.
    isOwn: (name, value) => outer === undefined || (outer.tells && outer.variable(name) !== value)
  }
}
