/**
 * The port behind which the agent stands that this server serves, and everything that cc-dm knows of that agent alone. Each agent
 * has a folder beside this file, whose layer gives this service. Five things are asked of it: who the session is (`session`), what
 * its hooks tell (`hear`, `listen`), how messages get into it (`answer`, `words`, `channel`, `carry`), how it is woken (`wakeUp`), and
 * what its own files tell (`status`, `dropsEvents`, `hasMoved`). What an agent lacks is `undefined`.
 */
import { Context, type Effect, type Schema, type Scope } from "effect"
import type { Agent } from "../domain/Agent.ts"
import type { Message } from "../domain/Message.ts"
import type { Behavior, RequestId } from "../domain/Permission.ts"

/** What the environment tells of the session. It does not change while the server runs. */
export interface SessionFacts {
  /** The host's id of the conversation. It outlives the server. `undefined`: the host tells none. */
  readonly conversation: string | undefined
  /** The conversation that this one was forked from. */
  readonly forkOf: string | undefined
  /** Whether it was started from within another session, as by a command in a model's shell. */
  readonly nested: boolean
  /** Whether a variable with this value was meant for this session, and not for another one from which it was only inherited. */
  readonly isOwn: (name: string, value: string) => boolean
  /** What the user is to be told of a variable that was not meant for this session; `undefined`: nothing. */
  readonly whyIgnored: (name: string) => string | undefined
  /** Whether the host was told at its start to take channel events of this server. That is a wish: a policy may forbid it. */
  readonly startedAsChannel: boolean
  /** Whether the host was started only to see whether its servers start. */
  readonly isHealthCheck: boolean
  /** Whether this server came together with hooks that call it. */
  readonly hasHooks: boolean
  /** The folder of the project; `undefined`: the folder that the server was started in. */
  readonly projectFolder: string | undefined
}

/** The id of a call that waits for an answer. */
export type CallId = string | number

/** What a hook tells of the session. */
export type HostEvent =
  /** A prompt is about to go to the model, or waits until the running turn has room for it. */
  | { readonly _tag: "Prompted"; readonly prompt: string }
  /** All calls of tools of one request have ended: the next request is about to be made. */
  | { readonly _tag: "BatchEnded" }
  /** One call of a tool has ended, and others of the same request may still run. */
  | { readonly _tag: "ToolEnded" }
  /** A request is about to go to the model. `holds`: of the answers to hooks, it holds those to these calls; `undefined`: all. */
  | { readonly _tag: "Requested"; readonly request: string; readonly holds?: ReadonlyArray<CallId> }
  /** The model's answer to it has ended. `whole`: it was not broken off. */
  | { readonly _tag: "Replied"; readonly request: string; readonly whole: boolean }
  /** What these calls of hooks were answered with was dropped, and stands nowhere. */
  | { readonly _tag: "Dropped"; readonly calls: ReadonlyArray<CallId> }
  /** A turn has begun, or goes on, whoever began it. Nothing is shown with it. */
  | { readonly _tag: "Began" }
  /** What became of messages that were carried in: the model answered a request that held them, or none ever will. */
  | { readonly _tag: "Settled"; readonly mark: string; readonly answered: boolean }
  /** The turn is about to end. An answer with words makes it go on. */
  | { readonly _tag: "Stopped" }
  /** The turn is over, by itself or by the user. `lost`: what these calls of hooks were answered with has gone with it. */
  | { readonly _tag: "Ended"; readonly lost?: ReadonlyArray<CallId> }
  /** The model could not be asked, and the turn is over. */
  | { readonly _tag: "Failed" }
  /** A tool waits for the user's permission. */
  | { readonly _tag: "Asked" }
  /** The context was cleared, or else compacted: what the model had not answered is gone from it. */
  | { readonly _tag: "Forgot"; readonly cleared: boolean }
  /** The conversation was left for another one. */
  | { readonly _tag: "Left" }
  /** A tool of ours was used, by the main thread or by a subagent. `use`: which call it was, if the host tells. */
  | { readonly _tag: "Called"; readonly use: string | undefined; readonly byMain: boolean }
  /** A subagent is at work. What is said to it reaches the main thread not at all. */
  | { readonly _tag: "Stirred" }

/** A hook's call. */
export interface Heard {
  readonly event: HostEvent
  /** What the host calls this hook. */
  readonly hook: string
  /** The conversation; empty if the host did not say. */
  readonly conversation: string
  /** The id of the prompt whose turn it is; empty if the host tells none. */
  readonly turn: string
  /** Whether the answer may show the user a line. */
  readonly showsLine: boolean
}

/** What a hook is answered. */
export interface HookAnswer {
  /** Words for the model; `undefined`: none. */
  readonly context: string | undefined
  /** One line for the user; `undefined`: the user need not know. */
  readonly notice: string | undefined
}

/** What the host's own files say that the session does. `waiting`: a dialog is open. */
export type HostStatus = "busy" | "idle" | "waiting"

/**
 * How much room the messages of one answer have, in characters as {@link Words.measure} counts them: what the host with the least room
 * has. Claude Code shows 10,000, with the words around the messages.
 */
export const roomInAnswer = 9_000

/** When messages can be carried into the session: while it is idle, or while it works, too. */
export type Carries = "idle" | "always"

/** How messages themselves are put into the session, without a hook that shows them. */
export interface Carrying {
  /** When that can be, as far as is known at the start. */
  readonly when: Carries | undefined
  /**
   * Puts in a line for the user to see, and the words that show the messages. `false`: the host did not take them. A text: it took
   * them, and tells what became of them by this mark, with `Settled`: nothing else proves them.
   */
  readonly put: (line: string, words: string) => Effect.Effect<boolean | string>
}

/** What a host tells by another way than the tool `session_hook`. */
export interface Reception {
  /** Gives the answer to a hook, in the host's own form, and without words if there is nothing to say. */
  readonly hear: (input: unknown) => Effect.Effect<object>
  /** The way into the session is another one now. */
  readonly learn: (ways: {
    readonly wakes?: boolean
    readonly carries?: Carries | undefined
  }) => Effect.Effect<void>
  /** The session works in another folder than this server was started in. */
  readonly workIn: (folder: string) => Effect.Effect<void>
  /** What the session does now. */
  readonly told: (status: HostStatus) => Effect.Effect<void>
}

/** Messages, in the form in which this host shows them. */
export interface Words {
  /** How much room a message takes in an answer, and whether all of it has room there. */
  readonly measure: (message: Message) => { readonly size: number; readonly whole: boolean }
  /** The words that show messages to the model, and remind it of so many that it was shown the beginning of. */
  readonly show: (messages: ReadonlyArray<Message>, begun: number) => string
  /** The line that tells the user of them. */
  readonly notice: (messages: ReadonlyArray<Message>) => string
  /** The line that wakes the session for them. `key`: tells it from all others. `hooks`: a hook will show the messages with it. */
  readonly wakeUp: (messages: ReadonlyArray<Message>, key: string, hooks: boolean) => string
}

/** A message of MCP that nothing answers. */
export interface Notification {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Channel events: what a server pushes into the session of its own accord, as notifications. A host may drop them in silence. */
export interface ChannelForm {
  /** What the server says of itself at the handshake. `relays`: it passes permission requests on, too. */
  readonly capabilities: (relays: boolean) => Record<string, object>
  /** The notification that pushes a message. */
  readonly event: (message: Message) => Notification
  /** The notification that answers a permission request. */
  readonly verdict: (requestId: RequestId, behavior: Behavior) => Notification
  /** The method of the notification by which the host asks for a permission. */
  readonly requestMethod: string
}

export class Host extends Context.Service<
  Host,
  {
    /** What people call it. */
    readonly name: string
    /** What it is called on the bus and in commands. */
    readonly agent: Agent
    readonly session: SessionFacts
    /** What its hooks send to the tool `session_hook`, as far as it is read; `undefined`: they do not call it, and it is not offered. */
    readonly hookInput: Schema.Constraint | undefined
    /** Understands what a hook sends, with the `_meta` of its call; `undefined`: it is nothing that this program knows. */
    readonly hear: (input: unknown, meta?: unknown) => Heard | undefined
    /** The answer to a hook, in the host's own form; without words if there is nothing to say. */
    readonly answer: (heard: Heard, answer: HookAnswer, call: CallId) => object
    /** The id of the model's use of a tool, from the `_meta` of a call; `undefined`: a hook made the call. */
    readonly toolUse: (meta: unknown) => string | undefined
    /** What the host is to know of a tool that a model should find at once, for the tool's `_meta`. */
    readonly toolMeta: Readonly<Record<string, unknown>>
    readonly words: Words
    /** Whether the model is told what the server says of itself. If not, it is told who the session is with its first prompt. */
    readonly instructionsReachModel: boolean
    /** What the model is told of this host when the session begins; empty: nothing. */
    readonly advice: string
    readonly channel: ChannelForm | undefined
    /** Puts a line into the session, which begins a turn if it is idle. `false`: nothing listens there. */
    readonly wakeUp: ((line: string) => Effect.Effect<boolean>) | undefined
    readonly carry: Carrying | undefined
    /** Listens to what the host tells by another way than the tool `session_hook`, for as long as the scope is open. */
    readonly listen: ((reception: Reception) => Effect.Effect<void, never, Scope.Scope>) | undefined
    /** What the session does; `undefined`: its files do not say. */
    readonly status: (() => HostStatus | undefined) | undefined
    /** Whether the host has said, since it started this server, that it drops its channel events, in one of these conversations. */
    readonly dropsEvents: ((conversations: ReadonlyArray<string>) => boolean) | undefined
    /** Whether the session goes on in another process, which has a server of its own. */
    readonly hasMoved: (() => boolean) | undefined
  }
>()("cc-dm/hosts/Host") {}
