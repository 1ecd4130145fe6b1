/** How the demo looks: 80 columns, colours only where somebody looks at a terminal and wants them. */
import { Console, type Effect } from "effect"

const width = 80

const colourful = process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === ""

type Style = (text: string) => string

const paint =
  (code: number): Style =>
  (text) =>
    colourful ? `\u001b[${code}m${text}\u001b[0m` : text

export const bold = paint(1)
export const dim = paint(2)
export const green = paint(32)
export const cyan = paint(36)

/** A duration in milliseconds, for people. */
export const milliseconds = (duration: number): string => `${duration.toFixed(duration < 10 ? 1 : 0)} ms`

const wrapLine = (line: string, room: number): ReadonlyArray<string> => {
  const rows: Array<string> = []
  let row = ""
  for (const word of line.split(" ")) {
    if (row !== "" && row.length + 1 + word.length > room) {
      rows.push(row)
      row = word
    } else row = row === "" ? word : `${row} ${word}`
  }
  return [...rows, row]
}

/** Breaks a text into rows, each behind the same margin. */
const block = (text: string, margin: string, style: Style): string =>
  text
    .split("\n")
    .flatMap((line) => wrapLine(line, width - margin.length))
    .map((row) => `${margin}${style(row)}`)
    .join("\n")

const plain: Style = (text) => text

/** Starts a step. */
export const heading = (text: string): Effect.Effect<void> => Console.log(`\n${bold(text)}`)

/** A line under a heading. */
export const line = (text: string): Effect.Effect<void> => Console.log(`   ${text}`)

/** Words around the steps. */
export const prose = (text: string, style = plain): Effect.Effect<void> => Console.log(block(text, "", style))

/** What a session wrote or read, word for word. */
export const quotation = (text: string): Effect.Effect<void> => Console.log(block(text, "     | ", plain))

/** A remark on the line above. */
export const remark = (text: string): Effect.Effect<void> => Console.log(block(text, "     ", dim))
