/**
 * `cc-dm` in the user's own shell. A plugin is on the PATH of a session's shell alone: a link in a folder that the user's PATH has
 * leads to the launcher. The start files of a shell are only written to if the user asks for it.
 */
import { Effect } from "effect"
import { worded } from "../../domain/Text.ts"
import { environment } from "../../platform/Environment.ts"
import { isThere } from "../../platform/Folders.ts"
import { linkAt, makeLink, removeLink } from "../../platform/Links.ts"
import { userShell, userShellName } from "../../platform/LoginShell.ts"
import { HomeFolder } from "../../platform/Platform.ts"
import { findProgram } from "../../platform/Programs.ts"
import { missingFolders, removeEmptyFolders } from "../../platform/WholeFiles.ts"
import { version } from "../../version.ts"
import { failed } from "../Failure.ts"
import { ownPath } from "../OwnPath.ts"
import { type Change, installing, isChange, uninstalling } from "./Changing.ts"
import { writeAll } from "./Install.ts"
import { placesIn, provide, supply, withdraw } from "./Launcher.ts"
import type { FilePlan } from "./Plan.ts"
import { type Receipt, readReceipts, writeReceipts } from "./Receipts.ts"

/** What the installation is called among the others. */
export const shellName = "shell"

/** A link, and what becomes of it. */
export interface LinkChange {
  readonly path: string
  readonly state: "created" | "removed" | "unchanged"
}

/** What is to be done, and how. */
export interface PreparedShell {
  readonly launcher: string
  /** The version that the shell runs then; `undefined`: none any more. */
  readonly version: string | undefined
  readonly links: ReadonlyArray<LinkChange>
  readonly changes: ReadonlyArray<Change>
  readonly isNews: boolean
  readonly next: ReadonlyArray<string>
  readonly carryOut: Effect.Effect<void, unknown>
}

/** Where people keep commands of their own, the usual place first. */
const foldersOf = (home: string) => [`${home}/.local/bin`, `${home}/bin`]

const linkIn = (folder: string) => `${folder}/cc-dm`

const lineForFish = 'contains "$HOME/.cc-dm/bin" $PATH; or set -gx PATH $PATH "$HOME/.cc-dm/bin"'
const line = 'export PATH="$PATH:$HOME/.cc-dm/bin"'

const comment = "# `cc-dm uninstall shell` removes this."

const fishFile = "/fish/conf.d/cc-dm.fish"

/** What puts the launcher's folder on the PATH: a file of its own for fish, a line in the user's file for others. */
const planFor = (path: string): FilePlan =>
  path.endsWith(fishFile)
    ? { kind: "whole", path, text: `${comment}\n${lineForFish}\n` }
    : { kind: "lines", path, text: `${comment}\n${line}\n` }

/** The start file of the user's shell that a new terminal reads. */
const startFileOf = Effect.fnUntraced(function* (home: string) {
  if (userShellName === "fish")
    return planFor(`${environment["XDG_CONFIG_HOME"] || `${home}/.config`}${fishFile}`)
  if (userShellName === "zsh") return planFor(`${environment["ZDOTDIR"] || home}/.zshrc`)
  if (userShellName !== "bash") return planFor(`${home}/.profile`)
  if (process.platform !== "darwin") return planFor(`${home}/.bashrc`)
  // A terminal on macOS is a login shell, which reads the first of these alone.
  for (const name of [".bash_profile", ".bash_login", ".profile"])
    if (yield* isThere(`${home}/${name}`)) return planFor(`${home}/${name}`)
  return planFor(`${home}/.bash_profile`)
})

/** The receipts, and the one of the shell. */
const known = Effect.fnUntraced(function* (folder: string) {
  const kept = yield* readReceipts(folder)
  const receipt = kept.installed.find(({ agent }) => agent === shellName)
  return { kept, receipt, others: kept.installed.filter((one) => one !== receipt) }
})

/** The link in the first folder that the user's PATH has, if there is one. Fails if something else stands there. */
const linkFor = Effect.fnUntraced(function* (
  folders: ReadonlyArray<string>,
  path: ReadonlyArray<string>,
  launcher: string
) {
  const folder = folders.find((one) => path.includes(one))
  if (folder === undefined) return undefined
  const link = linkIn(folder)
  const found = yield* linkAt(link)
  if (found === undefined)
    return {
      path: link,
      state: "created" as const,
      folders: yield* missingFolders(link)
    }
  if (found !== "something else" && found.leadsTo === launcher)
    return { path: link, state: "unchanged" as const, folders: [] }
  return yield* failed(
    `${worded(link)} is there already, and cc-dm has not made it: move it away, then run this again. Nothing was changed`
  )
})

/** Another cc-dm, which the shell finds before this link. */
const otherBefore = (path: ReadonlyArray<string>, link: string): string | undefined => {
  const before = path.slice(
    0,
    path.findIndex((folder) => linkIn(folder) === link)
  )
  return before.length === 0 ? undefined : findProgram("cc-dm", before)
}

/** Works out what it takes to have `cc-dm` in the user's shell. `rc`: in a start file of the shell, instead of by a link. */
export const prepareShell = Effect.fn("prepareShell")(function* (rc: boolean) {
  const home = yield* HomeFolder
  const folder = `${home}/.cc-dm`
  const { launcher } = placesIn(folder)
  const { kept, others, receipt } = yield* known(folder)
  const chosen = yield* supply(folder)
  const told = yield* ownPath
  const path = told ?? []
  const startFile = yield* startFileOf(home)
  // The folder of the launcher itself, by a line of ours or one of the user's.
  const isReached = path.includes(`${folder}/bin`)
  const wantsLine = rc && (!isReached || receipt?.files.some((file) => file.path === startFile.path))
  const changes = wantsLine
    ? [
        yield* installing(
          startFile,
          receipt?.files.find((file) => file.path === startFile.path)
        )
      ]
    : []
  const link = rc || isReached ? undefined : yield* linkFor(foldersOf(home), path, launcher)
  const links = link === undefined ? [] : [link]
  const earlier = receipt?.links?.filter((one) => one.path !== link?.path) ?? []
  const linkReceipts = [
    ...earlier,
    ...links.map((one) => ({
      path: one.path,
      folders: [...(receipt?.links?.find((old) => old.path === one.path)?.folders ?? []), ...one.folders]
    }))
  ]
  const next: Receipt = {
    agent: shellName,
    project: null,
    version: chosen.version,
    granted: [],
    files: changes.length > 0 ? changes.flatMap((one) => one.receipt ?? []) : (receipt?.files ?? []),
    links: linkReceipts
  }
  const other = link === undefined ? undefined : otherBefore(path, link.path)
  const made = links.filter(({ state }) => state === "created")
  const takeBack = Effect.gen(function* () {
    for (const one of made) {
      yield* removeLink(one.path, launcher)
      yield* removeEmptyFolders(one.folders)
    }
    const now = yield* readReceipts(folder)
    yield* writeReceipts(folder, now, kept.installed)
    if (kept.installed.length === 0) yield* withdraw(folder)
  })
  const carryOut = Effect.gen(function* () {
    yield* provide(folder, chosen)
    yield* writeReceipts(folder, kept, [...others, next])
    yield* Effect.forEach(made, (one) => makeLink(one.path, launcher), { discard: true }).pipe(
      Effect.andThen(writeAll(changes)),
      Effect.tapError(() => Effect.ignore(takeBack))
    )
  })
  return {
    launcher,
    version: chosen.version,
    links: links.map(({ path, state }) => ({ path, state })),
    changes,
    isNews: chosen.isNews || receipt === undefined || made.length > 0 || changes.some(isChange),
    next: nextOf({
      hasPath: told !== undefined,
      isReached: isReached || link !== undefined,
      other,
      startFile: wantsLine ? undefined : startFile.path,
      isFish: userShellName === "fish"
    }),
    carryOut
  } satisfies PreparedShell
})

interface Situation {
  /** Whether the shell has told its PATH. */
  readonly hasPath: boolean
  readonly isReached: boolean
  /** Another cc-dm, which comes before this one. */
  readonly other: string | undefined
  /** Where a line would serve; `undefined`: it was just written. */
  readonly startFile: string | undefined
  readonly isFish: boolean
}

const nextOf = ({ hasPath, isFish, isReached, other, startFile }: Situation): ReadonlyArray<string> => {
  if (other !== undefined)
    return [`Your shell finds another cc-dm first: ${worded(other)}. Remove it, or use that one.`]
  if (isReached) return ["In your own terminal, type: cc-dm who"]
  if (startFile === undefined) return ["Open a new terminal, and type: cc-dm who"]
  return [
    hasPath
      ? `Neither ~/.local/bin nor ~/bin is on the PATH of ${worded(userShell)}. Put this line into ${worded(startFile)}, and open a new terminal:`
      : `${worded(userShell)} did not say its PATH in time. If cc-dm is not found in a new terminal, put this line into ${worded(startFile)}:`,
    `  ${isFish ? lineForFish : line}`,
    "Or let cc-dm write it: cc-dm install shell --rc"
  ]
}

/** Works out what it takes to take it out again. */
export const prepareShellRemoval = Effect.gen(function* () {
  const home = yield* HomeFolder
  const folder = `${home}/.cc-dm`
  const { launcher } = placesIn(folder)
  const { kept, others, receipt } = yield* known(folder)
  const places = new Set([...(receipt?.links ?? []).map(({ path }) => path), ...foldersOf(home).map(linkIn)])
  const links: Array<{ readonly path: string; readonly folders: ReadonlyArray<string> }> = []
  for (const path of places) {
    const found = yield* linkAt(path)
    if (typeof found === "object" && found.leadsTo === launcher)
      links.push({ path, folders: receipt?.links?.find((one) => one.path === path)?.folders ?? [] })
  }
  const startFile = yield* startFileOf(home)
  const changes: Array<Change> = []
  for (const file of receipt?.files ?? []) changes.push(yield* uninstalling(planFor(file.path), file))
  if (!changes.some(({ path }) => path === startFile.path))
    changes.push(yield* uninstalling(startFile, undefined))
  const carryOut = Effect.gen(function* () {
    for (const one of links) {
      yield* removeLink(one.path, launcher)
      yield* removeEmptyFolders(one.folders)
    }
    yield* writeAll(changes)
    yield* writeReceipts(folder, kept, others)
    if (others.length === 0) yield* withdraw(folder)
  })
  return {
    launcher,
    version: others.length === 0 ? undefined : version,
    links: links.map(({ path }) => ({ path, state: "removed" as const })),
    changes: changes.filter((change) => isChange(change) || change.kept !== undefined),
    isNews: receipt !== undefined || links.length > 0 || changes.some(isChange),
    next: [],
    carryOut
  } satisfies PreparedShell
}).pipe(Effect.withSpan("prepareShellRemoval"))
