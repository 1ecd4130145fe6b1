/**
 * Whether a process is Claude Code, and whether this one runs within a session of it, as what a model's shell runs does: by its
 * environment, by those of the processes above it, and by their programs. A process that was detached from its parents is not found.
 */
import { basename } from "node:path"
import { inline } from "../../domain/Text.ts"
import { type Ancestor, ancestors } from "../../platform/Ancestors.ts"
import { environment } from "../../platform/Environment.ts"

/** What Claude Code gives to what it starts, and no terminal has by itself. */
const marks = [
  "CLAUDECODE",
  "CLAUDE_CODE_SESSION_ID",
  "CLAUDE_CODE_CHILD_SESSION",
  "CLAUDE_CODE_ENTRYPOINT",
  "CLAUDE_CODE_MESSAGING_SOCKET",
  "CLAUDE_PID"
]

/** The folder of its package, and the one in which its installer keeps versions. */
const folders = /[/\\]@anthropic-ai[/\\]claude-code|[/\\]claude[/\\]versions[/\\]/

const isItsName = (path: string) => /^claude(\.exe)?$/.test(basename(path))

/** Whether a process is Claude Code itself: its program, or what a Node or a Bun was started with. */
export const isClaudeCode = ({ args, name, program }: Ancestor): boolean => {
  const [first = "", second = ""] = args
  const isRuntime = /^(node|bun)(\.exe)?$/.test(basename(first))
  return (
    [name, program, first].some(isItsName) ||
    folders.test(program) ||
    (isRuntime && (folders.test(second) || isItsName(second)))
  )
}

/** What shows that this runs within a session of Claude Code, in words; `undefined`: nothing does. */
export const whatClaudeCodeStarted = (): string | undefined => {
  const own = marks.find((mark) => (environment[mark] ?? "") !== "")
  if (own !== undefined) return `its environment says so (${own})`
  for (const ancestor of ancestors()) {
    const which = `process ${ancestor.id} (${inline(ancestor.name || basename(ancestor.program))})`
    if (isClaudeCode(ancestor)) return `${which} is Claude Code`
    const mark = marks.find((one) => (ancestor.variable(one) ?? "") !== "")
    if (mark !== undefined) return `${which} was started by one (${mark})`
  }
  return undefined
}
