/** What Claude Code makes of a hook's answer: what the model is shown, and what the user is. */
import { Predicate } from "effect"
import type { Reply } from "./ClaudeCode.ts"
import type { HookEvent } from "./Hooks.ts"

export interface HookAnswer {
  /** The text of the result, its JSON read where it is JSON. */
  readonly said: unknown
  /** What the model is shown. */
  readonly context: string | undefined
  /** What the user is shown: the answer's own line, or that something is wrong with it. */
  readonly forUser: ReadonlyArray<string>
}

/** What a hook may say inline, in characters, with the JSON around it. */
export const longestAnswer = 10_000

/** The events whose context reaches the model. */
const shown: ReadonlySet<HookEvent> = new Set([
  "SessionStart",
  "UserPromptSubmit",
  "PostToolUse",
  "PostToolBatch",
  "Stop"
])

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const textIn = (value: unknown, key: string): string | undefined =>
  Predicate.hasProperty(value, key) && typeof value[key] === "string" ? value[key] : undefined

export const readAnswer = (event: HookEvent, { error, result }: Reply): HookAnswer => {
  const complain = (said: unknown, what: string): HookAnswer => ({
    said,
    context: undefined,
    forUser: [`${event} hook: ${what}`]
  })
  if (result === undefined) return complain(undefined, `error: ${error?.message}`)
  const [block] = result["content"] as ReadonlyArray<{ readonly text?: string }>
  const text = block?.text ?? ""
  const said = parse(text)
  if (result["isError"] === true) return complain(said, `error: ${text}`)
  if (text === "") return complain(said, "nothing was said")
  const message = textIn(said, "systemMessage")
  const forUser = message === undefined ? [] : [message]
  const specific = Predicate.hasProperty(said, "hookSpecificOutput") ? said.hookSpecificOutput : undefined
  if (specific === undefined) return { said, context: undefined, forUser }
  if (textIn(specific, "hookEventName") !== event) return complain(said, "the answer is for another event")
  const context = shown.has(event) ? textIn(specific, "additionalContext") : undefined
  // A longer one goes to a file: the model is told so, and has none of it before its eyes.
  const inline =
    context === undefined || text.length <= longestAnswer
      ? context
      : `[a hook said ${text.length} characters; they are in a file]`
  return { said, context: inline, forUser }
}
