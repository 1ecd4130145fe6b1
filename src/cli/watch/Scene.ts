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
  /** How long it has been doing that. */
  readonly since: string
}

/** A message. */
export interface SceneMessage {
  readonly id: number
  readonly kind: MessageKind
  readonly from: string
  readonly to: string
  /** The time of day. */
  readonly at: string
  readonly sentAt: string
  readonly content: string
  readonly labels: string
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
  /** Oldest first. */
  readonly messages: ReadonlyArray<SceneMessage>
  readonly requests: ReadonlyArray<SceneRequest>
  /** What is wrong with the bus now. */
  readonly trouble: string | undefined
}

/** How something that was asked of the bus went. */
export interface Outcome {
  readonly ok: boolean
  readonly words: string
}

export interface Actions {
  readonly send: (to: Participant, text: string) => Promise<Outcome>
  readonly answer: (request: SceneRequest, behavior: Behavior) => Promise<Outcome>
  /** Why requests can't be answered here; `undefined`: they can. */
  readonly whyNoAnswers: string | undefined
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
  options: { readonly project: string | undefined }
) => LiveView
