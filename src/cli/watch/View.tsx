/** The live view, drawn with Ink. Its own built file: React and a layout engine are loaded for `watch` alone. */
import { Box, render, Text, useInput, usePaste, useWindowSize } from "ink"
import { useSyncExternalStore } from "react"
import type { DeliveryState } from "../../domain/Receipt.ts"
import { visible } from "../../domain/Text.ts"
import { monotonic, oneWriteAFrame, restoreAtExit } from "../../platform/Screen.ts"
import { column, oneLine, widthOf, wrap } from "../Columns.ts"
import {
  type Command,
  chosen,
  filtered,
  finished,
  initial,
  type Key,
  linesOf,
  type Over,
  pageOf,
  press,
  type State,
  type World
} from "./Model.ts"
import type { Actions, Asked, Scene, Seat, Show, Talk } from "./Scene.ts"

const stateColours: Readonly<Record<DeliveryState, string>> = {
  queued: "yellow",
  pushed: "blue",
  accepted: "blue",
  "handed over": "cyan",
  seen: "green",
  expired: "red",
  refused: "red"
}

const doingColours = {
  working: "green",
  idle: "gray",
  "waiting for a permission": "yellow",
  "waiting for the user": "yellow"
} as const

/** The part of a list that fits, with the chosen one in it; at its end as long as that shows it. */
const windowOf = <A,>(items: ReadonlyArray<A>, at: number, height: number) => {
  const start = Math.max(0, Math.min(items.length - height, Math.max(0, at)))
  return { start, part: items.slice(start, start + height) }
}

const Panel = (props: {
  readonly title: string
  readonly focused: boolean
  readonly width: number
  readonly height: number
  readonly colour?: string
  readonly children: React.ReactNode
}) => (
  <Box
    borderStyle="round"
    borderColor={props.colour ?? (props.focused ? "cyan" : "gray")}
    flexDirection="column"
    width={props.width}
    height={props.height}
    paddingX={1}
    overflow="hidden"
  >
    <Text bold color={props.colour ?? (props.focused ? "cyan" : "white")}>
      {oneLine(props.title, props.width - 4)}
    </Text>
    {props.children}
  </Box>
)

const SeatLine = ({
  seat,
  selected,
  width
}: {
  readonly seat: Seat
  readonly selected: boolean
  readonly width: number
}) => {
  const doing = seat.kind === "command line" ? "person" : (seat.doing ?? seat.reach)
  const what = seat.since === "" ? doing : `${doing} ${seat.since}`
  const room = Math.min(widthOf(what), Math.max(0, Math.floor(width / 2)))
  return (
    <Text inverse={selected}>
      <Text color={seat.doing === undefined ? "gray" : doingColours[seat.doing]}>● </Text>
      {column(seat.name, width - room - 3)} <Text dimColor>{column(what, room)}</Text>
    </Text>
  )
}

/** How much of a line of the messages is taken by what is no words. */
const aroundWords = 9 + 12

const words = (message: Talk): string =>
  `${message.kind === "chat" ? "" : `[${message.kind.replace("_", " ")}] `}${message.content}`

const TalkLine = ({
  message,
  selected,
  width
}: {
  readonly message: Talk
  readonly selected: boolean
  readonly width: number
}) => {
  const names = oneLine(`${message.from} → ${message.to}`, Math.max(8, Math.floor((width - aroundWords) / 2)))
  return (
    <Text inverse={selected}>
      <Text dimColor>{message.at} </Text>
      <Text color="cyan">{names} </Text>
      <Text dimColor={message.kind !== "chat"}>
        {column(words(message), width - aroundWords - widthOf(names) - 1)}
      </Text>
      <Text color={stateColours[message.state]}> {column(message.state, 11)}</Text>
    </Text>
  )
}

const clockOf = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`

/** The quoted lines of a request behind its tool's: what it is for, and with what. */
const essence = ({ content }: Asked): string =>
  content
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) => line.slice(2))
    .join("  ")

const AskedLine = ({
  request,
  selected,
  width
}: {
  readonly request: Asked
  readonly selected: boolean
  readonly width: number
}) => {
  // However long a name is, it leaves room for what is asked.
  const head = `${oneLine(`${request.requestId}  ${request.from}`, Math.floor(width / 2))}  `
  const tail = ` ${clockOf(request.left)} left`
  return (
    <Text inverse={selected}>
      <Text bold>{head}</Text>
      {column(`${request.tool}: ${essence(request)}`, width - widthOf(head) - widthOf(tail))}
      <Text dimColor>{tail}</Text>
    </Text>
  )
}

const help = `Tab          between messages, roster and requests
↑ ↓ j k      choose; PgUp PgDn g G go further
Enter        read the message whole; write to the session; look at the request
p            show one project after the other, then all
s            send: choose whom, type, Enter
a  d         allow or deny the chosen request; then y
q  Ctrl-C    quit
Esc          back

● green: at work   ● gray: idle   ● yellow: waiting for the user
A message goes from queued over pushed or accepted and handed over to seen.`

const keysOf = (over: Over | undefined): string => {
  if (over === undefined)
    return "Tab panel  ↑↓ choose  Enter read  s send  a allow  d deny  p project  ? help  q quit"
  if (over._tag === "Writing") return "Enter sends  Ctrl-U empties  Esc back"
  if (over._tag === "Receiver") return "↑↓ choose  Enter write  Esc back"
  if (over._tag === "Confirm")
    return `y ${over.behavior === "allow" ? "allows" : "denies"} it  ↑↓ scroll  any other key leaves it as it is`
  return over._tag === "Message" ? "↑↓ scroll  Esc back" : "any key: back"
}

/** What lies over the panels: a title, lines and, where there is more, where in it this is. */
const Overlay = ({
  over,
  shown,
  size
}: {
  readonly over: Over
  readonly shown: Scene
  readonly size: Size
}) => {
  const { height, width } = pageOf(size)
  const box = (title: string, lines: ReadonlyArray<React.ReactNode>, colour = "cyan") => (
    <Panel title={title} focused width={size.columns} height={size.rows - 2} colour={colour}>
      {lines.map((line, index) => (
        // A text that holds nothing would take no line.
        <Text key={index}>{line === "" ? " " : line}</Text>
      ))}
    </Panel>
  )
  if (over._tag === "Help") return box("Keys", ["", ...wrap(help, width)])
  if (over._tag === "Receiver") {
    const { part, start } = windowOf(shown.roster, over.at - Math.floor(height / 2), height)
    return box("Send to whom?", [
      "",
      ...part.map((seat, index) => (
        <SeatLine key={seat.id} seat={seat} selected={start + index === over.at} width={width} />
      ))
    ])
  }
  if (over._tag === "Writing") {
    const lines = wrap(`${over.text}█`, width)
    return box(`To ${over.to.name}${over.busy ? " ..." : ""}`, ["", ...lines.slice(-height)])
  }
  const all = linesOf(over, width)
  const { part, start } = windowOf(all, over.scroll, height)
  const more = all.length > height ? `lines ${start + 1} to ${start + part.length} of ${all.length}` : ""
  if (over._tag === "Message") {
    const { message } = over
    const state = message.reason === undefined ? message.state : `${message.state}: ${message.reason}`
    return box(`Message ${message.id}: ${message.from} → ${message.to}`, [
      <Text key="about" dimColor>
        {oneLine(`${message.sentAt}  ${state}  ${message.labels}  ${more}`, width)}
      </Text>,
      "",
      ...part
    ])
  }
  const verb = over.behavior === "allow" ? "Allow" : "Deny"
  return box(
    `${verb} request ${over.request.requestId} of ${over.request.from}?  y, or any other key to leave it as it is`,
    [
      <Text key="about" dimColor>
        {more}
      </Text>,
      "",
      ...part
    ],
    "yellow"
  )
}

interface Size {
  readonly columns: number
  readonly rows: number
}

/** Messages, roster and requests, as far as they fit. */
const Panels = ({
  shown,
  size,
  state
}: {
  readonly shown: Scene
  readonly size: Size
  readonly state: State
}) => {
  const at = chosen(state, shown)
  const body = size.rows - 2
  const asked =
    shown.requests.length === 0 ? 0 : Math.min(3 + shown.requests.length, Math.max(4, Math.floor(body / 3)))
  const beside = size.columns >= 80
  const rosterWidth = beside ? Math.max(26, Math.min(44, Math.floor(size.columns * 0.32))) : size.columns
  const rosterHeight = beside
    ? body - asked
    : Math.min(3 + shown.roster.length, Math.max(4, Math.floor(body / 3)))
  const talkWidth = beside ? size.columns - rosterWidth : size.columns
  const talkHeight = beside ? body - asked : body - asked - rosterHeight
  const focused = state.panel === "requests" && asked === 0 ? "messages" : state.panel
  const seats = windowOf(shown.roster, at.roster - rosterHeight + 5, Math.max(0, rosterHeight - 3))
  // What is chosen stays in sight; the newest are at the bottom.
  const talkRoom = Math.max(0, talkHeight - 3)
  const talk = windowOf(shown.messages, at.messages - Math.floor(talkRoom / 2), talkRoom)
  const requests = windowOf(shown.requests, at.requests - asked + 5, Math.max(0, asked - 3))
  return (
    <Box flexDirection="column" height={body}>
      <Box flexDirection={beside ? "row" : "column"} height={body - asked}>
        <Panel title="On the bus" focused={focused === "roster"} width={rosterWidth} height={rosterHeight}>
          {seats.part.map((seat, index) => (
            <SeatLine
              key={seat.id}
              seat={seat}
              selected={focused === "roster" && seats.start + index === at.roster}
              width={rosterWidth - 4}
            />
          ))}
        </Panel>
        <Panel title="Messages" focused={focused === "messages"} width={talkWidth} height={talkHeight}>
          {talk.part.map((message, index) => (
            <TalkLine
              key={message.id}
              message={message}
              selected={focused === "messages" && talk.start + index === at.messages}
              width={talkWidth - 4}
            />
          ))}
          {shown.messages.length === 0 ? <Text dimColor>Nothing was said yet.</Text> : null}
        </Panel>
      </Box>
      {asked === 0 ? null : (
        <Panel
          title={`${shown.requests.length} permission ${shown.requests.length === 1 ? "request waits" : "requests wait"}: a allows, d denies`}
          focused={focused === "requests"}
          colour="yellow"
          width={size.columns}
          height={asked}
        >
          {requests.part.map((request, index) => (
            <AskedLine
              key={request.key}
              request={request}
              selected={requests.start + index === at.requests}
              width={size.columns - 4}
            />
          ))}
        </Panel>
      )}
    </Box>
  )
}

/** Holds what is shown outside of React: keys that come together each see what the one before did. */
class Store {
  private listeners = new Set<() => void>()
  private current: { readonly scene: Scene; readonly state: State }

  constructor(scene: Scene, state: State) {
    this.current = { scene, state }
  }

  readonly get = () => this.current
  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
  readonly set = (more: Partial<typeof this.current>) => {
    this.current = { ...this.current, ...more }
    for (const listener of this.listeners) listener()
  }
}

const Screen = (props: { readonly store: Store; readonly onKey: (key: Key, size: Size) => void }) => {
  const { scene, state } = useSyncExternalStore(props.store.subscribe, props.store.get)
  const size = useWindowSize()
  useInput((input, key) => {
    const name = key.upArrow
      ? "up"
      : key.downArrow
        ? "down"
        : key.pageUp
          ? "pageUp"
          : key.pageDown
            ? "pageDown"
            : key.home
              ? "home"
              : key.end
                ? "end"
                : key.return
                  ? "enter"
                  : key.escape
                    ? "escape"
                    : key.tab
                      ? "tab"
                      : key.backspace || key.delete
                        ? "erase"
                        : undefined
    if (name !== undefined) return props.onKey({ text: "", name, ctrl: false }, size)
    if (key.meta) return
    if (key.ctrl) return props.onKey({ text: input, name: undefined, ctrl: true }, size)
    // What is typed fast comes as one piece.
    for (const character of input)
      props.onKey(
        character === "\r" || character === "\n"
          ? { text: "", name: "enter", ctrl: false }
          : character === "\t"
            ? { text: "", name: "tab", ctrl: false }
            : { text: visible(character), name: undefined, ctrl: false },
        size
      )
  })
  usePaste((text) =>
    props.onKey({ text: visible(text.replace(/\r\n?/g, "\n")), name: undefined, ctrl: false }, size)
  )
  const shown = filtered(scene, state.project)
  const waiting = shown.requests.length === 0 ? "" : `  ${shown.requests.length} waiting for an answer`
  const head = ` cc-dm   ${shown.roster.length} on the bus   ${state.project === undefined ? "all projects" : `project ${state.project}`}${waiting}`
  const note = scene.trouble ?? state.note?.words
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflow="hidden">
      <Text inverse bold>
        {column(head, size.columns)}
      </Text>
      {state.over === undefined ? (
        <Panels shown={shown} size={size} state={state} />
      ) : (
        <Overlay over={state.over} shown={shown} size={size} />
      )}
      {note === undefined ? (
        <Text dimColor>{oneLine(` ${keysOf(state.over)}`, size.columns)}</Text>
      ) : (
        <Text color={scene.trouble === undefined && state.note?.ok ? "green" : "red"}>
          {oneLine(` ${note}`, size.columns)}
        </Text>
      )}
    </Box>
  )
}

const perform = (actions: Actions, command: Exclude<Command, { readonly _tag: "Quit" }>) =>
  command._tag === "Send"
    ? actions.send(command.to, command.text)
    : actions.answer(command.request, command.behavior)

/** Shows the view, on the alternate screen. */
export const show: Show = (first, actions, { project }) => {
  const store = new Store(first, initial(project))
  const onKey = (key: Key, size: Size) => {
    const { scene, state } = store.get()
    const world: World = { ...size, scene, whyNoAnswers: actions.whyNoAnswers, now: monotonic() }
    const [next, command] = press(state, key, world)
    if (next !== state) store.set({ state: next })
    if (command?._tag === "Quit") app.unmount()
    else if (command !== undefined)
      void perform(actions, command).then((outcome) =>
        store.set({ state: finished(store.get().state, command, outcome) })
      )
  }
  const takeBack = restoreAtExit()
  const app = render(<Screen store={store} onKey={onKey} />, {
    stdout: oneWriteAFrame(),
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: false,
    // Else an environment that says CI gets no view, though it has a terminal.
    interactive: true
  })
  const ended = app.waitUntilExit().then(takeBack)
  return {
    update: (scene) => store.set({ scene }),
    ended,
    close: async () => {
      app.unmount()
      await ended
    }
  }
}
