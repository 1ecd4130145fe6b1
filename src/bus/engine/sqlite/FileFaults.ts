/** What is wrong with a bus file, as people are told, and what they are advised to do. */
import type { SqlError } from "effect/sql/SqlError"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { quote } from "../../../domain/Text.ts"
import { bun } from "../../../platform/Programs.ts"
import { version } from "../../../version.ts"
import type { BusPaths } from "./BusPaths.ts"
import { noNumber } from "./Numbering.ts"

/** What is wrong with a file whose contents can't be relied on. */
export const damaged = {
  problem: "is damaged",
  advice: "Move it away; cc-dm then starts a new bus. It is left as it is."
}

/** What is wrong if it is not cc-dm's fault, and what to do. To move the file away is advised only if it is of no use. */
const advice: ReadonlyArray<readonly [code: RegExp, problem: string, advice: string]> = [
  [/NOTADB/, "is not an SQLite database", "Move it away; cc-dm then starts a new bus."],
  [/CORRUPT/, damaged.problem, damaged.advice],
  [
    /READONLY_(ROLLBACK|RECOVERY)/,
    "was left in the middle of a write",
    "The next session that starts puts it right. Nothing is lost."
  ],
  [/READONLY|PERM/, "is read-only", "Make the file and its folder writable."],
  [/FULL/, "has no room left on its disk", "Free some space; cc-dm then goes on by itself."],
  [/BUSY|LOCKED|PROTOCOL/, "is locked by another program", "Close the program that holds it, and try again."],
  [/CANTOPEN|IOERR/, "can't be read or written", "Check the disk, and who owns the file."],
  [/NOMEM/, "needs more memory than there is", "Close other programs, and try again."],
  [
    /CONSTRAINT_TRIGGER/,
    "has a trigger that refuses what cc-dm writes",
    "Remove that trigger: those of cc-dm refuse nothing."
  ]
]

/** What SQLite said: its code and its words. */
const causeOf = (error: SqlError): { readonly code: string; readonly words: string } => {
  const { cause } = error.reason
  if (!(cause instanceof Error)) return { code: "", words: error.message }
  return { code: "code" in cause ? String(cause.code) : "", words: cause.message }
}

/** A fault that only a new version of cc-dm can repair. The file is fine, so nobody is told to move it away. */
export const ourFault = (file: string, { code, words }: ReturnType<typeof causeOf>) =>
  new BusUnavailable({
    file,
    problem: `rejected a request from cc-dm (${code === "" ? "no code" : code}: ${quote(words)})`,
    advice: `This is a bug in cc-dm, not a problem with the file: leave it where it is, nothing in it is lost. Please report this line, with: cc-dm ${version}, Bun ${bun.version}.`
  })

/** What is wrong with a file that SQLite refuses, and what to do. */
export const unavailable = (file: string, error: SqlError): BusUnavailable => {
  const cause = causeOf(error)
  if (cause.words.includes(noNumber))
    return new BusUnavailable({
      file,
      problem: "has run out of message numbers, since somebody wrote to it by hand",
      advice: "cc-dm doctor --fix renumbers the messages."
    })
  const known = advice.find(([pattern]) => pattern.test(cause.code))
  if (known === undefined) return ourFault(file, cause)
  const [, problem, what] = known
  return new BusUnavailable({ file, problem, advice: what })
}

/** What is wrong with a bus that was not made yet. */
export const missing = "is not there"

/** The same, with what to do. */
export const notThere = (paths: BusPaths) =>
  new BusUnavailable({
    file: paths.database,
    problem: missing,
    advice: "Start a session with cc-dm first; it makes the bus."
  })
