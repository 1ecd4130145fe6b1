/** What takes the whole screen, as lines that can be scrolled. */
import { wrap } from "../Columns.ts"
import type { SceneMessage } from "./Scene.ts"
import type { Over } from "./State.ts"

const help = `Tab        the next panel: messages, roster, requests
↑ ↓ j k    choose; PgUp PgDn by pages; g the oldest message, G the newest
Enter      read the message whole; write to the session; see the request
r          answer the chosen message, in its thread
s          write: choose to whom, then type
t          only this message's thread, or what these two said to each other
/          search; n goes on to older messages, N to newer ones
p          one project after the other, then all
a d        allow or deny the chosen request; then y
Esc        back
q Ctrl-C   quit

While you type: ← → Home End move, Ctrl-U and Ctrl-K delete up to the start and the end, Ctrl-W a word. What is pasted is put in as it is; only Enter sends.

queued, pushed or accepted, handed over, seen: how far a message came. Where there is little room, a sign stands for it:
… queued   › pushed, accepted   » handed over   ✓ seen   ✗ expired, refused`

/** What is known of a message besides its words: a line, and, if it will not be seen, why. */
export const aboutOf = ({ labels, reason, sentAt, state }: SceneMessage): ReadonlyArray<string> => [
  labels === "" ? sentAt : `${sentAt}  ${labels}`,
  ...(reason === undefined ? [] : [`${state}: ${reason}`])
]

/** The lines of what can be scrolled. */
export const linesOf = (
  over: Extract<Over, { readonly scroll: number }>,
  width: number
): ReadonlyArray<string> => {
  if (over._tag === "Help") return wrap(help, width)
  if (over._tag === "Confirm") return wrap(over.request.content, width)
  const { message } = over
  return wrap([...aboutOf(message), "", message.content].join("\n"), width)
}

/** The room for lines of what takes the whole screen: the head, its title and the last line take the rest. */
export const roomFor = ({ columns, rows }: { readonly columns: number; readonly rows: number }) => ({
  width: Math.max(10, columns - 4),
  height: Math.max(1, rows - 3)
})
