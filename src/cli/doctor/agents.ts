/** Other coding agents: which are here, whether cc-dm is installed in them, and whether what they start is there. None is started. */
import { Effect, FileSystem, Schema } from "effect"
import { worded } from "../../domain/Text.ts"
import { HomeFolder } from "../../platform/Platform.ts"
import { findProgram } from "../../platform/Programs.ts"
import { version } from "../../version.ts"
import { agents } from "../install/Agents.ts"
import { placesIn } from "../install/Launcher.ts"
import type { Agent } from "../install/Plan.ts"
import { type Receipt, readReceipts } from "../install/Receipts.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"
import { isOlder } from "./versions.ts"

const check = "agents"

const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

/** A package's file is that many folders above its program, at most. */
const highest = 5

const above = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")))

/** The version of the package that a program is in, if it is in one. */
const versionOf = Effect.fnUntraced(function* (program: string) {
  const files = yield* FileSystem.FileSystem
  const real = yield* Effect.orElseSucceed(files.realPath(program), () => program)
  // Only what a package manager has put there: a manifest above it may be of anything else.
  if (!real.includes("/node_modules/")) return undefined
  let folder = above(real)
  for (let step = 0; step < highest && folder !== ""; step++, folder = above(folder)) {
    const manifest = yield* files.readFileString(`${folder}/package.json`).pipe(
      Effect.flatMap((text) => Schema.decodeEffect(Manifest)(text)),
      Effect.orElseSucceed(() => undefined)
    )
    if (manifest !== undefined) return manifest.version
  }
  return undefined
})

/** Whether a file that an installation has written is there. */
const missingFile = Effect.fnUntraced(function* ({ files: written }: Receipt) {
  const files = yield* FileSystem.FileSystem
  for (const { path } of written)
    if (!(yield* Effect.orElseSucceed(files.exists(path), () => false))) return path
  return undefined
})

/** What else an installation may be, beside an agent. */
const others: Readonly<Record<string, string>> = {
  claude: "Claude Code's status line",
  shell: "Your own shell"
}

const commandFor = ({ agent, project }: Receipt) =>
  `cc-dm install ${agent}${agent === "claude" ? " --statusline" : ""}${project === null ? "" : ` --project, in ${worded(project)}`}`

const checkInstalled = Effect.fnUntraced(function* (which: string, receipt: Receipt) {
  const place = receipt.project === null ? which : `${which} in ${worded(receipt.project)}`
  const missing = yield* missingFile(receipt)
  if (missing !== undefined)
    return attention(
      check,
      `${place}: ${worded(missing)} is gone, which cc-dm was installed with`,
      `${commandFor(receipt)}. If you do not want it any more: cc-dm uninstall ${receipt.agent}`
    )
  return isOlder(receipt.version, version)
    ? hint(
        check,
        `${place} has cc-dm ${worded(receipt.version)}, and this is ${version}`,
        commandFor(receipt)
      )
    : ok(check, `${place} has cc-dm ${worded(receipt.version)}`)
})

const checkAgent = Effect.fnUntraced(function* (agent: Agent, installed: ReadonlyArray<Receipt>) {
  const program = findProgram(agent.name)
  const receipts = installed.filter((receipt) => receipt.agent === agent.name)
  if (program === undefined && receipts.length === 0) return []
  const its = program === undefined ? undefined : yield* versionOf(program)
  const which = `${agent.title}${its === undefined ? "" : ` ${worded(its)}`}`
  if (program === undefined)
    return [hint(check, `cc-dm is installed in ${which}, and there is no ${agent.name} on your PATH.`)]
  if (receipts.length === 0)
    return [
      hint(
        check,
        `${which} (${worded(program)}) has no cc-dm.`,
        `To let it take part: cc-dm install ${agent.name}`
      )
    ]
  return yield* Effect.forEach(receipts, (receipt) => checkInstalled(which, receipt))
})

/** What the agents start has to be there, and to be runnable. */
const checkLauncher = Effect.fnUntraced(function* (folder: string, installed: ReadonlyArray<Receipt>) {
  const files = yield* FileSystem.FileSystem
  const { current, launcher } = placesIn(folder)
  const [first] = installed
  if (first === undefined) return []
  for (const path of [launcher, `${current}/bin/cc-dm`]) {
    const found = yield* Effect.orElseSucceed(files.stat(path), () => undefined)
    if (found === undefined || (found.mode & 0o100) === 0)
      return [
        attention(
          check,
          `${worded(path)} is not there, or can't be run: agents can't start cc-dm`,
          commandFor(first)
        )
      ]
  }
  return []
})

export const checkAgents = Effect.gen(function* () {
  const folder = `${yield* HomeFolder}/.cc-dm`
  const kept = yield* Effect.result(readReceipts(folder))
  if (kept._tag === "Failure")
    return [
      attention(check, kept.failure.message, "Move the file away, and install again.")
    ] satisfies ReadonlyArray<Finding>
  const { installed } = kept.success
  const findings = yield* Effect.forEach(agents, (agent) => checkAgent(agent, installed))
  const more = yield* Effect.forEach(
    installed.filter(({ agent }) => agent in others),
    (receipt) => checkInstalled(others[receipt.agent] ?? receipt.agent, receipt)
  )
  return [
    ...findings.flat(),
    ...more,
    ...(yield* checkLauncher(folder, installed))
  ] satisfies ReadonlyArray<Finding>
})
