/** Permission requests of sessions, and the answers that others give. */
import { Effect } from "effect"
import type { Book, Player } from "./Book.ts"
import type { Call } from "./Looking.ts"
import type { Verdicts } from "./Verdicts.ts"

export const makeAsking = (book: Book, verdicts: Verdicts, call: Call) => {
  const ask = (player: Player, id: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const server = player.actor.server()
      if (!player.isSettled || player.approver === "nobody" || server === undefined) return Effect.void
      if (verdicts.ask(player, id) === undefined) return Effect.void
      return server.notify("notifications/claude/channel/permission_request", {
        request_id: id,
        tool_name: "Bash",
        description: "runs the tests",
        input_preview: "bun test"
      })
    })

  const answer = (player: Player, roll: number, word: "yes" | "no"): Effect.Effect<void> =>
    Effect.gen(function* () {
      const latest = verdicts.requests.slice(-12)
      const request = latest[Math.floor(roll * latest.length)]
      if (!player.isSettled || request === undefined || request.asker === player) return
      const words = `${word} ${request.id}`
      book.verdictWords.add(words)
      const given = verdicts.begin(request, player, word === "yes" ? "allow" : "deny")
      const result = yield* call(player, "dm", { to: request.askerId, content: words })
      if (result === undefined || book.isOutage(result.json["error"], given.since))
        return verdicts.end(request, given, "unknown")
      const error = String(result.json["error"] ?? "")
      if (error.startsWith("too late")) return verdicts.end(request, given, "late", error)
      // Somebody who was asked may have answered, and the asker then be found dead.
      if (result.isError)
        return verdicts.end(request, given, error.includes("nobody") ? "unknown" : "refused")
      return verdicts.end(request, given, result.json["message_id"] === undefined ? "first" : "chat")
    })

  return { ask, answer }
}
