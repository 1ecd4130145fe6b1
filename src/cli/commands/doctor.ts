/** `cc-dm doctor`: what goes wrong in practice, and how to repair it. Without `--fix` nothing is written, and nothing is repaired. */
import { Clock, Effect, Layer } from "effect"
import { Command, Flag } from "effect/cli"
import { busPaths } from "../../bus/engine/sqlite/BusPaths.ts"
import { removeTimeless } from "../../bus/engine/sqlite/Repair.ts"
import { SocketDoorbell } from "../../bus/engine/sqlite/SocketDoorbell.ts"
import { SqliteDatabase } from "../../bus/engine/sqlite/SqliteDatabase.ts"
import { inline } from "../../domain/Text.ts"
import { readClaudeFiles } from "../../hosts/claude-code/ClientFiles.ts"
import { Settings } from "../../settings/Settings.ts"
import { version } from "../../version.ts"
import { checkAgents } from "../doctor/agents.ts"
import { checkAliases } from "../doctor/aliases.ts"
import { checkBus } from "../doctor/bus.ts"
import { checkDoorbells } from "../doctor/doorbells.ts"
import type { Finding } from "../doctor/Finding.ts"
import { checkFiles } from "../doctor/files.ts"
import { checkHere, conversation } from "../doctor/here.ts"
import { checkPlugin } from "../doctor/plugin.ts"
import { checkPostgres } from "../doctor/postgres.ts"
import { checkPrograms } from "../doctor/programs.ts"
import { checkReach, checkServers } from "../doctor/roster.ts"
import { checkClock, checkMail, checkStaleRows } from "../doctor/rows.ts"
import { checkSettings } from "../doctor/settings.ts"
import { checkVariables } from "../doctor/variables.ts"
import { failed } from "../Failure.ts"
import { DoctorJson } from "../Json.ts"
import { howToInstall } from "../Marketplace.ts"
import { bold, dim, green, note, printJson, printLine, yellow } from "../Output.ts"
import { jsonFlag } from "./who.ts"

const examine = Effect.gen(function* () {
  const { busUrl, cwd, folder } = yield* Settings
  const paths = busPaths(folder)
  const files = yield* readClaudeFiles(cwd)
  const { contents, findings: bus } =
    busUrl === undefined
      ? yield* checkBus(paths, yield* conversation)
      : { contents: undefined, findings: yield* checkPostgres(busUrl) }
  const [programs, agents, variables, aliases, parts] = yield* Effect.all(
    [
      checkPrograms,
      checkAgents,
      checkVariables(files),
      checkAliases,
      busUrl === undefined ? checkFiles(paths) : Effect.succeed([])
    ],
    { concurrency: "unbounded" }
  )
  // After the checks that take their time: a heartbeat may have come meanwhile.
  const now = yield* Clock.currentTimeMillis
  return [
    ...programs,
    ...agents,
    ...checkPlugin(files, yield* howToInstall),
    ...checkSettings(files),
    ...aliases,
    ...variables,
    ...parts,
    ...bus,
    ...(contents === undefined
      ? []
      : [
          ...checkServers(contents, now),
          ...checkReach(contents, now),
          ...(yield* checkDoorbells(paths, contents, now)),
          ...checkStaleRows(contents, now),
          ...checkMail(contents, now),
          checkClock(contents, now)
        ]),
    ...(yield* checkHere(contents, files, now))
  ] satisfies ReadonlyArray<Finding>
})

const marks = { ok: green("✓"), note: dim("·"), attention: yellow("!") }
const widest = 12

/** Names of others stand in it: none may drive the terminal, or begin a line of its own. */
const lineOf = ({ advice, check, message, state }: Finding): string => {
  const text = inline(message)
  const first = `${marks[state]} ${check.padEnd(widest)}  ${state === "attention" ? bold(text) : text}`
  return advice === null ? first : `${first}\n  ${" ".repeat(widest)}  ${dim("→")} ${inline(advice)}`
}

/**
 * Opens the bus as a session does, which makes it private, brings it up to date and gives its messages numbers, and removes rows that
 * nothing else removes. What stands in the way is among the findings.
 */
const fix = Effect.gen(function* () {
  if ((yield* Settings).busUrl !== undefined) return
  const removed = yield* Effect.orElseSucceed(removeTimeless, () => 0)
  if (removed > 0)
    yield* note(
      `Removed from the roster: ${removed === 1 ? "1 row" : `${removed} rows`} without a time that can be read.`
    )
}).pipe(Effect.provide(SqliteDatabase.existing))

export const doctor = Command.make(
  "doctor",
  {
    json: jsonFlag,
    fix: Flag.Boolean("fix").pipe(
      Flag.withDescription(
        "First repair what can be repaired: the bus's modes, version and numbers, and unusable rows"
      ),
      Flag.withoutNegation,
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(
    function* (input) {
      const { json } = input
      if (input.fix) yield* fix
      const findings = yield* examine
      const count = findings.filter(({ state }) => state === "attention").length
      if (json) yield* printJson(DoctorJson, { version, attention: count, findings })
      else yield* printLine(findings.map(lineOf).join("\n"))
      if (count > 0)
        return yield* failed(count === 1 ? "1 thing needs attention" : `${count} things need attention`)
      if (!json) yield* note("Nothing needs attention.")
    },
    Effect.provide(Layer.provideMerge(SocketDoorbell, Settings.commandLine))
  )
).pipe(
  Command.withDescription(
    "Check for common problems, and say how to fix them. Exit code 1: something needs attention"
  ),
  Command.withShortDescription("Check for common problems, and say how to fix them"),
  Command.withExamples([
    { command: "cc-dm doctor" },
    { command: "cc-dm doctor --fix", description: "repair what can be repaired, then check" },
    {
      command: `cc-dm doctor --json | jq '.findings[] | select(.state == "attention")'`,
      description: "in a script"
    }
  ])
)
