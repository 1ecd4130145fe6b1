/** The three panels: who is on the bus, the messages, and the permission requests that wait. */
import { Box, Text } from "ink"
import { MessageLine, ParticipantLine, RequestLine } from "./Lines.tsx"
import { Panel, type Size, windowOf } from "./Panel.tsx"
import type { Scene } from "./Scene.ts"
import { chosen, type State } from "./State.ts"

/** Messages, roster and requests, as far as they fit. */
export const Panels = ({
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
  const requestsHeight =
    shown.requests.length === 0 ? 0 : Math.min(3 + shown.requests.length, Math.max(4, Math.floor(body / 3)))
  const beside = size.columns >= 80
  const rosterWidth = beside ? Math.max(26, Math.min(44, Math.floor(size.columns * 0.32))) : size.columns
  const rosterHeight = beside
    ? body - requestsHeight
    : Math.min(3 + shown.roster.length, Math.max(4, Math.floor(body / 3)))
  const messagesWidth = beside ? size.columns - rosterWidth : size.columns
  const messagesHeight = beside ? body - requestsHeight : body - requestsHeight - rosterHeight
  const focused = state.panel === "requests" && requestsHeight === 0 ? "messages" : state.panel
  const participants = windowOf(shown.roster, at.roster - rosterHeight + 5, Math.max(0, rosterHeight - 3))
  // What is chosen stays in sight; the newest are at the bottom.
  const messagesRoom = Math.max(0, messagesHeight - 3)
  const messages = windowOf(shown.messages, at.messages - Math.floor(messagesRoom / 2), messagesRoom)
  const requests = windowOf(shown.requests, at.requests - requestsHeight + 5, Math.max(0, requestsHeight - 3))
  return (
    <Box flexDirection="column" height={body}>
      <Box flexDirection={beside ? "row" : "column"} height={body - requestsHeight}>
        <Panel title="On the bus" focused={focused === "roster"} width={rosterWidth} height={rosterHeight}>
          {participants.part.map((participant, index) => (
            <ParticipantLine
              key={participant.id}
              participant={participant}
              selected={focused === "roster" && participants.start + index === at.roster}
              width={rosterWidth - 4}
            />
          ))}
        </Panel>
        <Panel
          title="Messages"
          focused={focused === "messages"}
          width={messagesWidth}
          height={messagesHeight}
        >
          {messages.part.map((message, index) => (
            <MessageLine
              key={message.id}
              message={message}
              selected={focused === "messages" && messages.start + index === at.messages}
              width={messagesWidth - 4}
            />
          ))}
          {shown.messages.length === 0 ? <Text dimColor>Nothing was said yet.</Text> : null}
        </Panel>
      </Box>
      {requestsHeight === 0 ? null : (
        <Panel
          title={`${shown.requests.length} permission ${shown.requests.length === 1 ? "request waits" : "requests wait"}: a allows, d denies`}
          focused={focused === "requests"}
          colour="yellow"
          width={size.columns}
          height={requestsHeight}
        >
          {requests.part.map((request, index) => (
            <RequestLine
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
