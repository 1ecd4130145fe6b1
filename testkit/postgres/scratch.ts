/**
 * The folder of all servers that this process starts. What is in it is ended and removed with the process, however that
 * ends: Bun's test runner calls no hook at its end, and one that is killed could not.
 */
import { spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { mustRun } from "../../scripts/support/run.ts"
import { asServerUser, programOf } from "./programs.ts"

/**
 * Ends the servers in folders and removes the folders. A server that was killed left a piece of shared memory, whose
 * number stands in its file.
 */
const ending = (pgCtl: ReadonlyArray<string>) => `
end() {
  file=$1/data/postmaster.pid
  if [ -f "$file" ]; then
    kill -CONT "$(head -n 1 "$file")" 2>/dev/null
    ${pgCtl.map((word) => `'${word}'`).join(" ")} stop -s -D "$1/data" -m immediate -t 10 >/dev/null 2>&1
    [ -f "$file" ] && ipcrm -m "$(sed -n '7s/.* //p' "$file")" 2>/dev/null
  fi
  rm -rf "$1"
}`

const endServers = () => ending(asServerUser(programOf("pg_ctl")))

let made: string | undefined

/** The folder, made when it is first asked for. It is in /tmp, since the path of a Unix socket must be short. */
const scratch = (): string => {
  if (made !== undefined) return made
  const folder = mkdtempSync("/tmp/cc-dm-pg-")
  // The servers may run as another user.
  chmodSync(folder, 0o711)
  const script = `${endServers()}
    cat >/dev/null
    for each in "$0"/*/; do end "$each"; done
    rm -rf "$0"`
  // Its standard input ends with this process. It is in a session of its own, so that Ctrl-C does not end it first.
  const guard = spawn("sh", ["-c", script, folder], { detached: true, stdio: ["pipe", "ignore", "ignore"] })
  guard.unref()
  if (guard.stdin !== null && "unref" in guard.stdin && typeof guard.stdin.unref === "function")
    guard.stdin.unref()
  made = folder
  return folder
}

let count = 0

/** A new folder that belongs to the user whom servers run as. */
export const makeServerFolder = async (): Promise<string> => {
  count += 1
  const folder = join(scratch(), String(count))
  mkdirSync(folder)
  await mustRun(["chown", (await mustRun(asServerUser("id", "-u"))).trim(), folder])
  return folder
}

/** The same for a scope; whatever server runs in it ends first. */
export const serverFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(makeServerFolder),
  (folder) => Effect.promise(() => mustRun(["sh", "-c", `${endServers()}\nend "$0"`, folder]))
)
