/**
 * Plans carried out on the texts of files, whatever they are written in. It is a built file of its own, which brings the parsers with it;
 * `Changing.ts` loads it when it is needed.
 */
import { Result } from "effect"
import { isIn, markedIn, missingContainers, putIn, type Switch, type Switched, takeOut } from "./JsonFile.ts"
import { readJson, valueAt } from "./JsonText.ts"
import type { FilePlan } from "./Plan.ts"
import type { FileReceipt } from "./Receipts.ts"
import { hasTable, removeTable, setTable } from "./TomlFile.ts"

const byteOrderMark = "\ufeff"

/** Editors of some systems begin a file with a mark, which no parser takes for a part of the text. */
const behindMark = (text: string, change: (text: string) => Result.Result<string, string>) =>
  text.startsWith(byteOrderMark)
    ? Result.map(change(text.slice(1)), (changed) => byteOrderMark + changed)
    : change(text)

const withoutMark = (text: string) => (text.startsWith(byteOrderMark) ? text.slice(1) : text)

/** What a file of ours begins with. */
export const emptyText = (plan: FilePlan) => (plan.kind === "json" ? "{}\n" : "")

/** A JSON file with nothing in it stands for an object with nothing in it. */
const startOf = (plan: FilePlan, text: string) =>
  plan.kind === "json" && text.trim() === "" ? emptyText(plan) : text

const onLinesOfItsOwn = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`)

/** The text with ours in it, or why it can't be, in words that follow the file's name. */
export const put = (plan: FilePlan, text: string): Result.Result<string, string> => {
  switch (plan.kind) {
    case "whole":
      return Result.succeed(plan.text)
    case "lines":
      return Result.succeed(text.includes(plan.text) ? text : onLinesOfItsOwn(text) + plan.text)
    case "json":
      return behindMark(text, (bare) => putIn(startOf(plan, bare), plan.parts))
    case "toml":
      return behindMark(text, (bare) => setTable(bare, plan.table))
  }
}

const isOursIn = (plan: FilePlan, marked: string): boolean => {
  const text = withoutMark(marked)
  switch (plan.kind) {
    case "whole":
      return text === plan.text
    case "lines":
      return text.includes(plan.text)
    case "json":
      return isIn(text, plan.parts)
    case "toml":
      return hasTable(text, plan.table.path)
  }
}

/** Whether what is there of ours was written by an installation. Somebody may have set up the server by hand before; that is then his. */
export const wasInstalled = (plan: FilePlan, text: string): boolean => {
  if (!isOursIn(plan, text)) return false
  const namesServer = plan.kind === "toml" || (plan.kind === "json" && plan.parts.entries !== undefined)
  return !namesServer || text.includes("/.cc-dm/bin/cc-dm")
}

const key = (path: ReadonlyArray<string>) => JSON.stringify(path)

const switchedOf = ({ mark, path, value }: Switch): Switched => ({
  path,
  value,
  ...(mark === undefined ? {} : { mark })
})

/** The switches that a plan sets, and what they are in a text; without those that are known already. */
export const switchedBy = (
  plan: FilePlan,
  text: string,
  earlier: ReadonlyArray<Switched>
): ReadonlyArray<Switched> => {
  if (plan.kind !== "json") return []
  const known = new Set(earlier.map(({ path }) => key(path)))
  const marked = markedIn(withoutMark(text), plan.parts)
  return (plan.parts.switches ?? [])
    .filter(({ path }) => !known.has(key(path)))
    .map((one) => {
      const before = marked.includes(one) ? undefined : valueAt(withoutMark(text), one.path)
      return { ...switchedOf(one), ...(before === undefined ? {} : { before }) }
    })
}

/** The text without ours, where it was changed since, or nobody knows what it was before. */
export const cleared = (plan: FilePlan, text: string, receipt: FileReceipt | undefined) => {
  switch (plan.kind) {
    case "whole":
      return Result.succeed(text)
    case "lines":
      return Result.succeed(text.replace(plan.text, () => ""))
    case "toml":
      return behindMark(text, (bare) => removeTable(bare, plan.table.path))
    case "json": {
      const made = receipt === undefined ? undefined : new Set(receipt.containers.map(key))
      return behindMark(text, (bare) =>
        Result.map(readJson(startOf(plan, bare)), () =>
          takeOut(
            bare,
            plan.parts,
            receipt?.switched ?? markedIn(bare, plan.parts).map(switchedOf),
            (at) => made?.has(key(at)) ?? true
          )
        )
      )
    }
  }
}

/** Whether nothing is left in a file. */
export const isBlank = (plan: FilePlan, text: string) =>
  plan.kind === "json" ? Bun.deepEquals(valueAt(withoutMark(text), []), {}) : text.trim() === ""

/** Objects that a plan needs and a text lacks. */
export const containersFor = (plan: FilePlan, text: string): ReadonlyArray<ReadonlyArray<string>> =>
  plan.kind === "json" ? missingContainers(startOf(plan, withoutMark(text)), plan.parts) : []
