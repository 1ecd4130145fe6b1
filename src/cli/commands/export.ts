/** `cc-dm export`: a conversation, or all that was said, for other programs, for a document, or as a page to read. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { LoggedMessage } from "../../bus/messages/History.ts"
import { inline, worded } from "../../domain/Text.ts"
import { writeOut } from "../../platform/CommandLine.ts"
import { writeNewFile } from "../../platform/NewFile.ts"
import { version } from "../../version.ts"
import { busTime } from "../BusTime.ts"
import { conversationOf } from "../export/Conversation.ts"
import { markdownOf } from "../export/Markdown.ts"
import { notFound, wrongUse } from "../Failure.ts"
import { type Filters, filterFlags, forEachMessage, searchOf } from "../Filters.ts"
import { maybe } from "../Flags.ts"
import { MessageJson } from "../Json.ts"
import { messageJson } from "../Messages.ts"
import { jsonLine, note } from "../Output.ts"
import { ReadOnlyStorage } from "../Storage.ts"

const formats = ["jsonl", "markdown", "html"] as const
type Format = (typeof formats)[number]

interface ExportOptions extends Filters {
  readonly format: Format | undefined
  readonly output: string | undefined
  readonly force: boolean
}

const endings: ReadonlyArray<readonly [RegExp, Format]> = [
  [/\.(html|htm)$/i, "html"],
  [/\.(md|markdown)$/i, "markdown"],
  [/\.(jsonl|ndjson)$/i, "jsonl"]
]

const formatOf = ({ format, output }: ExportOptions): Format =>
  format ?? endings.find(([ending]) => ending.test(output ?? ""))?.[1] ?? "jsonl"

const titleOf = ({ thread, with: other }: Filters): string => {
  const of = other === undefined ? "" : ` of ${inline(other)}`
  return thread === undefined ? `Messages${of}` : `Thread ${inline(thread)}${of}`
}

type Write<E> = (text: string) => Effect.Effect<void, E>

/** Writes the messages, and gives how many they are. Of lines and Markdown only some are in memory at a time. */
const writeAs = Effect.fnUntraced(function* <E>(options: ExportOptions, write: Write<E>) {
  const search = yield* searchOf(options)
  const format = formatOf(options)
  if (format === "html") {
    const messages: Array<LoggedMessage> = []
    const count = yield* forEachMessage(search, (message) => Effect.sync(() => messages.push(message)))
    if (count > 0) {
      const about = { title: titleOf(options), version, now: yield* busTime }
      // Built into a file of its own: other commands need not wait for it.
      const { pageOf } = yield* Effect.promise(() => import("../export/Page.ts"))
      yield* write(pageOf(conversationOf(messages), about))
    }
    return count
  }
  let first = true
  return yield* forEachMessage(search, (message) => {
    if (format === "jsonl") return Effect.flatMap(jsonLine(MessageJson, messageJson(message)), write)
    const heading = first ? `# ${titleOf(options).replace(/[\\`*_{}[\]<>()#+!|~&]/g, "\\$&")}\n` : ""
    first = false
    return write(`${heading}\n${markdownOf(message)}`)
  })
})

const nothing = notFound("no message was found, so nothing was written")

const run = Effect.fnUntraced(function* (options: ExportOptions) {
  const { force, output } = options
  if (output === undefined) {
    if (force) return yield* wrongUse("--force replaces the file that --output names: add --output FILE")
    if ((yield* writeAs(options, writeOut)) === 0) return yield* nothing
    return
  }
  if (output === "") return yield* wrongUse("--output needs the name of a file")
  const count = yield* writeNewFile(output, force, (write) =>
    Effect.filterOrFail(
      writeAs(options, write),
      (written) => written > 0,
      () => nothing
    )
  )
  yield* note(`Wrote ${count} ${count === 1 ? "message" : "messages"} to ${worded(output)}.`)
})

export const exportCommand = Command.make(
  "export",
  {
    format: maybe(
      Flag.Literals("format", formats).pipe(
        Flag.withDescription("jsonl, markdown or html (default: as the file's name ends, else jsonl)")
      )
    ),
    ...filterFlags,
    output: maybe(
      Flag.String("output").pipe(
        Flag.withAlias("o"),
        Flag.withMetavar("file"),
        Flag.withDescription("Write to this file, which only you can read (default: standard output)")
      )
    ),
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Replace the file if it is there"),
      Flag.withoutNegation,
      Flag.withDefault(false)
    )
  },
  (options) => Effect.provide(run(options), ReadOnlyStorage)
).pipe(
  Command.withDescription(
    "Write a conversation, or all that was said, as JSON lines, Markdown or a page to read"
  ),
  Command.withExamples([
    { command: "cc-dm export --output talk.html", description: "one page with search, to open in a browser" },
    { command: "cc-dm export --thread currency --format markdown" },
    { command: "cc-dm export --with backend --after 2026-11-01 | jq -r .content" }
  ])
)
