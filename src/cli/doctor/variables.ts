/** The `CC_DM_` variables of this shell, and those that Claude Code's settings add: wrong ones, and unknown ones. */
import { ConfigProvider, Effect } from "effect"
import { worded } from "../../domain/Text.ts"
import { ClaudeCode } from "../../hosts/claude-code/ClaudeCode.ts"
import type { ClaudeFiles } from "../../hosts/claude-code/ClientFiles.ts"
import { environment } from "../../platform/Environment.ts"
import { Settings } from "../../settings/Settings.ts"
import { variableNames } from "../../settings/variables.ts"
import { nearest } from "../Nearest.ts"
import { attention, ok } from "./Finding.ts"

const prefix = "CC_DM_"

const unknown = (name: string) => {
  const meant = nearest(name, variableNames)
  return attention(
    "variables",
    `${worded(name)} is not a variable of cc-dm${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    meant === undefined ? `Remove it: unset ${worded(name)}` : `Rename it to ${meant}.`
  )
}

export const checkVariables = ({ env }: ClaudeFiles) =>
  Effect.gen(function* () {
    const all = { ...environment, ...env }
    const names = Object.keys(all)
      .filter((name) => name.startsWith(prefix))
      .sort()
    const problems = yield* Settings.read.pipe(
      Effect.provide(ClaudeCode),
      Effect.map((values) => values.problems),
      Effect.catch((error) => Effect.succeed([error.message])),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: all }))
    )
    const findings = [
      ...problems.map((problem) =>
        attention(
          "variables",
          problem,
          "Correct it in your shell or in Claude Code's settings, and restart the sessions that had it."
        )
      ),
      ...names.filter((name) => !variableNames.includes(name)).map(unknown)
    ]
    if (findings.length > 0) return findings
    return [
      ok(
        "variables",
        names.length === 0 ? "none is set" : `cc-dm knows what is set: ${names.map(worded).join(", ")}`
      )
    ]
  })
