/**
 * The inbox of this session's Claude Code: a socket that takes lines from hooks and shell commands. A line starts a turn of
 * an idle session. Nothing comes back, and what Claude Code does not like it drops without a word; whether a line
 * was taken shows only in the hook that its turn calls.
 */
import { Effect, Redacted } from "effect"
import { writeToSocket } from "../../platform/UnixSocket.ts"
import type { InboxAddress } from "./Client.ts"

/** Drawn as one row, and not as a prompt that the user typed. The hook's prompt holds the line all the same. */
const wrapped = (line: string) =>
  `<cross-session-message from-name="cc-dm">\n${line}\n</cross-session-message>`

/**
 * Puts one line into the inbox. `false`: nobody listens there. It names no conversation: one that is not the present one
 * would make the client drop the line, and after `--continue` the environment tells the wrong one.
 */
export const putIntoInbox = ({ path, token }: InboxAddress, line: string) =>
  Effect.suspend(() => {
    const words = [
      { type: "auth", token: Redacted.value(token) },
      { type: "user", message: { role: "user", content: wrapped(line) } }
    ]
    return writeToSocket(path, words.map((word) => `${JSON.stringify(word)}\n`).join(""))
  })
