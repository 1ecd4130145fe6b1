/** A text that is being typed: what keys do to it, and where its cursor stands on the screen. */
import { charactersOf, widthOf } from "../Columns.ts"
import type { Key } from "./State.ts"

export interface Draft {
  readonly text: string
  /** Before which of its UTF-16 units the cursor stands: always between two characters as a reader takes them. */
  readonly at: number
}

export const empty: Draft = { text: "", at: 0 }

const insert = ({ at, text }: Draft, more: string): Draft => ({
  text: text.slice(0, at) + more + text.slice(at),
  at: at + more.length
})

const without = ({ text }: Draft, from: number, to: number): Draft => ({
  text: text.slice(0, from) + text.slice(to),
  at: from
})

const before = ({ at, text }: Draft): number => at - (charactersOf(text.slice(0, at)).at(-1)?.length ?? 0)
const behind = ({ at, text }: Draft): number => at + (charactersOf(text.slice(at))[0]?.length ?? 0)
const startOfLine = ({ at, text }: Draft): number => text.lastIndexOf("\n", at - 1) + 1
const endOfLine = ({ at, text }: Draft): number => {
  const end = text.indexOf("\n", at)
  return end === -1 ? text.length : end
}
const startOfWord = ({ at, text }: Draft): number => text.slice(0, at).replace(/\S*\s*$/, "").length

const controls: Readonly<Record<string, (draft: Draft) => Draft>> = {
  a: (draft) => ({ ...draft, at: startOfLine(draft) }),
  e: (draft) => ({ ...draft, at: endOfLine(draft) }),
  k: (draft) => without(draft, draft.at, endOfLine(draft)),
  u: (draft) => without(draft, 0, draft.at),
  w: (draft) => without(draft, startOfWord(draft), draft.at)
}

/** What a key makes of a text. A key that edits nothing leaves it as it is. */
export const edit = (draft: Draft, key: Key): Draft => {
  if (key.ctrl) return controls[key.text]?.(draft) ?? draft
  switch (key.name) {
    case "left":
      return { ...draft, at: before(draft) }
    case "right":
      return { ...draft, at: behind(draft) }
    case "home":
      return { ...draft, at: startOfLine(draft) }
    case "end":
      return { ...draft, at: endOfLine(draft) }
    case "backspace":
      return without(draft, before(draft), draft.at)
    case "delete":
      return without(draft, draft.at, behind(draft))
    default:
      return key.text === "" ? draft : insert(draft, key.text)
  }
}

export interface Placed {
  readonly rows: ReadonlyArray<string>
  readonly x: number
  readonly y: number
}

/** The text in rows of at most this width, broken anywhere, and the cursor in them. */
export const placed = ({ at, text }: Draft, width: number): Placed => {
  const rows = [""]
  let used = 0
  let offset = 0
  let cursor = { x: 0, y: 0 }
  const next = () => {
    rows.push("")
    used = 0
  }
  for (const character of charactersOf(text)) {
    const shown = character === "\n" ? "" : character
    const wide = widthOf(shown)
    // The cursor needs a place, too: no row is full to its end.
    if (used > 0 && used + wide >= width) next()
    if (offset === at) cursor = { x: used, y: rows.length - 1 }
    offset += character.length
    rows[rows.length - 1] += shown
    used += wide
    if (character === "\n") next()
  }
  if (at >= offset) cursor = { x: used, y: rows.length - 1 }
  return { rows, ...cursor }
}
