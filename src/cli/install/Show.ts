/** What is shown of an installation: the files, what changes in them, and what to do next. */
import { Effect } from "effect"
import { visible, worded } from "../../domain/Text.ts"
import { InstallJson } from "../Json.ts"
import { bold, dim, green, printJson, printLine, red } from "../Output.ts"
import { type Change, isChange } from "./Changing.ts"
import { shownDiff } from "./Diff.ts"
import type { LinkChange } from "./Shell.ts"

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

/** What is shown of an installation, into an agent or elsewhere. */
export interface Shown {
  readonly agent: string
  readonly project?: string | undefined
  readonly version: string | undefined
  readonly launcher: string
  /** Whether the agent itself is there; absent: it is none. */
  readonly isOnPath?: boolean
  readonly links?: ReadonlyArray<LinkChange>
  readonly changes: ReadonlyArray<Change>
}

const linkLine = ({ path, state }: LinkChange) => `${bold(worded(path))} ${dim(`(${state})`)}`

/** Shows what changes, before it is done. */
export const showChanges = (
  { changes, launcher, links = [] }: Pick<Shown, "changes" | "launcher" | "links">,
  inFull: boolean
) =>
  printLine(
    [
      ...links.flatMap((link) => [
        linkLine(link),
        ...(link.state === "created" ? [`  ${green(`+ a link to ${worded(launcher)}`)}`] : [])
      ]),
      ...changes.flatMap((change) => linesOf(change, inFull))
    ].join("\n")
  )

/** The same as one JSON document. `isWritten`: it was done. */
export const showJson = (shown: Shown, isWritten: boolean, next: ReadonlyArray<string>) =>
  printJson(InstallJson, {
    agent: shown.agent,
    project: shown.project ?? null,
    written: isWritten,
    version: shown.version ?? null,
    launcher: shown.launcher,
    on_path: shown.isOnPath ?? null,
    files: [
      ...(shown.links ?? []).map(({ path, state }) => ({ path, state, diff: [] })),
      ...shown.changes.map((change) => ({
        path: change.path,
        state: stateOf(change),
        diff: diffOf(change)
      }))
    ],
    next
  })

/** Says what the user has to do then. */
export const showNext = (next: ReadonlyArray<string>) =>
  Effect.forEach(next, (line) => printLine(`- ${line}`), { discard: true })
