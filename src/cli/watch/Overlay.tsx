/** What lies over the panels while somebody reads, chooses, writes or confirms, and which keys hold meanwhile. */
import { Text } from "ink"
import { oneLine, wrap } from "../Columns.ts"
import { ParticipantLine } from "./Lines.tsx"
import { Panel, type Size, windowOf } from "./Panel.tsx"
import type { Scene } from "./Scene.ts"
import { linesOf, type Over, pageOf } from "./State.ts"

const help = `Tab          between messages, roster and requests
↑ ↓ j k      choose; PgUp PgDn g G go further
Enter        read the whole message; write to the session; look at the request
p            show one project after the other, then all
s            send: choose whom, type, Enter
a  d         allow or deny the chosen request; then y
q  Ctrl-C    quit
Esc          back

● green: at work   ● gray: idle   ● yellow: waiting for the user
A message goes from queued to pushed, or to accepted and handed over, and then to seen.`

/** The keys that hold now, for the last line. */
export const keysOf = (over: Over | undefined): string => {
  if (over === undefined)
    return "Tab panel  ↑↓ choose  Enter read  s send  a allow  d deny  p project  ? help  q quit"
  if (over._tag === "Writing") return "Enter sends  Ctrl-U empties  Esc back"
  if (over._tag === "Receiver") return "↑↓ choose  Enter write  Esc back"
  if (over._tag === "Confirm")
    return `y ${over.behavior === "allow" ? "allows" : "denies"} it  ↑↓ scroll  any other key leaves it as it is`
  return over._tag === "Message" ? "↑↓ scroll  Esc back" : "any key: back"
}

/** What lies over the panels: a title, lines and, if there is more, which part of it this is. */
export const Overlay = ({
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
      ...part.map((participant, index) => (
        <ParticipantLine
          key={participant.id}
          participant={participant}
          selected={start + index === over.at}
          width={width}
        />
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
