/**
 * Answers to permission requests. Only the exact form counts: `y`, `yes`, `n` or `no`, white space, and the
 * five letters of the request, in any case, with white space around. "yes abcde" inside longer text is chat.
 */
import { RequestId, type Verdict } from "../domain/Permission.ts"

const form = /^\s*(y|yes|n|no)\s+([a-km-z]{5})\s*$/i

/**
 * Reads an answer to a permission request.
 *
 * @returns the verdict, or `undefined` where the text is anything else
 */
export const parseVerdict = (content: string): Verdict | undefined => {
  const [, word, id] = form.exec(content) ?? []
  if (word === undefined || id === undefined) return undefined
  return {
    requestId: RequestId.make(id.toLowerCase()),
    behavior: word.toLowerCase().startsWith("y") ? "allow" : "deny"
  }
}
