/** Messages as Markdown. What others wrote stands in fences and code spans: no reader makes a link, a picture or a heading of it. */
import type { LoggedMessage } from "../../bus/messages/History.ts"
import { reasonInWords } from "../../domain/Receipt.ts"
import { inline, visible } from "../../domain/Text.ts"

/** More backticks than stand in a row in a text, and at least so many. */
const fenceFor = (text: string, least: number): string =>
  "`".repeat(Math.max(least, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))

const code = (text: string): string => {
  const shown = inline(text)
  const fence = fenceFor(shown, 1)
  // A space that a reader takes away again keeps backticks of the text from those of the fence.
  const space = /^`|`$/.test(shown) ? " " : ""
  return `${fence}${space}${shown === "" ? " " : shown}${space}${fence}`
}

/** One message: a heading, a line of what is known of it, and its words. */
export const markdownOf = (message: LoggedMessage): string => {
  const { content, from, fromKind, id, kind, metadata, options, proof, reason, sentAt, state, to } = message
  const facts = [
    inline(sentAt),
    state,
    ...(kind === "chat" ? [] : [kind.replaceAll("_", " ")]),
    ...(fromKind === "session" ? [] : [`from the ${fromKind}`]),
    ...(proof === "signed" ? [] : ["nothing proves who wrote it"]),
    ...(metadata.message_type === undefined ? [] : [metadata.message_type]),
    ...(metadata.priority === undefined ? [] : [`${metadata.priority} priority`]),
    ...(metadata.thread_id === undefined ? [] : [`thread ${code(metadata.thread_id)}`]),
    ...(options.replyTo === undefined ? [] : [`in answer to message ${options.replyTo}`]),
    ...(reason === undefined ? [] : [code(reasonInWords(reason))])
  ]
  const words = visible(content.replace(/\r\n/g, "\n"))
  const fence = fenceFor(words, 3)
  return `## ${id}: ${code(from)} to ${code(to)}\n\n${facts.join(" · ")}\n\n${fence}text\n${words}\n${fence}\n`
}
