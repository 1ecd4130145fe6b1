/** On whose behalf a status is asked for: the session that this runs in, or somebody at a terminal. */

import { normalise } from "../domain/Normalise.ts"
import { hookSocketsIn } from "../hosts/HookPlaces.ts"
import { ancestorIds } from "../platform/Ancestors.ts"
import { environment } from "../platform/Environment.ts"
import { homeOf } from "../platform/Home.ts"
import { readPipe } from "../platform/ReadPipe.ts"
import { sha256 } from "../platform/System.ts"
import { userName } from "../platform/User.ts"

/** Who asks. */
export type Asker =
  | {
      readonly kind: "session"
      /** The hash of its conversation, as the bus has it; empty: the agent tells none. */
      readonly conversation: string
      /** The processes of its servers, as far as they are found. */
      readonly servers: ReadonlyArray<string>
    }
  | { readonly kind: "person"; readonly name: string }

/** How long the agent may take to say which session it is, in milliseconds. */
const inputTimeout = 200

/** More than an agent says, in characters. */
const longestInput = 1_000_000

/** The conversation that the input of a status line names; `undefined`: it is no such input. */
export const conversationIn = (input: string): string | undefined => {
  try {
    const fields: unknown = JSON.parse(input)
    if (typeof fields !== "object" || fields === null || !("session_id" in fields)) return undefined
    return typeof fields.session_id === "string" && fields.session_id !== "" ? fields.session_id : undefined
  } catch {
    return undefined
  }
}

const askerIn = (conversation: string): Asker | undefined => {
  if (conversation !== "") return { kind: "session", conversation: sha256(conversation), servers: [] }
  const above = ancestorIds()
  const sockets = hookSocketsIn(homeOf(environment["HOME"]) ?? "")
  const agent = above.find((id) => sockets.some((socket) => socket.agent === id))
  if (agent === undefined) return undefined
  const servers = sockets.flatMap((socket) => (socket.agent === agent ? [String(socket.server)] : []))
  return { kind: "session", conversation: "", servers }
}

/**
 * Who asks: whom the name says, whom the agent says on stdin, whose shell this is, or the person at the terminal.
 *
 * @param name of somebody at the command line; `undefined`: nobody was named
 */
export const askerOf = async (name: string | undefined): Promise<Asker> => {
  if (name !== undefined) return { kind: "person", name: normalise(name) }
  const input = await readPipe(inputTimeout, longestInput)
  const conversation = conversationIn(input) ?? environment["CLAUDE_CODE_SESSION_ID"] ?? ""
  return (
    askerIn(conversation) ?? { kind: "person", name: normalise(userName === "" ? "cli" : `${userName}-cli`) }
  )
}
