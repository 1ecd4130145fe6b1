/** Runs the built command as people do: from a shell's PATH, with a home folder of the test's. */
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { type Outcome, run } from "../../scripts/support/run.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { plugin } from "../../testkit/host/ClaudeCode.ts"

/** The command that users install. */
export const program = join(plugin, "bin/cc-dm")

/** The folder of programs of a home: Bun, and whatever a test puts there. */
export const binOf = (home: string): string => {
  const bin = join(home, "bin")
  if (!existsSync(bin)) {
    mkdirSync(bin)
    symlinkSync(process.execPath, join(bin, "bun"))
  }
  return bin
}

export const pathOf = (home: string) => `${binOf(home)}:/usr/bin:/bin`

/** Puts a shell script into the PATH of a home. */
export const putProgram = (home: string, name: string, script: string) => {
  const file = join(binOf(home), name)
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
}

/** Puts Claude Code there, a shell script in its place, with the plugin as far as its files tell. */
export const putClaude = (home: string, script: string, enabled = true) => {
  putProgram(home, "claude", script)
  const id = "cc-dm@cc-dm-marketplace"
  const folder = join(home, ".claude")
  mkdirSync(join(folder, "plugins"), { recursive: true })
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ enabledPlugins: { [id]: enabled } }))
  writeFileSync(
    join(folder, "plugins/installed_plugins.json"),
    JSON.stringify({ version: 2, plugins: { [id]: [{ scope: "user", installPath: "/x" }] } })
  )
}

/** Runs `cc-dm` to its end. */
export const ccdm = (
  home: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Outcome> =>
  Effect.promise(() =>
    run([program, ...args], {
      cwd: home,
      env: { HOME: home, PATH: pathOf(home), USER: "tester", ...busVariables(home), ...env },
      seconds: 30
    })
  )
