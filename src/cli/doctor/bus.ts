/** Whether the bus can be read, and whether this version can use it. */
import { Effect } from "effect"
import { type BusPaths, isThere } from "../../bus/engine/sqlite/BusPaths.ts"
import { type Contents, inspect } from "../../bus/engine/sqlite/Inspection.ts"
import { quote, worded } from "../../domain/Text.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"

export interface BusFound {
  readonly findings: ReadonlyArray<Finding>
  /** Absent if there is nothing to read, or it can't be read. */
  readonly contents: Contents | undefined
}

const numbersOf = ({ lacksNumbers }: Contents, file: string): ReadonlyArray<Finding> =>
  lacksNumbers
    ? [
        attention(
          "numbers",
          `${worded(file)} has run out of message numbers, or has messages with numbers that can't be used: somebody wrote to it by hand`,
          "cc-dm doctor --fix renumbers them; so does the next session that starts."
        )
      ]
    : []

const findingOf = ({ check, latest, schema }: Contents, file: string): Finding => {
  if (check !== "ok")
    return attention(
      "bus",
      `${worded(file)} is damaged: ${quote(check, 400)}`,
      "Move it away, and cc-dm starts a new bus. Until then it is left as it is."
    )
  if (schema > latest)
    return attention(
      "bus",
      `${worded(file)} was written by a newer version of cc-dm`,
      "Update the plugin and restart your sessions: claude plugin update cc-dm@cc-dm-marketplace"
    )
  if (schema < latest)
    return hint(
      "bus",
      `${worded(file)} was written by an older version of cc-dm`,
      "The next session that starts brings it up to date; nothing is lost."
    )
  return ok("bus", `${worded(file)} is sound`)
}

export const checkBus = Effect.fnUntraced(function* (paths: BusPaths, conversation: string | undefined) {
  // A folder that can't be entered is among what is wrong with the files.
  if (!isThere(paths)) return { findings: [], contents: undefined } satisfies BusFound
  return yield* inspect(paths, conversation).pipe(
    Effect.map(
      (contents): BusFound => ({
        findings: [findingOf(contents, paths.database), ...numbersOf(contents, paths.database)],
        contents
      })
    ),
    Effect.catch((error) =>
      Effect.succeed<BusFound>({
        findings: [attention("bus", `${worded(error.file)} ${error.problem}`, error.advice)],
        contents: undefined
      })
    )
  )
})
