/** The processes of a server: the first one, and those that it started, each of which is a group of its own. */
import { mustRun } from "../../scripts/support/run.ts"

/** The processes that a process started and that still run. */
export const childrenOf = async (parent: number): Promise<ReadonlyArray<number>> =>
  (await mustRun(["ps", "-A", "-o", "pid=,ppid="]))
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, of]) => of === parent)
    .map(([pid = 0]) => pid)

const signalOne = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

/**
 * Sends a signal to a server's processes. The first one must not start another meanwhile: it stands still while it is
 * looked for its children.
 */
export const signalAll = async (postmaster: number, signal: "SIGSTOP" | "SIGCONT" | "SIGKILL") => {
  if (signal !== "SIGCONT") signalOne(postmaster, "SIGSTOP")
  const children = await childrenOf(postmaster)
  for (const pid of [postmaster, ...children]) signalOne(pid, signal)
}
