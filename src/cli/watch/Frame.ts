/** The whole screen as lines, exactly as many as the terminal has, and where its cursor stands. */
import { inline } from "../../domain/Text.ts"
import { oneLine, wrap } from "../Columns.ts"
import { placed } from "./Editor.ts"
import { type Layout, layoutOf, type Size, windowOf } from "./Layout.ts"
import { colourOf, messageLines, participantLines, requestLine } from "./Lines.ts"
import { aboutOf, linesOf, roomFor } from "./Overlay.ts"
import type { Conversation, Scene, SceneMessage } from "./Scene.ts"
import { fitted, type Line, type Look, listed, marking, ruled, span } from "./Spans.ts"
import { chosen, filtered, focusOf, type Over, type Panel, type State, type Typing } from "./State.ts"

export interface Frame {
  readonly lines: ReadonlyArray<Line>
  /** Where somebody types. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined
}

const nameOf = (conversation: Conversation): string =>
  conversation._tag === "Thread"
    ? `Thread ${inline(conversation.id)}`
    : `Between ${conversation.one.name} and ${conversation.other.name}`

const headOf = (shown: Scene, state: State, width: number): Line => {
  const asked = shown.requests.length
  const parts = [
    " cc-dm",
    ...(asked === 0 ? [] : [`${asked} ${asked === 1 ? "waits" : "wait"} for your answer`]),
    `${shown.roster.length} on the bus`,
    state.project === undefined ? "all projects" : `project ${state.project}`
  ]
  return fitted([span(parts.join("   "))], width).map((one) => ({ ...one, inverse: true, bold: true }))
}

/** Lines in a panel: exactly so many, each as wide as the panel. */
const filled = (lines: ReadonlyArray<Line>, height: number, width: number): ReadonlyArray<Line> =>
  Array.from({ length: Math.max(0, height) }, (_, index) => fitted(lines[index] ?? [], width))

const titleLook = (isFocused: boolean, look: Look = {}): Look =>
  isFocused ? { colour: "cyan", ...look } : look

interface Shown {
  readonly shown: Scene
  readonly state: State
  readonly layout: Layout
  readonly focus: Panel
}

const rosterPanel = ({ focus, layout, shown, state }: Shown): ReadonlyArray<Line> => {
  if (layout.roster === 0) return []
  const width = layout.rosterColumns
  const at = chosen(state, shown).roster
  const isFocused = focus === "roster"
  const { part, start } = windowOf(shown.roster, at, layout.roster - 1)
  const more =
    part.length < shown.roster.length
      ? ` ${start + 1} to ${start + part.length} of ${shown.roster.length}`
      : ""
  const lines = participantLines(part, width).map((line, index) =>
    listed(line, width, isFocused && start + index === at, isFocused)
  )
  const nobody = [[span("  Nobody.", { dim: true })]]
  return [
    ruled(`On the bus${more}`, width, titleLook(isFocused)),
    ...filled(lines.length === 0 ? nobody : lines, layout.roster - 1, width)
  ]
}

const messagesPanel = ({ focus, layout, shown, state }: Shown): ReadonlyArray<Line> => {
  if (layout.messages === 0) return []
  const width = layout.messageColumns
  const at = chosen(state, shown).messages
  const isFocused = focus === "messages"
  const { part, start } = windowOf(shown.messages, at, layout.messages - 1)
  const all = shown.older + shown.messages.length + shown.newer
  const lines = messageLines(part, width, state.words).map((line, index) =>
    listed(line, width, start + index === at, isFocused)
  )
  const title = state.conversation === undefined ? "Messages" : nameOf(state.conversation)
  const nothing = [[span("  Nothing was said yet.", { dim: true })]]
  return [
    ruled(all === 0 ? title : `${title}  ${shown.older + at + 1} of ${all}`, width, titleLook(isFocused)),
    ...filled(lines.length === 0 ? nothing : lines, layout.messages - 1, width)
  ]
}

const headingOf = ({ from, id, state, to }: SceneMessage): string =>
  `Message ${id}  ${from.name} → ${to.name}  ${state}`

const readerPanel = ({ layout, shown, state }: Shown): ReadonlyArray<Line> => {
  const message = shown.messages[chosen(state, shown).messages]
  const height = layout.reader - 1
  const width = layout.messageColumns
  if (height < 1) return []
  if (message === undefined) return filled([ruled("", width, {})], layout.reader, width)
  const about =
    height < 4 ? [] : aboutOf(message).map((line) => [span(oneLine(line, width - 2), { dim: true })])
  const all = [...about, ...wrap(message.content, width - 2).map((line) => marking(line, state.words))]
  const more = all.length - height + 1
  const lines =
    all.length <= height
      ? all
      : [
          ...all.slice(0, height - 1),
          [span(`… ${more} more ${more === 1 ? "line" : "lines"}: Enter`, { dim: true })]
        ]
  return [
    ruled(headingOf(message), width, { colour: colourOf(message.state) }),
    ...filled(
      lines.map((line) => [span("  "), ...line]),
      height,
      width
    )
  ]
}

const requestsPanel = ({ focus, layout, shown, state }: Shown, width: number): ReadonlyArray<Line> => {
  if (layout.requests === 0) return []
  const at = chosen(state, shown).requests
  const isFocused = focus === "requests"
  const asked = shown.requests.length
  const { part, start } = windowOf(shown.requests, at, layout.requests - 1)
  const title = `${asked} permission ${asked === 1 ? "request waits" : "requests wait"}: a allows, d denies`
  return [
    ruled(title, width, { colour: "yellow", bold: true }),
    ...filled(
      part.map((request, index) =>
        listed(requestLine(request, width), width, start + index === at, isFocused)
      ),
      layout.requests - 1,
      width
    )
  ]
}

const panels = (it: Shown, columns: number): ReadonlyArray<Line> => {
  const right = [...messagesPanel(it), ...readerPanel(it)]
  const left = rosterPanel(it)
  const upper = it.layout.beside
    ? right.map((line, index) => [...(left[index] ?? []), span(" "), ...line])
    : [...left, ...right]
  return [...upper, ...requestsPanel(it, columns)]
}

const titleOf = (over: Over): string => {
  if (over._tag === "Help") return "Keys"
  if (over._tag === "Receiver") return "Write to whom?"
  if (over._tag === "Message") return headingOf(over.message)
  const verb = over.behavior === "allow" ? "Allow" : "Deny"
  return `${verb} request ${over.request.requestId} of ${over.request.from}?  y, or any other key to leave it as it is`
}

const overlay = (over: Over, shown: Scene, state: State, size: Size): ReadonlyArray<Line> => {
  const { height, width } = roomFor(size)
  const look: Look = { colour: over._tag === "Confirm" ? "yellow" : "cyan" }
  if (over._tag === "Receiver") {
    const at = chosen(state, shown).roster
    const { part, start } = windowOf(shown.roster, at, height)
    const lines = participantLines(part, size.columns).map((line, index) =>
      listed(line, size.columns, start + index === at, true)
    )
    return [ruled(titleOf(over), size.columns, look), ...filled(lines, height, size.columns)]
  }
  const all = linesOf(over, width)
  const start = Math.max(0, Math.min(over.scroll, all.length - height))
  const part = all.slice(start, start + height)
  const more = all.length > height ? `  lines ${start + 1} to ${start + part.length} of ${all.length}` : ""
  const about = over._tag === "Message" ? wrap(aboutOf(over.message).join("\n"), width).length : 0
  const lines = part.map((line, index) =>
    start + index < about ? [span(line, { dim: true })] : marking(line, state.words)
  )
  return [
    ruled(`${titleOf(over)}${more}`, size.columns, look),
    ...filled(
      lines.map((line) => [span("  "), ...line]),
      height,
      size.columns
    )
  ]
}

/** The keys that hold now, as many as fit: the first ones matter most. */
const keysOf = ({ over, typing }: State, focus: Panel, isAsked: boolean): ReadonlyArray<string> => {
  if (typing !== undefined)
    return [typing._tag === "Search" ? "Enter searches" : "Enter sends", "Esc back", "Ctrl-U empties"]
  if (over?._tag === "Confirm")
    return [`y ${over.behavior === "allow" ? "allows" : "denies"} it`, "any other key leaves it", "↑↓ scroll"]
  if (over?._tag === "Message") return ["Esc back", "↑↓ scroll", "r reply"]
  if (over?._tag === "Receiver") return ["Enter write", "↑↓ choose", "Esc back"]
  if (over?._tag === "Help") return ["any key: back"]
  const enter = { messages: "Enter read", roster: "Enter write", requests: "Enter look" }[focus]
  return [
    "? help",
    "q quit",
    ...(isAsked ? ["a allow", "d deny"] : []),
    enter,
    "r reply",
    "s send",
    "/ search",
    "t thread",
    "Tab panel",
    "↑↓ choose",
    "p project"
  ]
}

const hints = (keys: ReadonlyArray<string>, width: number): Line => {
  let text = ""
  for (const key of keys) if (` ${text}  ${key}`.length < width) text = text === "" ? key : `${text}  ${key}`
  return fitted([span(` ${text}`, { dim: true })], width)
}

/** What stands at the bottom: what went wrong or well, whole, or else the keys. */
const footOf = (scene: Scene, state: State, focus: Panel, { columns, rows }: Size): ReadonlyArray<Line> => {
  const words = scene.trouble ?? state.outcome?.words
  if (words === undefined) return [hints(keysOf(state, focus, scene.requests.length > 0), columns)]
  const isGood = scene.trouble === undefined && state.outcome?.ok === true
  return wrap(words, columns - 2)
    .slice(0, Math.max(1, Math.floor(rows / 2)))
    .map((line) => fitted([span(` ${line}`, { colour: isGood ? "green" : "red" })], columns))
}

const typingTitle = (typing: Typing): string => {
  if (typing._tag === "Search") return "Search"
  const { replyTo, thread, to } = typing.letter
  const answers = replyTo === undefined ? "" : `, in answer to message ${replyTo}`
  return `To ${to.name}${answers}${thread === undefined ? "" : `, thread ${inline(thread)}`}${typing.busy ? " ..." : ""}`
}

/** The lines in which somebody types, a third of the screen at most, and where the cursor stands in them. */
const typingPanel = (typing: Typing, { columns, rows }: Size) => {
  const { rows: all, x, y } = placed(typing, columns - 3)
  const most = Math.max(1, Math.floor(rows / 3) - 1)
  const start = Math.max(0, Math.min(y - most + 1, all.length - most))
  const part = all.slice(start, start + most)
  return {
    lines: [
      ruled(typingTitle(typing), columns, { colour: "cyan" }),
      ...part.map((row, index) =>
        fitted([span(start + index === 0 ? "> " : "  ", { bold: true }), span(row)], columns)
      )
    ],
    cursor: { x: x + 2, y: y - start + 1 }
  }
}

/** Draws what is shown. */
export const frameOf = (scene: Scene, state: State, size: Size): Frame => {
  const { columns, rows } = size
  const shown = filtered(scene, state.project)
  const focus = focusOf(state, shown)
  const foot = footOf(scene, state, focus, size)
  const typing = state.typing === undefined ? undefined : typingPanel(state.typing, size)
  const below = [...(typing?.lines ?? []), ...foot]
  const body = Math.max(0, rows - 1 - below.length)
  const layout = layoutOf(columns, body, shown, state)
  const above =
    state.over === undefined
      ? panels({ shown, state, layout, focus }, columns)
      : overlay(state.over, shown, state, size)
  const lines = [headOf(shown, state, columns), ...filled(above, body, columns), ...below].slice(0, rows)
  return {
    lines,
    cursor: typing === undefined ? undefined : { x: typing.cursor.x, y: 1 + body + typing.cursor.y }
  }
}
