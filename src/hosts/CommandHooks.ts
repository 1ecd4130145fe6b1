/**
 * Hooks that are commands: `cc-dm hook` gives the fields of what the agent says, and the name of the event. Most agents have taken
 * their fields from Claude Code.
 */
import { Effect, Option, Schema } from "effect"
import type { Heard, HookAnswer, HostEvent } from "./Host.ts"

const text = Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))

/** What a hook says. A field that the event lacks is empty. */
const Input = Schema.Struct({
  event: Schema.String,
  session_id: text,
  prompt_id: text,
  /** Empty in the main thread. */
  agent_id: text,
  prompt: text,
  /** What the model has said in this turn. */
  prompt_response: text,
  /** Why a conversation began or ended. */
  source: text,
  reason: text,
  /** What made it compact the context: `manual` is the user. */
  trigger: text,
  tool_name: text,
  tool_use_id: text
})
/** The fields of a hook. */
export type HookFields = typeof Input.Type

const decode = Schema.decodeUnknownOption(Input)

/** What a hook within a subagent tells: of whom a tool of ours was, and else only that somebody is at work. */
const ofSubagent = (event: HostEvent | undefined): HostEvent =>
  event?._tag === "Called" ? { ...event, byMain: false } : { _tag: "Stirred" }

/**
 * Understands hooks by a table of an agent's events.
 *
 * @param events what each event means; `undefined`: nothing
 * @param showsLine the events whose answer may show the user a line
 */
export const hearBy =
  (
    events: Readonly<Record<string, (fields: HookFields) => HostEvent | undefined>>,
    showsLine: ReadonlyArray<string>
  ) =>
  (input: unknown): Heard | undefined => {
    const fields = Option.getOrUndefined(decode(input))
    if (fields === undefined || !Object.hasOwn(events, fields.event)) return undefined
    const told = events[fields.event]?.(fields)
    const event = fields.agent_id === "" ? told : ofSubagent(told)
    if (event === undefined) return undefined
    return {
      event,
      hook: fields.event,
      conversation: fields.session_id,
      turn: fields.prompt_id,
      showsLine: showsLine.includes(fields.event)
    }
  }

/** A line for the user, in most agents' form. */
export const systemMessage = ({ notice }: HookAnswer): object =>
  notice === undefined ? {} : { systemMessage: notice }

/** Words for the model, in the form of Claude Code's hooks. */
export const additionalContext = (hook: string, { context }: HookAnswer): object =>
  context === undefined ? {} : { hookSpecificOutput: { hookEventName: hook, additionalContext: context } }

/** The answer that makes a turn go on with these words. */
export const goOn = ({ context }: HookAnswer): object =>
  context === undefined ? {} : { decision: "block", reason: context }
