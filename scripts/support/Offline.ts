/** Runs a script again with no network but the loopback. */
import { offlinePrefix } from "./ClaudeClient.ts"
import { run } from "./run.ts"

const mark = "CC_DM_CHECK_OFFLINE"

/** Whether this process runs without network, because `runOffline` started it. */
export const isOffline = process.env[mark] !== undefined

/** Runs the script to its end, and gives its exit code; `undefined` if this machine can't do that. */
export const runOffline = async (script: string): Promise<number | undefined> => {
  const prefix = await offlinePrefix()
  if (prefix === undefined) return undefined
  // A fresh network has a loopback that is down.
  const inside = [...prefix, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
  if ((await run([...inside, "true"])).code !== 0) return undefined
  return Bun.spawn([...inside, process.execPath, script, ...process.argv.slice(2)], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, [mark]: "yes" }
  }).exited
}
