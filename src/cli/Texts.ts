/** The words of a message: from the argument, from standard input, or the path of a file; in parts if there are too many. */
import { Effect, FileSystem, Path, Schema, Stdio, Stream } from "effect"
import { Content, maxContentLength } from "../domain/Message.ts"
import { worded } from "../domain/Text.ts"
import { wrongUse } from "./Failure.ts"
import { note } from "./Output.ts"

/** So much of standard input is read, in bytes, to say how long it is. What goes on after that may have no end. */
const mostRead = 16 * 1_048_576

/** So many parts go to one receiver: a limit of a minute. */
const mostParts = 20

/** Room for the line above each part. */
const roomForHead = 100

const counted = (count: number): string => count.toLocaleString("en")

interface Read {
  readonly text: string
  /** There is more of it. */
  readonly isCut: boolean
}

const fromStandardInput = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  if (yield* stdio.stdinIsTerminal) yield* note("Type the message; Ctrl-D on a line of its own ends it.")
  let size = 0
  const text = yield* stdio.stdin.pipe(
    Stream.takeUntil((chunk) => {
      size += chunk.length
      return size > mostRead
    }),
    Stream.decodeText(),
    Stream.mkString,
    Effect.mapError((error) => wrongUse(`standard input can't be read: ${error.message}`))
  )
  // A shell ends what it prints with one.
  return { text: text.replace(/\r?\n$/, ""), isCut: size > mostRead } satisfies Read
})

/** The line that goes instead of what is in a file. */
const lineForFile = Effect.fnUntraced(function* (given: string) {
  const files = yield* FileSystem.FileSystem
  const path = (yield* Path.Path).resolve(given)
  const found = yield* Effect.mapError(files.stat(path), () =>
    wrongUse(
      `--file: there is no file ${worded(path)} that can be read. Write it first; its path is sent, not what is in it`
    )
  )
  if (found.type !== "File") return yield* wrongUse(`--file: ${worded(path)} is no file`)
  return `The text is in a file on this machine. Read it there: ${worded(path)} (${counted(Number(found.size))} bytes)`
})

/** Cuts a text into parts that fit into a message each, at ends of lines as far as there are any. */
export const partsOf = (text: string): ReadonlyArray<string> => {
  const room = maxContentLength - roomForHead
  const pieces: Array<string> = []
  // Characters, not UTF-16 units: no part ends within one.
  let rest = Array.from(text)
  while (rest.length > room) {
    const end = rest.lastIndexOf("\n", room - 1)
    const size = end > 0 ? end + 1 : room
    pieces.push(rest.slice(0, size).join(""))
    rest = rest.slice(size)
  }
  pieces.push(rest.join(""))
  return pieces.map((piece, index) => {
    const more =
      index + 1 < pieces.length ? "; the next one follows in this thread" : "; this is the last one"
    return `Part ${index + 1} of ${pieces.length} of one text${more}:\n${piece}`
  })
}

interface Given {
  readonly text: string | undefined
  readonly file: string | undefined
  /** Whether it may go in parts; absent: the command can't do that. */
  readonly split?: boolean
}

/** Reads what is to be said, as one text or as several parts. `command`: what was typed, for an error that says what to type instead. */
export const readTexts = Effect.fnUntraced(function* ({ file, split, text: given }: Given, command: string) {
  const line = file === undefined ? undefined : yield* lineForFile(file)
  const read: Read =
    given === "-" || (given === undefined && line === undefined)
      ? yield* fromStandardInput
      : { text: given ?? "", isCut: false }
  const text = [read.text, line].filter((part) => part !== undefined && part !== "").join("\n\n")
  const length = Array.from(text).length
  if (length <= maxContentLength) {
    const content = yield* Effect.mapError(Schema.decodeEffect(Content)(text), (error) =>
      wrongUse(`the text ${error.message.split("\n")[0]}`)
    )
    return [content]
  }
  const problem = `the text has ${read.isCut ? "more than " : ""}${counted(length)} characters, and a message holds at most ${counted(maxContentLength)}`
  const byFile = `its path instead, from a file: ${command} --file PATH`
  if (split === undefined) return yield* wrongUse(`${problem}. Send ${byFile}`)
  if (!split)
    return yield* wrongUse(`${problem}. Send it in parts: ... | ${command} --split. Or send ${byFile}`)
  const parts = read.isCut ? [] : partsOf(text)
  if (read.isCut || parts.length > mostParts)
    return yield* wrongUse(`${problem}. That is more than ${mostParts} parts. Send ${byFile}`)
  return parts
})

/** The same for a command that can send no parts. */
export const readText = (given: Omit<Given, "split">, command: string) =>
  Effect.map(readTexts(given, command), ([text = ""]) => text)
