/** Ends what agents leave running: servers and daemons of their own, which outlive the terminal. */
import { readdirSync, readFileSync } from "node:fs"
import { until } from "../../scripts/support/until.ts"

const environmentOf = (process: string): string => {
  try {
    return readFileSync(`/proc/${process}/environ`, "utf8")
  } catch {
    // It is gone, or somebody else's.
    return ""
  }
}

/** The processes whose home folder is this one: a temporary one, so that nobody else's are among them. */
const processesOf = (home: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => environmentOf(name).split("\0").includes(`HOME=${home}`))
    .map(Number)

const signal = (home: string, name: "SIGTERM" | "SIGKILL"): void => {
  for (const process_ of processesOf(home))
    try {
      process.kill(process_, name)
    } catch {
      // It has ended meanwhile.
    }
}

/** Ends all processes of a temporary home folder, and waits until they are gone. */
export const endAllOf = async (home: string): Promise<void> => {
  signal(home, "SIGTERM")
  const areGone = () => processesOf(home).length === 0 || undefined
  await until("end of what the agent left running", areGone, { seconds: 5 }).catch(() =>
    signal(home, "SIGKILL")
  )
  await until("end of what the agent left running", areGone, { seconds: 5 })
}
