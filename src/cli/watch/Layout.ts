/** Which part of the screen each panel has, from 200 x 60 down to 40 x 10. */
import type { Scene } from "./Scene.ts"
import { focusOf, type State } from "./State.ts"

/** The terminal's. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Columns and rows of the panels, their titles included; 0 rows: it is not shown. */
export interface Layout {
  /** Whether the roster stands beside the messages. */
  readonly beside: boolean
  readonly rosterColumns: number
  readonly messageColumns: number
  readonly roster: number
  readonly requests: number
  readonly messages: number
  /** Where the chosen message is read. */
  readonly reader: number
}

/** The part of a list that fits, with the chosen one in it. */
export const windowOf = <A>(items: ReadonlyArray<A>, at: number, height: number) => {
  const start = Math.max(0, Math.min(items.length - height, at - Math.floor(height / 2)))
  return { start, part: items.slice(start, start + Math.max(0, height)) }
}

const between = (least: number, value: number, most: number) =>
  Math.max(least, Math.min(Math.floor(value), most))

/** The columns between a roster and the messages beside it. */
const gap = 1

/** From this many on, in columns, the roster stands beside the messages. */
const wide = 110

/** From this many on, in rows, there is room for more than one panel and what it chooses. */
const high = 14

const withReader = (rows: number) => {
  const reader = rows < 6 ? 0 : between(3, rows * 0.4, 24)
  return { messages: rows - reader, reader }
}

/** Lays out the rows between the head and what stands below the panels. */
export const layoutOf = (columns: number, rows: number, shown: Scene, state: State): Layout => {
  const focus = focusOf(state, shown)
  const beside = columns >= wide && rows >= high
  const rosterColumns = beside ? between(40, columns * 0.3, 60) : columns
  const messageColumns = beside ? columns - rosterColumns - gap : columns
  const none = { beside, rosterColumns, messageColumns, roster: 0, requests: 0, messages: 0, reader: 0 }
  if (rows < high && focus !== "messages") return { ...none, [focus]: rows }
  const asked = shown.requests.length
  const requests =
    asked === 0 || rows < high ? 0 : 1 + between(1, asked, focus === "requests" ? rows / 3 : rows / 6)
  if (beside) return { ...none, requests, roster: rows - requests, ...withReader(rows - requests) }
  const people = Math.max(1, shown.roster.length)
  const roster = rows < high ? 0 : 1 + between(1, people, focus === "roster" ? rows / 2 : rows / 5)
  return { ...none, requests, roster, ...withReader(rows - requests - roster) }
}
