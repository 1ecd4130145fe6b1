/** What is known of a session and of the messages in its server's keeping; what can happen; what can be done. */

import type { CallId, Host, HostStatus } from "../../hosts/Host.ts"
import type { DeliveryMode } from "../../settings/DeliveryMode.ts"
import type { Settings } from "../../settings/Settings.ts"

/** A message as the machine knows it. */
export interface Item {
  readonly id: number
  /** How much room its text takes in a hook's answer, in characters. */
  readonly size: number
  /** Whether a hook's answer has room for all of it. Of one that is too long, only the beginning is shown. */
  readonly whole: boolean
  /** Its sender wants it shown at the end of a turn. */
  readonly whenIdle: boolean
  /** When its time in this keeping is over. */
  readonly keptUntil: number
  /** It was written to the channel before it was asked for. That may have been seen, so that it is not written again. */
  readonly pushed?: boolean
  /** It waited before this server could take it: then many may come at once. */
  readonly waited?: boolean
  /** Too much came at once. It is not pushed, and seen where it is asked for. */
  readonly leftInInbox?: boolean
  /** The model has seen its beginning, which is not put before it again. */
  readonly begun?: boolean
}

/** What is known of the session and its client. */
export interface Evidence {
  readonly delivery: DeliveryMode
  /** Claude Code was started as a channel: the wish, not the fact. */
  readonly channel: boolean
  /** Claude Code has said that it drops this server's channel events. */
  readonly dropped: boolean
  /** There is an inbox socket. */
  readonly socket: boolean
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
  /** A doorbell was taken. */
  readonly woken: boolean
}

/** How a text was shown: in a hook's answer, or in a tool's. */
export type ShownBy = "prompt" | "doorbell" | "batch" | "stop" | "tool"

/** What stands in a request of the main thread, or is about to. */
export interface Shown {
  readonly item: Item
  readonly by: ShownBy
  /** The call that was answered with it. */
  readonly call: CallId | undefined
  /** The prompt whose turn it was. */
  readonly turn: string
  /** How many batches of tool calls have to end until the model has answered a request that held it. */
  readonly batches: number
  /** Whether all of its text was shown. */
  readonly complete: boolean
}

/** A call of the tool `inbox`: by its request over MCP, and by its use as the client tells it. */
export interface Reading {
  readonly call: CallId | undefined
  readonly use: string | undefined
}

/** What the tool `inbox` has returned, to the main thread or to a subagent. */
export interface Fetched {
  readonly item: Item
  readonly readings: ReadonlyArray<Reading>
}

/** Messages that a call of a tool named, by the main thread or by a subagent. */
export interface Naming {
  readonly use: string
  readonly ids: ReadonlyArray<number>
  /** Those of them that only a server before this one has shown. */
  readonly former: ReadonlyArray<number>
}

export type Activity =
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Idle"; readonly since: number }
  /** It was at work, and nothing is heard of it: Esc ended its turn, or a tool takes long. */
  | { readonly _tag: "Silent"; readonly since: number }
  | { readonly _tag: "Working"; readonly since: number; readonly heard: number }

export interface State {
  readonly evidence: Evidence
  readonly activity: Activity
  /** The id of the prompt that the present or last turn began with; empty where the client tells none. */
  readonly turn: string
  /** The dialog that waits for the user: whether a tool needs a permission, and since when. */
  readonly dialog: { readonly permission: boolean; readonly since: number } | undefined
  /** What was not shown in any way, oldest first. */
  readonly waiting: ReadonlyArray<Item>
  /** What was written to the channel, and nothing shows that it was seen. */
  readonly pushed: ReadonlyArray<Item>
  /** What the tool `inbox` has returned, and nothing shows to whom. */
  readonly fetched: ReadonlyArray<Fetched>
  readonly shown: ReadonlyArray<Shown>
  /** How much was pushed of what had waited, and since when that is counted. */
  readonly backlog: { readonly at: number; readonly size: number }
  /** What the model has seen the beginning of, and not asked for. */
  readonly begun: ReadonlyArray<Item>
  /** What was named, and nothing shows by whom. */
  readonly namings: ReadonlyArray<Naming>
  /** The doorbell that nobody has answered yet. */
  readonly doorbell: { readonly at: number; readonly ids: ReadonlyArray<number> } | undefined
  readonly lastDoorbell: number
  /** What the last doorbell announced. */
  readonly announced: ReadonlyArray<number>
  /** The last doorbell was not taken: no other until a hook calls by itself. */
  readonly deaf: boolean
  /** How often in a row the end of a turn was put off. */
  readonly continuations: number
}

/** All that the machine holds. */
export const itemsOf = ({ begun, fetched, pushed, shown, waiting }: State): ReadonlyArray<Item> => [
  ...waiting,
  ...pushed,
  ...fetched.map(({ item }) => item),
  ...shown.map(({ item }) => item),
  ...begun
]

/** What happens to a session. Times are in milliseconds. */
export type Event =
  | { readonly _tag: "Arrived"; readonly items: ReadonlyArray<Item> }
  /**
   * `UserPromptSubmit`. `turn`: the prompt's id, which is that of the running turn for what comes while the model works.
   * `answersDoorbell`: the prompt is the line that was put into the inbox.
   */
  | {
      readonly _tag: "Prompted"
      readonly call: CallId
      readonly turn: string
      readonly answersDoorbell: boolean
    }
  /** `PostToolBatch`: the model's tool calls have ended, and its next request is about to be made. */
  | { readonly _tag: "BatchEnded"; readonly call: CallId; readonly turn: string }
  /** `Stop`. */
  | { readonly _tag: "Stopped"; readonly call: CallId; readonly turn: string }
  /** `StopFailure`: the model could not be asked. What was shown stays in the context and is not answered yet. */
  | { readonly _tag: "Failed" }
  /** `PermissionRequest`: a tool waits for the user to allow it. */
  | { readonly _tag: "Asked" }
  /** The client gave a hook's call up: its answer reached nobody. */
  | { readonly _tag: "Cancelled"; readonly call: CallId }
  /** The context was cleared or left (`idle`) or compacted: what was not seen by now never will be. */
  | { readonly _tag: "Forgot"; readonly idle: boolean }
  /** A subagent's hook or a tool's call: somebody is at work. */
  | { readonly _tag: "Stirred" }
  /** The answer to the tool `inbox` carried these. To whom, `Called` tells. */
  | ({ readonly _tag: "Fetched"; readonly items: ReadonlyArray<Item> } & Reading)
  /** These were answered in a call of a tool. By whom, `Called` tells. */
  | ({ readonly _tag: "Named" } & Omit<Naming, "use"> & Pick<Reading, "use">)
  /** `PostToolUse`: whose this use of a tool was. */
  | { readonly _tag: "Called"; readonly use: string; readonly byMain: boolean }
  /** The client's own file was read. */
  | { readonly _tag: "Told"; readonly status: HostStatus }
  | { readonly _tag: "Learned"; readonly evidence: Partial<Evidence> }
  | { readonly _tag: "Ticked" }

/** What is to be done, in order. */
export type Action =
  /** Write it to the channel. */
  | { readonly _tag: "Push"; readonly id: number }
  /** Put one line into the inbox that announces these. */
  | { readonly _tag: "Ring"; readonly ids: ReadonlyArray<number> }
  /** Answer the hook that calls with these. */
  | { readonly _tag: "Show"; readonly ids: ReadonlyArray<number> }
  /** Add one line to that answer: so many wait to be read in full. */
  | { readonly _tag: "Remind"; readonly count: number }
  /** Note on the bus what is known of these now. */
  | {
      readonly _tag: "Note"
      readonly state:
        | "accepted"
        | "handed over"
        | "seen"
        | "queued"
        | "expired"
        | "not taken"
        | "kept quietly"
        | "dropped"
      readonly ids: ReadonlyArray<number>
    }
  /** The turn is over. */
  | { readonly _tag: "BecameIdle" }
  /** Say that so many are left in the inbox. */
  | { readonly _tag: "Announce"; readonly count: number }
  /** These were kept long enough. */
  | { readonly _tag: "Forget"; readonly ids: ReadonlyArray<number> }

export interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

/** The client puts the end of a turn off 8 times in a row at most; two sessions must not keep each other awake. */
export const mostContinuations = 3
/** The least time between two doorbells: the client drops bursts. */
export const doorbellSpacing = 2_000
/** A doorbell that was taken is answered by a hook within some 0.1 s. */
export const doorbellPatience = 3_000
/** Esc ends a turn without telling: a session from which nothing is heard for so long may be idle, and is rung once. */
export const silence = 120_000
/** The client's own file may tell of the moment before a hook called. */
export const settling = 1_000
/** How often that file is read while a session is at work: where something waits for it, and where nothing does. */
export const lookWaiting = 1_000
export const lookQuiet = 5_000
/** So many calls of a tool may have named messages before it is known whose they were. */
export const mostNamings = 20

/** Of what had waited, so many characters are pushed within so many milliseconds: a context has room for little more. */
export const roomForBacklog = 40_000
export const backlogSpacing = 600_000

/** What is known before anybody has called. */
export const evidenceAtStart = (
  { delivery, startedAsChannel, wake }: Settings["Service"],
  { session, wakeUp }: Host["Service"]
): Evidence => ({
  delivery,
  channel: startedAsChannel,
  dropped: false,
  socket: wakeUp !== undefined,
  plugin: session.hasHooks,
  wake,
  named: undefined,
  hooks: false,
  callers: false,
  woken: false
})

export const initial = (evidence: Evidence): State => ({
  evidence,
  activity: { _tag: "Unknown" },
  turn: "",
  dialog: undefined,
  waiting: [],
  pushed: [],
  fetched: [],
  shown: [],
  backlog: { at: Number.NEGATIVE_INFINITY, size: 0 },
  begun: [],
  namings: [],
  doorbell: undefined,
  lastDoorbell: Number.NEGATIVE_INFINITY,
  announced: [],
  deaf: false,
  continuations: 0
})
