/** What is shown of an installation: the files, what changes in them, and what to do next. */
import { Effect } from "effect"
import { visible, worded } from "../../domain/Text.ts"
import { InstallJson } from "../Json.ts"
import { bold, dim, green, print, printJson, red } from "../Output.ts"
import { type Change, isChange } from "./Changing.ts"
import { shownDiff } from "./Diff.ts"
import type { Prepared } from "./Install.ts"

/** More lines of a file, and longer ones, are for `--print`. */
const mostLines = 30
const longestLine = 120

type State = (typeof InstallJson.Type)["files"][number]["state"]

const stateOf = (change: Change): State => {
  if (change.kept !== undefined) return "kept"
  if (!isChange(change)) return "unchanged"
  if (change.found === undefined) return "created"
  return change.text === undefined ? "removed" : "changed"
}

const diffOf = ({ found, text }: Change) => shownDiff(found?.text ?? "", text ?? "")

const painted = (line: string) => (line.startsWith("+") ? green(visible(line)) : red(visible(line)))

const shortened = (line: string) => (line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line)

const linesOf = (change: Change, inFull: boolean): ReadonlyArray<string> => {
  const room = inFull ? Number.POSITIVE_INFINITY : mostLines
  const state = stateOf(change)
  const head = `${bold(worded(change.path))} ${dim(`(${state})`)}`
  if (state === "unchanged") return [head]
  if (state === "kept") return [`${head}: ${change.kept}`]
  const lines = state === "removed" ? [] : diffOf(change)
  const left = lines.length - room
  return [
    head,
    ...lines.slice(0, room).map((line) => `  ${painted(inFull ? line : shortened(line))}`),
    ...(left > 0 ? [dim(`  … ${left} more lines`)] : [])
  ]
}

/** Shows what changes, before it is done. */
export const showChanges = ({ changes }: Prepared, inFull: boolean) =>
  print(changes.flatMap((change) => linesOf(change, inFull)).join("\n"))

/** The same as one JSON document. `isWritten`: it was done. */
export const showJson = (prepared: Prepared, isWritten: boolean, next: ReadonlyArray<string>) =>
  printJson(InstallJson, {
    agent: prepared.agent.name,
    project: prepared.project ?? null,
    written: isWritten,
    version: prepared.version ?? null,
    launcher: prepared.launcher,
    on_path: prepared.isOnPath,
    files: prepared.changes.map((change) => ({
      path: change.path,
      state: stateOf(change),
      diff: diffOf(change)
    })),
    next
  })

/** Says what the user has to do then. */
export const showNext = (next: ReadonlyArray<string>) =>
  Effect.forEach(next, (line) => print(`- ${line}`), { discard: true })
