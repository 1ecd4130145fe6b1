/**
 * Answers to permission requests. Only the exact form counts: `y`, `yes`, `n` or `no`, white space, and the
 * five letters of the request, in any case, with white space around. "yes abcde" inside longer text is chat, and so is
 * what only looks like it: U+FEFF shows nothing, though JavaScript counts it as white space.
 */
import { RequestId, type Verdict } from "../domain/Permission.ts"

const form = /^[^\S\ufeff]*(y|yes|n|no)[^\S\ufeff]+([a-km-z]{5})[^\S\ufeff]*$/i

/**
 * Reads an answer to a permission request.
 *
 * @returns the verdict, or `undefined` if the text is anything else
 */
export const parseVerdict = (content: string): Verdict | undefined => {
  const [, word, id] = form.exec(content) ?? []
  if (word === undefined || id === undefined) return undefined
  return {
    requestId: RequestId.make(id.toLowerCase()),
    behavior: word.toLowerCase().startsWith("y") ? "allow" : "deny"
  }
}
