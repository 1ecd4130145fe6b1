/** How results look: JSON for scripts, tables and lines for people. Notes and errors go to stderr. */
import { Console, Effect, Schema } from "effect"
import { CliOutput } from "effect/cli"
import { visible } from "../domain/Text.ts"
import { terminalWidth, wantsColour } from "../platform/CommandLine.ts"

const paint =
  (code: number) =>
  (text: string): string =>
    wantsColour ? `\u001b[${code}m${text}\u001b[0m` : text

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)
export const yellow = paint(33)
export const cyan = paint(36)

/** Prints a value as one JSON document, in the shape that its schema describes. */
export const printJson = <S extends Schema.Codec<unknown, unknown>>(schema: S, value: S["Type"]) =>
  Effect.flatMap(Effect.orDie(Schema.encodeEffect(schema)(value)), (encoded) =>
    Console.log(JSON.stringify(encoded, null, 2))
  )

/** Prints one JSON document on one line, for streams of them. */
export const printJsonLine = <S extends Schema.Codec<unknown, unknown>>(schema: S, value: S["Type"]) =>
  Effect.flatMap(Effect.orDie(Schema.encodeEffect(schema)(value)), (encoded) =>
    Console.log(JSON.stringify(encoded))
  )

/** Cuts a text to a width in columns. */
const fit = (text: string, width: number): string => {
  if (CliOutput.displayWidth(text) <= width) return text
  let kept = ""
  for (const point of text) {
    if (CliOutput.displayWidth(kept + point) > width - 1) break
    kept += point
  }
  return `${kept}…`
}

const pad = (text: string, width: number) =>
  text + " ".repeat(Math.max(0, width - CliOutput.displayWidth(text)))

/** A column: what stands above it, and whether it gives way first where the terminal is narrow. */
export interface Column {
  readonly title: string
  readonly gives?: boolean
}

const gap = 2
const narrowest = 6

/** Foreign text is made visible first, so that nothing in it drives the terminal. */
export const table = (columns: ReadonlyArray<Column>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = rows.map((row) => row.map((text) => visible(text).replaceAll("\n", " ")))
  const widths = columns.map(({ title }, index) =>
    Math.max(CliOutput.displayWidth(title), ...cells.map((row) => CliOutput.displayWidth(row[index] ?? "")))
  )
  const room = terminalWidth() ?? Number.POSITIVE_INFINITY
  const total = () => widths.reduce((sum, width) => sum + width + gap, -gap)
  for (const [index, { gives }] of columns.entries())
    if (gives && total() > room) widths[index] = Math.max(narrowest, (widths[index] ?? 0) - (total() - room))
  const lineOf = (row: ReadonlyArray<string>) =>
    fit(
      row
        .map((text, index) => pad(fit(text, widths[index] ?? 0), widths[index] ?? 0))
        .join(" ".repeat(gap))
        .trimEnd(),
      room
    )
  const [head, ...body] = [columns.map(({ title }) => title), ...cells].map(lineOf)
  return [dim(head ?? ""), ...body].join("\n")
}

/** How long ago a moment was, in few letters. */
export const ago = (iso: string, now: number): string => {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1_000))
  if (Number.isNaN(seconds)) return "?"
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
