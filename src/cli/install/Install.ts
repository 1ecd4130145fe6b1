/** Installs cc-dm into an agent, and takes it out again: all files of the agent are worked out first, and written only if all can be. */
import { Effect } from "effect"
import { worded } from "../../domain/Text.ts"
import { environment } from "../../platform/Environment.ts"
import { HomeFolder, WorkingFolder } from "../../platform/Platform.ts"
import { findProgram } from "../../platform/Programs.ts"
import { readWhole, removeEmptyFolders, removeWhole, replaceFile } from "../../platform/WholeFiles.ts"
import { version } from "../../version.ts"
import { failed, wrongUse } from "../Failure.ts"
import { agents, extras } from "./Agents.ts"
import { type Change, installing, isChange, uninstalling } from "./Changing.ts"
import { placesIn, provide, type Supply, supply, withdraw } from "./Launcher.ts"
import type { Agent, Grant, Site } from "./Plan.ts"
import { type Kept, type Receipt, readReceipts, writeReceipts } from "./Receipts.ts"

/** What the user asked for. */
export interface Wish {
  readonly agent: string
  readonly inProject: boolean
  readonly granted: ReadonlyArray<Grant>
}

/** What is to be done, and how. */
export interface Prepared {
  readonly agent: Agent
  readonly project: string | undefined
  readonly launcher: string
  /** The version that the agent runs then; `undefined`: none any more. */
  readonly version: string | undefined
  readonly changes: ReadonlyArray<Change>
  /** Whether anything is to be written, the launcher with its files among it. */
  readonly isNews: boolean
  readonly isOnPath: boolean
  readonly next: ReadonlyArray<string>
  readonly carryOut: Effect.Effect<void, unknown>
}

const lookUp = Effect.fnUntraced(function* ({ agent: name, granted, inProject }: Wish) {
  const agent = [...agents, ...extras].find((one) => one.name === name)
  if (agent === undefined) return yield* wrongUse(`there is no agent ${worded(name)}`)
  const [foreign] = granted.filter((grant) => !agent.grants.includes(grant))
  if (foreign !== undefined) return yield* wrongUse(`--${foreign} is not for ${agent.title}`)
  if (inProject && agent.noProject !== undefined) return yield* wrongUse(agent.noProject)
  return agent
})

/** The folder of the project that the user is in. */
const projectFolder = Effect.fnUntraced(function* (home: string) {
  const folder = yield* WorkingFolder
  if (folder === home)
    return yield* wrongUse("--project wants the folder of a project, and this is your home folder")
  return folder
})

const siteFor = Effect.fnUntraced(function* (
  agent: Agent,
  wish: Wish,
  from: string,
  granted: ReadonlyArray<Grant>
) {
  const home = yield* HomeFolder
  const { agents: loaded, launcher } = placesIn(`${home}/.cc-dm`)
  const problems: Array<string> = []
  const texts = new Map<string, string | undefined>()
  for (const name of agent.loads) texts.set(name, (yield* readWhole(`${from}/agents/${name}`))?.text)
  const site: Site = {
    home,
    project: wish.inProject ? yield* projectFolder(home) : undefined,
    folder: (variable, otherwise) => {
      const value = environment[variable] ?? ""
      if (value !== "" && !value.startsWith("/"))
        problems.push(`${variable} is not the full path of a folder`)
      return value === "" ? otherwise : value
    },
    launcher,
    agents: loaded,
    textOf: (name) => texts.get(name),
    granted: new Set(granted)
  }
  const plans = agent.plan(site)
  const [problem] = problems
  if (problem !== undefined) return yield* failed(problem)
  return { plans, site, texts }
})

/** The installation of an agent whose files are these. */
const receiptOf = (
  { installed }: Kept,
  agent: Agent,
  project: string | undefined,
  paths: ReadonlyArray<string>
): Receipt | undefined =>
  installed.find(
    (one) =>
      one.agent === agent.name &&
      one.project === (project ?? null) &&
      one.files.some(({ path }) => paths.includes(path))
  )

/** Writes one file, and says how to take that back. */
const write = Effect.fnUntraced(function* (
  { folders, found, path, text }: Change,
  made: ReadonlyArray<string>
) {
  if (text !== undefined) yield* replaceFile(path, text, found)
  else if (found !== undefined) {
    yield* removeWhole(path, found)
    yield* removeEmptyFolders(folders)
  }
  const undo = Effect.gen(function* () {
    const now = yield* readWhole(path)
    if (found !== undefined) yield* replaceFile(path, found.text, now, found.mode)
    else if (now !== undefined) yield* removeWhole(path, now)
    yield* removeEmptyFolders(made)
  })
  return { undo }
})

/** Writes all of them, or leaves all as they were. */
export const writeAll = Effect.fnUntraced(function* (changes: ReadonlyArray<Change>) {
  const undo: Array<Effect.Effect<void, unknown>> = []
  for (const change of changes.filter(isChange)) {
    const written = write(change, change.receipt?.folders ?? [])
    const done = yield* Effect.tapError(written, () =>
      Effect.forEach(undo, (one) => Effect.ignore(one), { discard: true })
    )
    undo.unshift(done.undo)
  }
})

/** Works out what it takes to install. Fails if any file of it can't be read or changed. */
export const prepareInstall = Effect.fn("prepareInstall")(function* (wish: Wish) {
  const agent = yield* lookUp(wish)
  const folder = `${yield* HomeFolder}/.cc-dm`
  const kept = yield* readReceipts(folder)
  const chosen: Supply = yield* supply(folder)
  const plain = yield* siteFor(agent, wish, chosen.from, wish.granted)
  const paths = plain.plans.map(({ path }) => path)
  const receipt = receiptOf(kept, agent, plain.site.project, paths)
  // What was granted once stays so, until it is taken out.
  const granted = [...new Set([...(receipt?.granted ?? []), ...wish.granted])]
  const { plans, site, texts } = yield* siteFor(agent, wish, chosen.from, granted)
  for (const [name, text] of texts)
    if (text === undefined)
      return yield* failed(
        `cc-dm ${chosen.version} has no file for ${agent.title} (agents/${name}): a newer version may have it`
      )
  const changes: Array<Change> = []
  for (const plan of plans) {
    const known = receipt?.files.find(({ path }) => path === plan.path)
    changes.push(yield* installing(plan, known))
  }
  const next: Receipt = {
    agent: agent.name,
    project: site.project ?? null,
    version: chosen.version,
    granted,
    files: [
      ...changes.flatMap((change) => change.receipt ?? []),
      // An older version may have had files that this one has not.
      ...(receipt?.files.filter(({ path }) => !plans.some((plan) => plan.path === path)) ?? [])
    ]
  }
  const others = kept.installed.filter((one) => one !== receipt)
  const carryOut = Effect.gen(function* () {
    yield* provide(folder, chosen)
    // The receipt first: what is written without one could not be taken back to the byte.
    yield* writeReceipts(folder, kept, [...others, next])
    yield* Effect.tapError(writeAll(changes), () =>
      Effect.ignore(
        Effect.flatMap(readReceipts(folder), (now) =>
          Effect.andThen(
            writeReceipts(folder, now, kept.installed),
            kept.installed.length === 0 ? withdraw(folder) : Effect.void
          )
        )
      )
    )
  })
  return {
    agent,
    project: site.project,
    launcher: site.launcher,
    version: chosen.version,
    changes,
    isNews: chosen.isNews || receipt === undefined || changes.some(isChange),
    isOnPath: findProgram(agent.name) !== undefined,
    next: agent.next(site),
    carryOut
  } satisfies Prepared
})

/** Works out what it takes to take it out again. */
export const prepareUninstall = Effect.fn("prepareUninstall")(function* (wish: Wish) {
  const agent = yield* lookUp(wish)
  const folder = `${yield* HomeFolder}/.cc-dm`
  const kept = yield* readReceipts(folder)
  const { plans, site } = yield* siteFor(agent, wish, placesIn(folder).current, agent.grants)
  const receipt = receiptOf(
    kept,
    agent,
    site.project,
    plans.map(({ path }) => path)
  )
  const changes: Array<Change> = []
  for (const plan of plans) {
    const known = receipt?.files.find(({ path }) => path === plan.path)
    changes.push(yield* uninstalling(plan, known))
  }
  for (const known of receipt?.files ?? [])
    if (!plans.some(({ path }) => path === known.path))
      changes.push(yield* uninstalling({ kind: "whole", path: known.path, text: "" }, known))
  const left = changes.flatMap((change) => change.receipt ?? [])
  const others = kept.installed.filter((one) => one !== receipt)
  const stays = [
    ...others,
    ...(receipt === undefined || left.length === 0 ? [] : [{ ...receipt, files: left }])
  ]
  const carryOut = Effect.gen(function* () {
    yield* writeAll(changes)
    yield* writeReceipts(folder, kept, stays)
    if (stays.length === 0) yield* withdraw(folder)
  })
  return {
    agent,
    project: site.project,
    launcher: site.launcher,
    version: stays.length === 0 ? undefined : version,
    changes,
    isNews: receipt !== undefined || changes.some(isChange),
    isOnPath: findProgram(agent.name) !== undefined,
    next: changes.some(isChange) ? [`Restart ${agent.title} if it runs.`] : [],
    carryOut
  } satisfies Prepared
})
