/** From a plan and a file as it stands to what it becomes, and the receipt that leads back. Nothing is written here. */
import { Effect, Result } from "effect"
import { sha256 } from "../../platform/System.ts"
import { checkWritable, type FoundFile, missingFolders, readWhole } from "../../platform/WholeFiles.ts"
import { failed } from "../Failure.ts"
import { hunksOf, revert } from "./Diff.ts"
import type { FilePlan } from "./Plan.ts"
import type { FileReceipt } from "./Receipts.ts"

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

/** What a file was before us: its text, or that there was none. */
interface Before {
  readonly text: string | undefined
}

/** What was before us, if that can be told: nobody else has changed the file since. */
const beforeUs = (found: FoundFile | undefined, receipt: FileReceipt | undefined): Before | undefined => {
  if (found === undefined || receipt === undefined || receipt.hunks === null) return undefined
  if (sha256(found.text) !== receipt.hash) return undefined
  if (receipt.made) return { text: undefined }
  const text = revert(found.text, receipt.hunks)
  return text === undefined ? undefined : { text }
}

/** The parsers are not needed for anything else at the command line. */
const loadEditing = Effect.promise(() => import("./Editing.ts"))

const refuse = (path: string, why: string) => failed(`${path} ${why}. Nothing was changed`)

/** How a file changes if ours is put into it. Fails if it can't be, and then nothing may be written. */
export const installing = Effect.fn("installing")(function* (
  plan: FilePlan,
  receipt: FileReceipt | undefined
) {
  const { path } = plan
  const { containersFor, emptyText, put, switchedBy, wasInstalled } = yield* loadEditing
  const found = yield* readWhole(path)
  const known = beforeUs(found, receipt)
  if (plan.kind === "whole" && found !== undefined && known === undefined && found.text !== plan.text)
    return yield* refuse(
      path,
      receipt === undefined
        ? "is there already, and cc-dm has not written it: move it away"
        : "was changed since cc-dm wrote it: move it away"
    )
  // If somebody else has changed the file, ours is put into what there is now.
  const base = known === undefined ? found?.text : known.text
  const changed = put(plan, base ?? emptyText(plan))
  if (Result.isFailure(changed)) return yield* refuse(path, changed.failure)
  const text = changed.success
  if (text === found?.text && receipt !== undefined)
    return { path, found, text, receipt, folders: [] } satisfies Change
  yield* checkWritable(path, found)
  const isExact =
    known !== undefined || found === undefined || (receipt === undefined && !wasInstalled(plan, found.text))
  const earlier = isExact ? undefined : receipt
  const next: FileReceipt = {
    path,
    made: isExact ? base === undefined : (receipt?.made ?? false),
    folders: [...(receipt?.folders ?? []), ...(yield* missingFolders(path))],
    hash: sha256(text),
    hunks: isExact ? hunksOf(base ?? "", text) : null,
    containers: [...(earlier?.containers ?? []), ...containersFor(plan, base ?? "")],
    switched: [...(earlier?.switched ?? []), ...switchedBy(plan, base ?? "", earlier?.switched ?? [])]
  }
  return { path, found, text, receipt: next, folders: [] } satisfies Change
})

/** How a file changes if ours is taken out of it: to the byte, if nobody else has changed it since. */
export const uninstalling = Effect.fn("uninstalling")(function* (
  plan: FilePlan,
  receipt: FileReceipt | undefined
) {
  const { path } = plan
  const { cleared, isBlank } = yield* loadEditing
  const found = yield* readWhole(path)
  const known = beforeUs(found, receipt)
  const folders = receipt?.folders ?? []
  const change = (text: string | undefined) =>
    ({ path, found, text, receipt: undefined, folders }) satisfies Change
  if (found === undefined) return change(undefined)
  if (known !== undefined) {
    if (known.text !== found.text) yield* checkWritable(path, found)
    return change(known.text)
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
