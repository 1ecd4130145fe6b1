/**
 * What the live view shows and what it can do, as plain data: the view is built into a file of its own and shares
 * nothing else with the command that feeds it. Every text in a scene is safe for a terminal.
 */
import type { MessageKind } from "../../domain/Message.ts"
import type { Behavior } from "../../domain/Permission.ts"
import type { DeliveryState, Doing } from "../../domain/Receipt.ts"

/** Somebody on the roster. */
export interface Participant {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly project: string | null
  readonly kind: "session" | "command line"
  readonly doing: Doing | undefined
  readonly reach: string
  /** For how long it has been doing that, in whole minutes, hours or days; empty at first. */
  readonly since: string
}

/** One end of a message. */
export interface End {
  readonly name: string
  /** `undefined`: nothing proves who it is. */
  readonly id: string | undefined
}

/** A message. */
export interface SceneMessage {
  readonly id: number
  readonly kind: MessageKind
  readonly from: End
  readonly to: End
  /** The time of day; of another day's message, the day. Five columns. */
  readonly at: string
  /** Day and time. */
  readonly sentAt: string
  readonly content: string
  readonly labels: string
  /** As its sender wrote it, to ask the bus with; not safe for a terminal. */
  readonly thread: string | undefined
  readonly state: DeliveryState
  readonly reason: string | undefined
  readonly projects: ReadonlyArray<string>
}

/** A permission request that waits. */
export interface SceneRequest {
  /** An id is unique for its asker alone. */
  readonly key: string
  readonly requestId: string
  readonly from: string
  readonly project: string | null
  readonly tool: string
  readonly content: string
  /** Seconds until nobody can answer it any more. */
  readonly left: number
}

export interface Scene {
  readonly roster: ReadonlyArray<Participant>
  /** Oldest first: as many as are held at once. */
  readonly messages: ReadonlyArray<SceneMessage>
  /** How many there are before and behind them. */
  readonly older: number
  readonly newer: number
  readonly requests: ReadonlyArray<SceneRequest>
  /** What is wrong with the bus now. */
  readonly trouble: string | undefined
}

/** Which messages belong together: those of a thread, whose id is not safe for a terminal, or what two said to each other. */
export type Conversation =
  | { readonly _tag: "Thread"; readonly id: string }
  | { readonly _tag: "Between"; readonly one: End; readonly other: End }

/** Which messages are wanted in the scene. */
export interface Wanted {
  readonly project: string | undefined
  readonly conversation: Conversation | undefined
  /** Those before and behind this number; `undefined`: the newest. */
  readonly around: number | undefined
}

/** How something that was asked of the bus went. */
export interface Outcome {
  readonly ok: boolean
  readonly words: string
}

/** A text that is written to somebody, and what it answers. */
export interface Letter {
  readonly to: End
  readonly replyTo: number | undefined
  /** As the message that it answers has it; not safe for a terminal. */
  readonly thread: string | undefined
}

/** Where a search begins, and whether it goes to older messages or to newer ones. */
export type From = { readonly before: number } | { readonly after: number }

/** What a search has found: a message's number, or none, or what went wrong. */
export type Found = { readonly id: number | undefined } | Outcome

export interface Actions {
  readonly send: (letter: Letter, text: string) => Promise<Outcome>
  readonly answer: (request: SceneRequest, behavior: Behavior) => Promise<Outcome>
  /** The next message that holds these words, before or behind a number. */
  readonly find: (words: string, from: From, among: Wanted) => Promise<Found>
  /** From now on the scene holds these. */
  readonly want: (wanted: Wanted) => void
  /** Why requests can't be answered here; `undefined`: they can. */
  readonly whyNoAnswers: string | undefined
  /** The id under which the view sends. */
  readonly me: string
}

/** The view, while it is shown. */
export interface LiveView {
  readonly update: (scene: Scene) => void
  /** Ends with the view; rejects if it broke. */
  readonly ended: Promise<void>
  /** Ends the view, and gives the terminal back. */
  readonly close: () => Promise<void>
}

/** The view, as the file that holds it exports it. */
export type ShowLiveView = (
  first: Scene,
  actions: Actions,
  options: { readonly project: string | undefined; readonly colour: boolean }
) => LiveView
