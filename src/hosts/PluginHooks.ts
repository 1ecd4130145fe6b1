/**
 * Hooks of plugins of ours that run within the agent: they know what the agent's events mean, and say it in the words of this
 * program. What they are answered is put into the session by them.
 */
import { Effect, Option, Schema } from "effect"
import type { Heard, HookAnswer, HostEvent } from "./Host.ts"

/** What a plugin says. */
export interface PluginHook {
  readonly event: HostEvent
  /** The agent's id of the conversation. */
  readonly conversation: string
}

/** What it is answered; nothing of it, if there is nothing to say. */
export interface PluginAnswer {
  /** Words for the model. */
  readonly context?: string
  /** One line for the user. */
  readonly notice?: string
}

/** Empty if the agent does not name uses of tools. */
const use = Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))

const Event = Schema.Union([
  Schema.TaggedStruct("Prompted", { prompt: Schema.String }),
  Schema.TaggedStruct("ToolEnded", {}),
  Schema.TaggedStruct("Requested", { request: Schema.String }),
  Schema.TaggedStruct("Replied", { request: Schema.String, whole: Schema.Boolean }),
  Schema.TaggedStruct("Stopped", {}),
  Schema.TaggedStruct("Ended", {}),
  Schema.TaggedStruct("Failed", {}),
  Schema.TaggedStruct("Asked", {}),
  Schema.TaggedStruct("Forgot", { cleared: Schema.Boolean }),
  Schema.TaggedStruct("Left", {}),
  Schema.TaggedStruct("Called", { use, byMain: Schema.Boolean }),
  Schema.TaggedStruct("Stirred", {})
])

const decode = Schema.decodeUnknownOption(Schema.Struct({ event: Event, conversation: Schema.String }))

/** The events whose answer the plugins show the user a line with. */
const showingLines: ReadonlySet<string> = new Set(["Prompted", "ToolEnded", "Stopped"])

/** Understands what a plugin says. */
export const hearPlugin = (input: unknown): Heard | undefined => {
  const hook = Option.getOrUndefined(decode(input))
  if (hook === undefined) return undefined
  const { conversation, event } = hook
  return {
    event: event._tag === "Called" ? { ...event, use: event.use === "" ? undefined : event.use } : event,
    hook: event._tag,
    conversation,
    turn: "",
    showsLine: showingLines.has(event._tag)
  }
}

/** The answer to a plugin. */
export const answerPlugin = (_: Heard, { context, notice }: HookAnswer): PluginAnswer => ({
  ...(context === undefined ? {} : { context }),
  ...(notice === undefined ? {} : { notice })
})
