/** What is known of a session, and of the messages that its server holds. */
import type { CallId, Carries, Host } from "../../hosts/Host.ts"
import type { DeliveryMode } from "../../settings/DeliveryMode.ts"
import type { Settings } from "../../settings/Settings.ts"

/** A message, as far as the machine needs to know it. */
export interface HeldMessage {
  readonly id: number
  /** How much room its text takes in a hook's answer, in characters. */
  readonly size: number
  /** Whether a hook's answer has room for all of it. Of one that is too long, only the beginning is shown. */
  readonly whole: boolean
  /** Its sender wants it shown at the end of a turn. */
  readonly whenIdle: boolean
  /** Until when it is held, in milliseconds. */
  readonly keptUntil: number
  /** It was written to the channel before it was asked for. That may have been seen, so that it is not written again. */
  readonly pushed?: boolean
  /** It waited before this server could take it: then many may come at once. */
  readonly waited?: boolean
  /** Too much came at once. It is not pushed, and seen only if the model asks for it. */
  readonly leftInInbox?: boolean
  /** The model has seen its beginning, which is not put before it again. */
  readonly begun?: boolean
}

/** What is known of the session and its host. */
export interface Evidence {
  readonly delivery: DeliveryMode
  /** The session was started as a channel: the wish, not the fact. */
  readonly channel: boolean
  /** The host takes channel events at all. */
  readonly channels: boolean
  /** The host has said that it drops this server's channel events. */
  readonly dropped: boolean
  /** There is a way to wake the session. */
  readonly socket: boolean
  /** When messages can be carried into the session. */
  readonly carries: Carries | undefined
  /** The host tells of each request to the model, and of its answer: nothing else proves what the model has seen. */
  readonly requests: boolean
  /** The server came with the plugin, and so did its hooks. One that was added by itself has none. */
  readonly plugin: boolean
  /** The user lets messages wake the session. */
  readonly wake: boolean
  /** The user gave the session a name, and with it the consent to be written to. Not known until it has joined the bus. */
  readonly named: boolean | undefined
  /** A hook has called. */
  readonly hooks: boolean
  /** A hook has told whose call of a tool it was: from then on, what no hook tells of was not the main thread's. */
  readonly callers: boolean
  /** A wake-up was taken. */
  readonly woken: boolean
}

/** How a text was shown: in a hook's answer, in a tool's, or carried into the session. */
export type ShownBy = "prompt" | "wake-up" | "tool ended" | "batch" | "stop" | "tool" | "carried"

/** A message that stands in a request of the main thread, or is about to. */
export interface ShownMessage {
  readonly message: HeldMessage
  readonly by: ShownBy
  /** The call that was answered with it. */
  readonly call: CallId | undefined
  /** The prompt whose turn it was. */
  readonly turn: string
  /** How many batches of tool calls have to end until the model has answered a request that held it. */
  readonly batches: number
  /** The same for the ends of turns. */
  readonly ends: number
  /** The request that held it, if the host tells of requests. */
  readonly request?: string
  /** By which the host tells what became of it; then nothing else proves it. */
  readonly mark?: string
  /** Whether all of its text was shown. */
  readonly complete: boolean
}

/** A call of the tool `inbox`: by its request over MCP, and by the use of the tool, as the host tells it. */
export interface Reading {
  readonly call: CallId | undefined
  readonly use: string | undefined
}

/** A message that the tool `inbox` has returned, to the main thread or to a subagent. */
export interface FetchedMessage {
  readonly message: HeldMessage
  readonly readings: ReadonlyArray<Reading>
}

/** Messages that were answered with a call of a tool, by the main thread or by a subagent. */
export interface AnswerCall {
  readonly use: string | undefined
  readonly ids: ReadonlyArray<number>
  /** Those of them that only a server before this one has shown. */
  readonly former: ReadonlyArray<number>
}

/** What the session does, and since when, in milliseconds. */
export type Activity =
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Idle"; readonly since: number }
  /** It was at work, and nothing is heard of it: Esc ended its turn, or a tool takes long. */
  | { readonly _tag: "Silent"; readonly since: number }
  | { readonly _tag: "Working"; readonly since: number; readonly heard: number }

/** All that is known. A message is in one of `waiting`, `carried`, `pushed`, `fetched`, `shown` and `begun` at a time. */
export interface State {
  readonly evidence: Evidence
  readonly activity: Activity
  /** The id of the prompt that the present or last turn began with; empty if the host tells none. */
  readonly turn: string
  /** The dialog that waits for the user: whether a tool needs a permission, and since when. */
  readonly dialog: { readonly permission: boolean; readonly since: number } | undefined
  /** What was not shown in any way, oldest first. */
  readonly waiting: ReadonlyArray<HeldMessage>
  /** What is on its way into the session: whether the host takes it is known soon. */
  readonly carried: ReadonlyArray<HeldMessage>
  /** What was written to the channel, and nothing shows that it was seen. */
  readonly pushed: ReadonlyArray<HeldMessage>
  /** What the tool `inbox` has returned, and nothing shows to whom. */
  readonly fetched: ReadonlyArray<FetchedMessage>
  readonly shown: ReadonlyArray<ShownMessage>
  /** How much was pushed of what had waited, and since when that is counted. */
  readonly backlog: { readonly at: number; readonly size: number }
  /** What the model has seen the beginning of, and not asked for. */
  readonly begun: ReadonlyArray<HeldMessage>
  /** What was answered, and nothing shows by whom. */
  readonly answers: ReadonlyArray<AnswerCall>
  /** The wake-up that no hook has answered yet. */
  readonly wakeUp: { readonly at: number; readonly ids: ReadonlyArray<number> } | undefined
  /** When the last one was. */
  readonly lastWakeUp: number
  /** What the last wake-up announced. */
  readonly announced: ReadonlyArray<number>
  /** The last wake-up was not taken: no other until a hook calls by itself. */
  readonly ignoresWakeUps: boolean
  /** How often in a row the end of a turn was put off. */
  readonly continuations: number
  /** What was seen last. The bus learns of it later, so that an inbox or a bus that was read meanwhile still names it. */
  readonly seen: ReadonlyArray<number>
}

/** All that the machine holds. */
export const heldIn = ({
  begun,
  carried,
  fetched,
  pushed,
  shown,
  waiting
}: State): ReadonlyArray<HeldMessage> => [
  ...waiting,
  ...carried,
  ...pushed,
  ...fetched.map(({ message }) => message),
  ...shown.map(({ message }) => message),
  ...begun
]

/** When the first of it is given up, in milliseconds. Each event asks twice, of what may be thousands: so it makes no list of them. */
export const soonestEnd = ({ begun, carried, fetched, pushed, shown, waiting }: State): number => {
  let soonest = Number.POSITIVE_INFINITY
  for (const messages of [waiting, carried, pushed, begun])
    for (const { keptUntil } of messages) if (keptUntil < soonest) soonest = keptUntil
  for (const entries of [fetched, shown])
    for (const { message } of entries) if (message.keptUntil < soonest) soonest = message.keptUntil
  return soonest
}

/** What is known before anybody has called. */
export const evidenceAtStart = (
  { delivery, startedAsChannel, wake }: Settings["Service"],
  { carry, channel, session, wakeUp }: Host["Service"]
): Evidence => ({
  delivery,
  channel: startedAsChannel,
  channels: channel !== undefined,
  dropped: false,
  socket: wakeUp !== undefined,
  carries: carry?.when,
  requests: false,
  plugin: session.hasHooks,
  wake,
  named: undefined,
  hooks: false,
  callers: false,
  woken: false
})

/** A session of which nothing more is known. */
export const initial = (evidence: Evidence): State => ({
  evidence,
  activity: { _tag: "Unknown" },
  turn: "",
  dialog: undefined,
  waiting: [],
  carried: [],
  pushed: [],
  fetched: [],
  shown: [],
  backlog: { at: Number.NEGATIVE_INFINITY, size: 0 },
  begun: [],
  answers: [],
  wakeUp: undefined,
  lastWakeUp: Number.NEGATIVE_INFINITY,
  announced: [],
  ignoresWakeUps: false,
  continuations: 0,
  seen: []
})
