/** How results look: JSON for scripts, tables and lines for people. Notes and errors go to stderr. */
import { Effect, Schema } from "effect"
import { inline, visible, visibleJson } from "../domain/Text.ts"
import { styled, terminalWidth, writeError, writeOut } from "../platform/CommandLine.ts"
import { column, oneLine, widthOf, wrap } from "./Columns.ts"

export const bold = (text: string) => styled("bold", text)
export const dim = (text: string) => styled("dim", text)
export const red = (text: string) => styled("red", text)
export const green = (text: string) => styled("green", text)
export const yellow = (text: string) => styled("yellow", text)
export const cyan = (text: string) => styled("cyan", text)

const encode = <S extends Schema.Codec<unknown, unknown>>(schema: S, value: S["Type"], indent?: number) =>
  Effect.map(Effect.orDie(Schema.encodeEffect(schema)(value)), (encoded) =>
    visibleJson(JSON.stringify(encoded, null, indent))
  )

/** Prints a result, or a line of a stream. If nobody reads it any more, the program ends: it then counts as not shown. */
export const printLine = (text: string) => writeOut(`${text}\n`)

/** Prints a value as one JSON document, in the shape that its schema describes. */
export const printJson = <S extends Schema.Codec<unknown, unknown>>(schema: S, value: S["Type"]) =>
  Effect.flatMap(encode(schema, value, 2), printLine)

/** One JSON document as a line, with its end. */
export const jsonLine = <S extends Schema.Codec<unknown, unknown>>(schema: S, value: S["Type"]) =>
  Effect.map(encode(schema, value), (text) => `${text}\n`)

/** Prints one JSON document on one line, for streams of them. */
export const printJsonLine = <S extends Schema.Codec<unknown, unknown>>(schema: S, value: S["Type"]) =>
  Effect.flatMap(jsonLine(schema, value), writeOut)

const narrowestText = 20

/**
 * Somebody else's text after a beginning of ours. Every further line is indented, also where the terminal would wrap, so that no text
 * can look like a line of ours.
 *
 * @param width of the terminal, in columns
 */
export const hanging = (
  head: string,
  text: string,
  indent: number,
  width = terminalWidth() ?? Number.POSITIVE_INFINITY
): string => {
  const words = visible(text.replace(/\r\n/g, "\n")).replaceAll("\t", "    ")
  const room = width - indent
  const [first = "", ...others] = linesBehind(widthOf(head) - indent, words, room)
  return [`${head}${first}`, ...others.map((line) => `${" ".repeat(indent)}${line}`)].join("\n")
}

const linesBehind = (taken: number, text: string, room: number): ReadonlyArray<string> => {
  // Into a pipe lines go as they are: there is no end of a line to break them at.
  if (room < narrowestText || room === Number.POSITIVE_INFINITY) return text.split("\n")
  // The beginning is longer than a line: the terminal wraps it, and where the text then starts is not known.
  return taken < room ? wrap(text, room, taken) : ["", ...wrap(text, room)]
}

/** A moment as people here read it: the time of day, and the day if it is another one. */
export const clockTime = (iso: string, now: number): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return inline(iso)
  const two = (value: number) => String(value).padStart(2, "0")
  const day = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":")
  return day(time) === day(new Date(now)) ? clock : `${day(time)} ${clock}`
}

/** A column: its heading, and whether it may be narrowed in a narrow terminal. The last such column is narrowed first. */
export interface Column {
  readonly title: string
  readonly gives?: boolean
  /** How narrow it may become before the next one gives. */
  readonly least?: number
  /** It is left out before the next one gives. */
  readonly goesFirst?: boolean
}

const gap = 2
const narrowest = 6

/** How wide each column may be in a terminal; 0: there is no room for it. */
const widthsIn = (
  room: number,
  columns: ReadonlyArray<Column>,
  wanted: ReadonlyArray<number>
): ReadonlyArray<number> => {
  const widths = [...wanted]
  const excess = () => widths.reduce((sum, width) => (width === 0 ? sum : sum + width + gap), -gap) - room
  const giving = columns.flatMap(({ gives }, index) => (gives ? [index] : [])).reverse()
  for (const index of giving) {
    const width = widths[index] ?? 0
    const { goesFirst, least = narrowest } = columns[index] ?? {}
    if (excess() > 0) widths[index] = Math.min(width, Math.max(least, width - excess()))
    if (excess() > 0 && goesFirst) widths[index] = 0
  }
  for (const index of giving) if (excess() > 0) widths[index] = 0
  return widths
}

/** Foreign text is made visible first, so that nothing in it drives the terminal. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  room: number = terminalWidth() ?? Number.POSITIVE_INFINITY
): string => {
  const cells = rows.map((row) => row.map(inline))
  const wanted = columns.map(({ title }, index) =>
    Math.max(...[title, ...cells.map((row) => row[index] ?? "")].map(widthOf))
  )
  const widths = widthsIn(room, columns, wanted)
  const lineOf = (row: ReadonlyArray<string>) => {
    const shown = row.flatMap((text, index) => {
      const width = widths[index] ?? 0
      return width === 0 ? [] : [column(text, width)]
    })
    return oneLine(shown.join(" ".repeat(gap)).trimEnd(), room)
  }
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

/** Says something that is not the result. */
export const note = (text: string) => writeError(`${styled("dim", visible(text), "stderr")}\n`)

/** Says what went wrong. */
export const complain = (text: string) => writeError(`${styled("red", visible(text), "stderr")}\n`)
