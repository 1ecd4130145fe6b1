/**
 * Many drafts of one sender, each to one session, written by one statement: in PostgreSQL each statement is a way there and back, and
 * a commit. It is the statement that writes one draft (`Copies`), with its parameters as rows.
 */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { statement } from "../engine/Statement.ts"
import { type CopyRow, type SignedCopies, toSessionsInPostgres } from "./Copies.ts"

/** The most drafts of one statement: their receivers need not wait for the others. */
const most = 100

const texts = [
  "fromName fromProject from fromKind content meta now kind expiresAt keptUntil",
  "batch mailTo paceTo words aMinuteAgo repeatedSince soon freshSince",
  "nonce to signature"
].flatMap((names) => names.split(" "))
const numbers = ["place", "mail", "queueLimit", "mostTo", "mostInAll"]
const rowColumns = [...texts.map((name) => `"${name}" TEXT`), ...numbers.map((name) => `"${name}" INTEGER`)]

const column = (name: string) => `draft."${name}"`
const insertSeveral = statement<"drafts", CopyRow & { readonly nonce: string }>(
  toSessionsInPostgres({
    rows: `jsonb_to_recordset(CAST($drafts AS JSONB)) AS draft(${rowColumns.join(", ")})`,
    nonce: column("nonce"),
    to: column("to"),
    signature: column("signature"),
    order: `ORDER BY ${column("place")}`
  }).replace(/\$([a-zA-Z]\w*)/g, (parameter, name: string) => (name === "drafts" ? parameter : column(name)))
)

/** Drafts in their order, in groups that one statement can write. Of the same words to the same receiver the second may be too much. */
export const groupsOf = <Draft extends { readonly copies: SignedCopies | undefined }>(
  drafts: ReadonlyArray<Draft>
): ReadonlyArray<ReadonlyArray<Draft>> => {
  const groups: Array<Array<Draft>> = []
  let words = new Set<unknown>()
  let before: SignedCopies | undefined
  for (const draft of drafts) {
    const { copies } = draft
    const group = groups.at(-1)
    const isOne = copies?.toSessions === true && copies.signed.length === 1
    const goesOn =
      isOne &&
      before?.values.from === copies.values.from &&
      group !== undefined &&
      group.length < most &&
      !words.has(copies.values.words)
    if (goesOn) group.push(draft)
    else {
      groups.push([draft])
      words = new Set()
    }
    if (copies !== undefined && copies.values.words !== null) words.add(copies.values.words)
    before = isOne ? copies : undefined
  }
  return groups
}

/**
 * Writes what certainly may be written: each draft is counted as if all before it had been. What is missing in the result may be one
 * too many, or its receiver may be gone; the statement that writes one decides about it.
 */
export const writeSeveral = (sql: SqlClient.SqlClient, drafts: ReadonlyArray<SignedCopies>) => {
  const counts = new Map<string, number>()
  const countOf = (what: string) => {
    const before = counts.get(what) ?? 0
    counts.set(what, before + 1)
    return before
  }
  const less = (limit: unknown, by: number) => (typeof limit === "number" ? limit - by : null)
  const rows = drafts.flatMap(({ signed, values: { copies: _, ...values } }, place) =>
    signed.map((copy) => {
      const isPaced = values.paceTo !== null
      return {
        ...values,
        ...copy,
        place,
        queueLimit: less(values.queueLimit, countOf(`to ${copy.to}`)),
        mostTo: isPaced ? less(values.mostTo, countOf(`paced to ${values.paceTo}`)) : null,
        mostInAll: isPaced ? less(values.mostInAll, countOf("paced")) : null
      }
    })
  )
  return Effect.map(
    insertSeveral.run(sql, { drafts: JSON.stringify(rows) }),
    (written) => new Map(written.map((row) => [row.nonce, row]))
  )
}
