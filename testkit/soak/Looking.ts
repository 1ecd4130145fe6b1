/** What sessions are told of others and of what they sent, held against the model. */
import { Effect } from "effect"
import { sessionsIn, type ToolResult } from "../host/ClaudeCode.ts"
import { type Book, nowOf, type Player } from "./Book.ts"

/** A session calls a tool; `undefined`: its server died over it, or took too long. */
export type Call = (player: Player, tool: string, input: object) => Effect.Effect<ToolResult | undefined>

export const makeLooking = (book: Book, call: Call) => {
  /** Asks for the roster, and holds it against who was surely there. */
  const lookAround = (player: Player): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (!player.isSettled) return
      const since = nowOf()
      const result = yield* call(player, "who", {})
      if (result === undefined || result.isError) return
      const rows = sessionsIn(result.json)
      for (const row of rows)
        if (rows.some((other) => other !== row && other.name === row.name))
          book.complain(`who tells ${player.key} of two sessions called "${row.name}"`)
      for (const other of book.players) {
        if (!book.wasThere(other, since, nowOf())) continue
        const row = rows.find(({ id }) => id === other.ids.at(-1))
        const should = book.present(other)
        if (row === undefined) book.complain(`who does not tell ${player.key} of ${other.key}, who was there`)
        else if ((row.nested ?? false) === book.isMember(other))
          book.complain(`who does not tell ${player.key} rightly whether ${other.key} is nested`)
        else if (row.name !== should?.name || (row.project ?? undefined) !== should?.project)
          book.complain(
            `who tells ${player.key} that ${other.key} is "${row.name}" of ${row.project}, and it is "${should?.name}" of ${should?.project}`
          )
      }
    })

  /** Asks what became of what it sent: it is told of nobody else's. */
  const lookBack = (player: Player): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (!player.isSettled) return
      const result = yield* call(player, "inbox", { sent: true, limit: 20 })
      if (result === undefined || result.isError) return
      for (const { content, message_id } of result.json["messages"] as ReadonlyArray<{
        readonly content: string
        readonly message_id: string
      }>) {
        const token = /\[begin (t\d+)\]/.exec(content)?.[1] ?? ""
        const writing = book.writings.get(token)
        if (writing === undefined && book.verdictWords.has(content)) continue
        if (writing?.sender !== player)
          book.complain(`${player.key} is told that it sent message ${message_id}, which it did not`)
      }
    })

  return { lookAround, lookBack }
}
