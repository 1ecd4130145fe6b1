/** Who is asked for the permissions that a session needs. */
import { Result } from "effect"
import { isSessionId, type Name, normalise, parseHeldName, type SessionId } from "../domain/Name.ts"

/** No one, people at the command line, one session by name or id, or all others of the project. */
export type Approver =
  | { readonly _tag: "Nobody" }
  | { readonly _tag: "People" }
  /** `user`: whose session it has to be, on a bus of several users; absent: one of this user. */
  | { readonly _tag: "Session"; readonly name: Name | SessionId; readonly user?: string }
  | { readonly _tag: "Project" }

const parseNameOrId = (text: string): Result.Result<Name | SessionId, string> => {
  const id = normalise(text)
  return isSessionId(id) ? Result.succeed(id) : parseHeldName(text)
}

/**
 * Reads an approver: `@me`, or a session's name or id, with `@user` behind it if it is another user's.
 *
 * @returns the approver, or what is wrong with the text
 */
export const parseApprover = (text: string): Result.Result<Approver, string> => {
  if (text.trim().toLowerCase() === "@me") return Result.succeed({ _tag: "People" })
  const [named = "", owner = ""] = text.split("@", 2)
  const user = owner.trim()
  return Result.map(parseNameOrId(named), (name) =>
    user === "" ? { _tag: "Session", name } : { _tag: "Session", name, user }
  )
}
