/** The last number that SQLite has for a message, taken by hand while sessions run. */
import { Effect } from "effect"
import { eventually } from "../../../testkit/eventually.ts"
import { named, startReady } from "../../../testkit/host/ClaudeCode.ts"
import { sqlite, temporaryFolder } from "../../support/bus.ts"
import { stateOf } from "../../support/routes.ts"
import { engineUnderTest } from "../../support/underTest.ts"
import { type Attack, tally } from "../Attack.ts"

const noTriggers = "DROP TRIGGER IF EXISTS messages_numbered; DROP TRIGGER IF EXISTS messages_renumbered;"
const insert = (number: string) =>
  `INSERT INTO messages (id, from_session, to_session, content, meta, delivered, created_at) VALUES (${number}, 'x', 'y', 'z', '{}', 3, '')`

const ways: ReadonlyArray<string> = [
  insert("9223372036854775807"),
  `${noTriggers} ${insert("9223372036854775807")}`,
  `${noTriggers} UPDATE messages SET id = 9223372036854775807 WHERE id = (SELECT min(id) FROM messages)`,
  `${noTriggers} UPDATE sqlite_sequence SET seq = 9223372036854775807`,
  "UPDATE sqlite_sequence SET seq = 9007199254740993",
  "INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', 9223372036854775807)"
]

const attack: Attack = {
  what: "the largest number of a message, in a row or as the last one given, written by hand on a running bus",
  held: "the triggers refuse it, or the next message finds a number of its own, comes once, and its receipt is its own",
  tries: ways.length,
  impossible:
    engineUnderTest === "sqlite" ? undefined : "numbers on a bus in PostgreSQL are given by the server",
  run: Effect.gen(function* () {
    const { expect, outcome } = tally()
    const home = yield* temporaryFolder
    const bob = yield* startReady({
      home,
      env: named("bob"),
      clientArguments: ["--channels", "plugin:cc-dm@x"]
    })
    const alice = yield* startReady({ home, env: named("alice") })
    const database = yield* sqlite(home)
    const numbers = new Set<string>()
    for (const [index, statements] of ways.entries()) {
      try {
        database.run(statements)
      } catch {
        // A trigger refused it.
      }
      const { isError, json } = yield* alice.call("dm", { to: "bob", content: `${index}` })
      const { params } = yield* bob.next
      const number = String(json["message_id"])
      // It is written a moment after the event, and another's would leave this one queued for ever.
      const state = yield* eventually(stateOf(alice, number), (now) => now !== "queued")
      const isHeld =
        !isError &&
        state === "pushed" &&
        params.content === `${index}` &&
        params.meta?.["message_id"] === number
      expect(
        isHeld && /^\d{1,15}$/.test(number) && !numbers.has(number),
        `${statements}: ${JSON.stringify(json)}`
      )
      numbers.add(number)
    }
    return outcome()
  })
}

export default attack
