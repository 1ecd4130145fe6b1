/** What can happen to a session, and what can be done about it. */
import type { CallId, HostStatus } from "../../hosts/Host.ts"
import type { AnswerCall, Evidence, HeldMessage, Reading, State } from "./State.ts"

/** What happens to a session. Times are in milliseconds. */
export type Event =
  | { readonly _tag: "Arrived"; readonly messages: ReadonlyArray<HeldMessage> }
  /**
   * `UserPromptSubmit`. `turn`: the prompt's id, which is that of the running turn for what comes while the model works.
   * `answersWakeUp`: the prompt is the line of our wake-up.
   */
  | {
      readonly _tag: "Prompted"
      readonly call: CallId
      readonly turn: string
      readonly answersWakeUp: boolean
    }
  /** `PostToolBatch`: the model's tool calls have ended, and its next request is about to be made. */
  | { readonly _tag: "BatchEnded"; readonly call: CallId; readonly turn: string }
  /** One of several tools, which may run at once, has ended: what is shown now stands in the next request, and nothing is proved. */
  | { readonly _tag: "ToolEnded"; readonly call: CallId; readonly turn: string }
  /** `Stop`. */
  | { readonly _tag: "Stopped"; readonly call: CallId; readonly turn: string }
  /** A turn has begun, or goes on. */
  | { readonly _tag: "Began" }
  /** The turn is over, and can't be put off. */
  | { readonly _tag: "Ended" }
  /** A request goes to the model. `holds`: the answers to hooks that it holds, by their calls; `undefined`: all until now. */
  | { readonly _tag: "Requested"; readonly request: string; readonly holds?: ReadonlyArray<CallId> }
  /** The answer to a request has ended. `whole`: it was not broken off. */
  | { readonly _tag: "Replied"; readonly request: string; readonly whole: boolean }
  /** Whether the host took the messages that were on their way. `mark`: by which it will tell what became of them. */
  | {
      readonly _tag: "Carried"
      readonly ids: ReadonlyArray<number>
      readonly taken: boolean
      readonly mark?: string
    }
  /** What became of them. */
  | { readonly _tag: "Settled"; readonly mark: string; readonly answered: boolean }
  /** `StopFailure`: the model could not be asked. What was shown stays in the context and is not answered yet. */
  | { readonly _tag: "Failed" }
  /** `PermissionRequest`: a tool waits for the user to allow it. */
  | { readonly _tag: "Asked" }
  /** The host gave a hook's call up: its answer is lost. */
  | { readonly _tag: "Cancelled"; readonly call: CallId }
  /** The context was cleared or left (`idle`) or compacted: what was not seen by now never will be. */
  | { readonly _tag: "Forgot"; readonly idle: boolean }
  /** A subagent's hook or a tool's call: somebody is at work. */
  | { readonly _tag: "Stirred" }
  /** The answer to the tool `inbox` carried these. To whom, `Called` tells. */
  | ({ readonly _tag: "Fetched"; readonly messages: ReadonlyArray<HeldMessage> } & Reading)
  /** These were answered in a call of a tool. By whom, `Called` tells. */
  | ({ readonly _tag: "Answered" } & Omit<AnswerCall, "use"> & Pick<Reading, "use">)
  /** `PostToolUse`: whose this use of a tool was. */
  | { readonly _tag: "Called"; readonly use: string | undefined; readonly byMain: boolean }
  /** The host's own file was read. */
  | { readonly _tag: "Told"; readonly status: HostStatus }
  | { readonly _tag: "Learned"; readonly evidence: Partial<Evidence> }
  | { readonly _tag: "Ticked" }

/** What is to be done, in order. */
export type Action =
  /** Write it to the channel. */
  | { readonly _tag: "Push"; readonly id: number }
  /** Wake the session with a line that announces these. */
  | { readonly _tag: "WakeUp"; readonly ids: ReadonlyArray<number> }
  /** Carry these into the session. */
  | { readonly _tag: "Carry"; readonly ids: ReadonlyArray<number> }
  /** Answer the hook that calls with these. */
  | { readonly _tag: "Show"; readonly ids: ReadonlyArray<number> }
  /** Add one line to that answer: so many wait to be read in full. */
  | { readonly _tag: "Remind"; readonly count: number }
  /** Record on the bus what is known of these now. */
  | {
      readonly _tag: "Record"
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
  | { readonly _tag: "LeftInInbox"; readonly count: number }
  /** These were kept long enough. */
  | { readonly _tag: "Forget"; readonly ids: ReadonlyArray<number> }

/** What follows from an event. */
export interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}
