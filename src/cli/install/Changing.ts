/** From a plan and a file as it stands to what it becomes, and the receipt that leads back. Nothing is written here. */
import { Effect, Result } from "effect"
import { sha256 } from "../../platform/Platform.ts"
import { checkWritable, type FoundFile, missingFolders, readWhole } from "../../platform/WholeFiles.ts"
import { failed } from "../Failure.ts"
import { hunksOf, revert } from "./Diff.ts"
import { isIn, missingContainers, putIn, type Switched, takeOut } from "./JsonFile.ts"
import { readJson, valueAt } from "./JsonText.ts"
import type { FilePlan } from "./Plan.ts"
import type { FileReceipt } from "./Receipts.ts"
import { hasTable, removeTable, setTable } from "./TomlFile.ts"

/** What becomes of one file. */
export interface Change {
  readonly path: string
  readonly found: FoundFile | undefined
  /** The text that it gets; `undefined`: it goes. */
  readonly text: string | undefined
  /** Why it is left as it is, though it was to change. */
  readonly kept?: string
  /** What leads back; `undefined`: nothing of ours is in it any more. */
  readonly receipt: FileReceipt | undefined
  /** Folders that go with it, if they are empty. */
  readonly folders: ReadonlyArray<string>
}

/** Whether anything is to be written. */
export const isChange = ({ found, text }: Change): boolean => found?.text !== text

const byteOrderMark = "\ufeff"

/** Editors of some systems begin a file with a mark, which no parser takes for a part of the text. */
const behindMark = (text: string, change: (text: string) => Result.Result<string, string>) =>
  text.startsWith(byteOrderMark)
    ? Result.map(change(text.slice(1)), (changed) => byteOrderMark + changed)
    : change(text)

const emptyText = (plan: FilePlan) => (plan.kind === "json" ? "{}\n" : "")

/** A JSON file with nothing in it stands for an object with nothing in it. */
const startOf = (plan: FilePlan, text: string) =>
  plan.kind === "json" && text.trim() === "" ? emptyText(plan) : text

const put = (plan: FilePlan, text: string): Result.Result<string, string> => {
  switch (plan.kind) {
    case "whole":
      return Result.succeed(plan.text)
    case "json":
      return behindMark(text, (bare) => putIn(startOf(plan, bare), plan.parts))
    case "toml":
      return behindMark(text, (bare) => setTable(bare, plan.table))
  }
}

const isOursIn = (plan: FilePlan, text: string): boolean => {
  switch (plan.kind) {
    case "whole":
      return text === plan.text
    case "json":
      return isIn(text, plan.parts)
    case "toml":
      return hasTable(text, plan.table.path)
  }
}

/** Whether what is there of ours was written by an installation. Somebody may have set up the server by hand before; that is then his. */
const wasInstalled = (plan: FilePlan, text: string): boolean => {
  if (!isOursIn(plan, text)) return false
  const namesServer = plan.kind === "toml" || (plan.kind === "json" && plan.parts.entries !== undefined)
  return !namesServer || text.includes("/.cc-dm/bin/cc-dm")
}

const key = (path: ReadonlyArray<string>) => JSON.stringify(path)

const switchedBy = (
  plan: FilePlan,
  text: string,
  earlier: ReadonlyArray<Switched>
): ReadonlyArray<Switched> => {
  if (plan.kind !== "json") return []
  const known = new Set(earlier.map(({ path }) => key(path)))
  return (plan.parts.switches ?? [])
    .filter(({ path }) => !known.has(key(path)))
    .map(({ path, value }) => {
      const before = valueAt(text, path)
      return { path, value, ...(before === undefined ? {} : { before }) }
    })
}

const isAsWritten = (found: FoundFile | undefined, receipt: FileReceipt | undefined) =>
  found !== undefined && receipt !== undefined && sha256(found.text) === receipt.hash

/** What was there before us, if nobody else has changed the file since; `undefined`: nothing was. */
const before = (found: FoundFile | undefined, receipt: FileReceipt | undefined) => {
  if (found === undefined || receipt === undefined || !isAsWritten(found, receipt)) return found?.text
  return receipt.made ? undefined : (revert(found.text, receipt.hunks ?? []) ?? found.text)
}

const refuse = (path: string, why: string) => failed(`${path} ${why}. Nothing was changed`)

/** How a file changes if ours is put into it. Fails if it can't be, and then nothing may be written. */
export const installing = Effect.fn("installing")(function* (
  plan: FilePlan,
  receipt: FileReceipt | undefined
) {
  const { path } = plan
  const found = yield* readWhole(path)
  const isFresh = isAsWritten(found, receipt) && receipt?.hunks !== null
  if (plan.kind === "whole" && found !== undefined && !isFresh && found.text !== plan.text)
    return yield* refuse(
      path,
      receipt === undefined
        ? "is there already, and cc-dm has not written it: move it away"
        : "was changed since cc-dm wrote it: move it away"
    )
  // If somebody else has changed the file, ours is put into what there is now.
  const base = isFresh ? before(found, receipt) : found?.text
  const changed = put(plan, base ?? emptyText(plan))
  if (Result.isFailure(changed)) return yield* refuse(path, changed.failure)
  const text = changed.success
  if (text === found?.text && receipt !== undefined)
    return { path, found, text, receipt, folders: [] } satisfies Change
  yield* checkWritable(path, found)
  const isExact = isFresh || found === undefined || (receipt === undefined && !wasInstalled(plan, found.text))
  const earlier = isExact ? undefined : receipt
  const start = startOf(plan, base ?? "")
  const containers = plan.kind === "json" ? missingContainers(start, plan.parts) : []
  const next: FileReceipt = {
    path,
    made: isExact ? base === undefined : (receipt?.made ?? false),
    folders: isFresh ? (receipt?.folders ?? []) : yield* missingFolders(path),
    hash: sha256(text),
    hunks: isExact ? hunksOf(base ?? "", text) : null,
    containers: [...(earlier?.containers ?? []), ...containers],
    switched: [...(earlier?.switched ?? []), ...switchedBy(plan, start, earlier?.switched ?? [])]
  }
  return { path, found, text, receipt: next, folders: [] } satisfies Change
})

/** The text without ours, where it was changed since, or nobody knows what it was before. */
const cleared = (plan: FilePlan, text: string, receipt: FileReceipt | undefined) => {
  switch (plan.kind) {
    case "whole":
      return Result.succeed(text)
    case "toml":
      return behindMark(text, (bare) => removeTable(bare, plan.table.path))
    case "json": {
      const made = receipt === undefined ? undefined : new Set(receipt.containers.map(key))
      return behindMark(text, (bare) =>
        Result.map(readJson(startOf(plan, bare)), () =>
          takeOut(bare, plan.parts, receipt?.switched ?? [], (at) => made?.has(key(at)) ?? true)
        )
      )
    }
  }
}

const isBlank = (plan: FilePlan, text: string) =>
  plan.kind === "json" ? Bun.deepEquals(valueAt(text, []), {}) : text.trim() === ""

/** How a file changes if ours is taken out of it: to the byte, if nobody else has changed it since. */
export const uninstalling = Effect.fn("uninstalling")(function* (
  plan: FilePlan,
  receipt: FileReceipt | undefined
) {
  const { path } = plan
  const found = yield* readWhole(path)
  const folders = receipt?.folders ?? []
  const change = (text: string | undefined) =>
    ({ path, found, text, receipt: undefined, folders }) satisfies Change
  if (found === undefined) return change(undefined)
  if (isAsWritten(found, receipt) && receipt?.hunks !== null) {
    const text = before(found, receipt)
    if (text !== found.text) yield* checkWritable(path, found)
    return change(text)
  }
  if (plan.kind === "whole") {
    if (receipt === undefined && found.text !== plan.text) return change(found.text)
    if (found.text === plan.text) return change(undefined)
    return {
      ...change(found.text),
      kept: "it was changed since cc-dm wrote it. Remove it yourself, then run this again",
      receipt
    } satisfies Change
  }
  const left = cleared(plan, found.text, receipt)
  if (Result.isFailure(left)) return yield* refuse(path, left.failure)
  if (left.success !== found.text) yield* checkWritable(path, found)
  return change(receipt?.made === true && isBlank(plan, left.success) ? undefined : left.success)
})
