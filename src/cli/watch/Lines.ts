/** One line each for somebody on the bus, a message and a permission request. */
import type { DeliveryState } from "../../domain/Receipt.ts"
import { column, oneLine, widthOf } from "../Columns.ts"
import type { Participant, SceneMessage, SceneRequest } from "./Scene.ts"
import { type Colour, fromTo, type Line, marking, span } from "./Spans.ts"

/** How the states look. A sign stands for the word where there is little room. */
const states: Readonly<Record<DeliveryState, { readonly colour: Colour; readonly sign: string }>> = {
  queued: { colour: "yellow", sign: "…" },
  pushed: { colour: "blue", sign: "›" },
  accepted: { colour: "blue", sign: "›" },
  "handed over": { colour: "cyan", sign: "»" },
  seen: { colour: "green", sign: "✓" },
  expired: { colour: "red", sign: "✗" },
  refused: { colour: "red", sign: "✗" }
}

export const colourOf = (state: DeliveryState): Colour => states[state].colour

const doingColours = {
  working: "green",
  idle: "gray",
  "waiting for a permission": "yellow",
  "waiting for the user": "yellow"
} as const

const widest = (texts: ReadonlyArray<string>): number => Math.max(0, ...texts.map(widthOf))

/** What the mark of the chosen line takes. */
const mark = 2

/** What somebody does or, if nothing tells, how messages get there. The role says who is a person. */
const whatIsDone = ({ doing, reach, since }: Participant): string => {
  const what = doing ?? reach
  return since === "" ? what : `${what} ${since}`
}

/** The roster's lines: name, role, and what is being done. A role is cut only where a name and a role fill the line. */
export const participantLines = (
  participants: ReadonlyArray<Participant>,
  width: number
): ReadonlyArray<Line> => {
  const room = width - mark - 2
  const names = Math.min(widest(participants.map(({ name }) => name)), Math.floor(room / 2))
  const roles = Math.min(widest(participants.map(({ role }) => role)), room - names - 2)
  const projects = widest(participants.map(({ project }) => project ?? ""))
  const done = widest(participants.map(whatIsDone))
  const isRoomy = names + roles + done + projects + 6 <= room
  return participants.map((participant) => [
    span("● ", {
      colour: participant.doing === undefined ? "gray" : doingColours[participant.doing]
    }),
    span(column(participant.name, names), { bold: true }),
    span(`  ${column(participant.role, roles)}`),
    ...(isRoomy && projects > 0
      ? [span(`  ${column(participant.project ?? "", projects)}`, { dim: true })]
      : []),
    span(`  ${whatIsDone(participant)}`, { dim: true })
  ])
}

const wordsOf = ({ content, kind }: SceneMessage): string =>
  `${kind === "chat" ? "" : `[${kind.replace("_", " ")}] `}${content}`

/** Below this width, in columns, a message's line has no time, and a sign for its state. */
const narrow = 60

/** The messages' lines: when, who to whom, how far it came, and its words as far as they fit. */
export const messageLines = (
  messages: ReadonlyArray<SceneMessage>,
  width: number,
  searched: string | undefined
): ReadonlyArray<Line> => {
  const isNarrow = width < narrow
  const arrow = isNarrow ? "→" : " → "
  const most = Math.floor(width * (isNarrow ? 0.4 : 0.32))
  const names = Math.min(widest(messages.map(({ from, to }) => `${from.name}${arrow}${to.name}`)), most)
  const state = isNarrow ? 1 : widest(messages.map((message) => message.state))
  const words = width - mark - names - state - (isNarrow ? 2 : 9)
  return messages.map((message) => {
    const { colour, sign } = states[message.state]
    return [
      ...(isNarrow ? [] : [span(`${column(message.at, 5)} `, { dim: true })]),
      span(fromTo(message.from.name, message.to.name, names, arrow), { colour: "cyan" }),
      span(` ${column(isNarrow ? sign : message.state, state)} `, { colour }),
      ...(isNarrow ? [] : [span(" ")]),
      ...marking(oneLine(wordsOf(message), words), searched, message.kind === "chat" ? {} : { dim: true })
    ]
  })
}

const clockOf = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`

/** The quoted lines of a request behind its tool's: what it is for, and with what. */
const purposeOf = ({ content }: SceneRequest): string =>
  content
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) => line.slice(2))
    .join("  ")

export const requestLine = (request: SceneRequest, width: number): Line => {
  // However long a name is, it leaves room for what is asked.
  const head = `${oneLine(`${request.requestId}  ${request.from}`, Math.floor(width / 2))}  `
  const tail = ` ${clockOf(request.left)} left`
  return [
    span(head, { bold: true }),
    span(column(`${request.tool}: ${purposeOf(request)}`, width - mark - widthOf(head) - widthOf(tail))),
    span(tail, { dim: true })
  ]
}
