/** The hooks that the plugin declares (plugin/hooks/hooks.json), as Claude Code finds and fills them in. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { plugin } from "./ClaudeCode.ts"

export type HookEvent =
  | "SessionStart"
  | "SessionEnd"
  | "UserPromptSubmit"
  | "PostToolUse"
  | "PostToolBatch"
  | "PermissionRequest"
  | "Stop"
  | "StopFailure"

/** What Claude Code knows at an event, by the names that inputs use: `session_id`, `prompt`, `source` and so on. */
export type HookValues = Readonly<Record<string, string>>

/** A call of one of the server's tools that a hook asks for. */
export interface DeclaredHook {
  readonly event: HookEvent
  readonly tool: string
  readonly input: Readonly<Record<string, string>>
  /** In milliseconds. */
  readonly timeout: number
}

interface Entry {
  readonly type: string
  readonly server?: string
  readonly tool?: string
  readonly timeout?: number
  readonly input?: Readonly<Record<string, string>>
}
interface Group {
  readonly matcher?: string
  readonly hooks: ReadonlyArray<Entry>
}

const declared: Readonly<Record<string, ReadonlyArray<Group>>> = JSON.parse(
  readFileSync(join(plugin, "hooks/hooks.json"), "utf8")
).hooks

/** Which of the values a matcher is held against. Events that are not listed here know no matcher. */
const subject: Partial<Record<HookEvent, string>> = {
  SessionStart: "source",
  SessionEnd: "reason",
  PostToolUse: "tool_name"
}

const matches = (matcher: string | undefined, event: HookEvent, values: HookValues): boolean => {
  const name = subject[event]
  if (name === undefined || matcher === undefined || matcher === "" || matcher === "*") return true
  return new RegExp(`^(?:${matcher})$`).test(values[name] ?? "")
}

const fill = (text: string, values: HookValues): string =>
  text.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? "")

/** The hooks for an event, with their inputs filled in: what Claude Code does not know becomes the empty string. */
export const hooksFor = (event: HookEvent, values: HookValues): ReadonlyArray<DeclaredHook> =>
  (declared[event] ?? [])
    .filter(({ matcher }) => matches(matcher, event, values))
    .flatMap(({ hooks }) => hooks)
    .map(({ input = {}, server, timeout = 60, tool, type }) => {
      // A hook of another kind would have to be modelled first; leaving it out would hide it from every test.
      if (type !== "mcp_tool" || server !== "plugin:cc-dm:cc-dm" || tool === undefined)
        throw new Error(`hooks.json: this host knows no hook of ${event} that is not a tool of cc-dm`)
      const filled = Object.entries(input).map(([key, text]) => [key, fill(text, values)])
      return { event, tool, input: Object.fromEntries(filled), timeout: timeout * 1_000 }
    })
