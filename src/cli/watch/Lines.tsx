/** One line each for somebody on the bus, a message and a permission request. */
import { Text } from "ink"
import type { DeliveryState } from "../../domain/Receipt.ts"
import { column, oneLine, widthOf } from "../Columns.ts"
import type { Participant, SceneMessage, SceneRequest } from "./Scene.ts"

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

export const ParticipantLine = ({
  participant,
  selected,
  width
}: {
  readonly participant: Participant
  readonly selected: boolean
  readonly width: number
}) => {
  const doing = participant.kind === "command line" ? "person" : (participant.doing ?? participant.reach)
  const what = participant.since === "" ? doing : `${doing} ${participant.since}`
  const room = Math.min(widthOf(what), Math.max(0, Math.floor(width / 2)))
  return (
    <Text inverse={selected}>
      <Text color={participant.doing === undefined ? "gray" : doingColours[participant.doing]}>● </Text>
      {column(participant.name, width - room - 3)} <Text dimColor>{column(what, room)}</Text>
    </Text>
  )
}

/** How much of a line of the messages is taken by what is no words. */
const aroundWords = 9 + 12

const wordsOf = (message: SceneMessage): string =>
  `${message.kind === "chat" ? "" : `[${message.kind.replace("_", " ")}] `}${message.content}`

export const MessageLine = ({
  message,
  selected,
  width
}: {
  readonly message: SceneMessage
  readonly selected: boolean
  readonly width: number
}) => {
  const names = oneLine(`${message.from} → ${message.to}`, Math.max(8, Math.floor((width - aroundWords) / 2)))
  return (
    <Text inverse={selected}>
      <Text dimColor>{message.at} </Text>
      <Text color="cyan">{names} </Text>
      <Text dimColor={message.kind !== "chat"}>
        {column(wordsOf(message), width - aroundWords - widthOf(names) - 1)}
      </Text>
      <Text color={stateColours[message.state]}> {column(message.state, 11)}</Text>
    </Text>
  )
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

export const RequestLine = ({
  request,
  selected,
  width
}: {
  readonly request: SceneRequest
  readonly selected: boolean
  readonly width: number
}) => {
  // However long a name is, it leaves room for what is asked.
  const head = `${oneLine(`${request.requestId}  ${request.from}`, Math.floor(width / 2))}  `
  const tail = ` ${clockOf(request.left)} left`
  return (
    <Text inverse={selected}>
      <Text bold>{head}</Text>
      {column(`${request.tool}: ${purposeOf(request)}`, width - widthOf(head) - widthOf(tail))}
      <Text dimColor>{tail}</Text>
    </Text>
  )
}
