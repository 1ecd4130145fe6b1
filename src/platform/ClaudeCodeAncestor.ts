/** Whether Claude Code started this process, directly or not: what a model's shell runs carries `CLAUDECODE`. */
import { readFileSync } from "node:fs"

/** A file of the system; empty where the process is gone or somebody else's, as the one that runs the login. */
const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** The name of a process and its parent's id. The name stands in brackets, and may hold brackets itself. */
const statusOf = (pid: number): { readonly name: string; readonly parent: number } => {
  const text = read(`/proc/${pid}/stat`)
  const end = text.lastIndexOf(")")
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    parent: Number(text.slice(end + 2).split(" ")[1] ?? 0)
  }
}

/**
 * The nearest process above this one that was started with `CLAUDECODE`, in words; `undefined` where there is none, or
 * where the system does not tell. Taking the variable out of one's own environment does not change what stands there.
 */
export const claudeCodeAncestor = (): string | undefined => {
  if (process.platform !== "linux") return undefined
  for (let pid = process.ppid; pid > 1; ) {
    const { name, parent } = statusOf(pid)
    if (/(^|\0)CLAUDECODE=[^\0]/.test(read(`/proc/${pid}/environ`))) return `process ${pid} (${name})`
    pid = parent
  }
  return undefined
}
