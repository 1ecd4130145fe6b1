/** Rows in great numbers, written with SQLite past every limit of a sender. */
import { Effect } from "effect"
import { eventually } from "../../../testkit/eventually.ts"
import { named, startReady } from "../../../testkit/host/ClaudeCode.ts"
import { runIn } from "../../cli/run.ts"
import { sqlite, temporaryFolder } from "../../support/bus.ts"
import { engineUnderTest } from "../../support/underTest.ts"
import { type Attack, tally } from "../Attack.ts"

const messages = 10_000
const sessions = 100_000

/** What a model is told at most by one tool, in characters. */
const mostTold = 600_000

const attack: Attack = {
  what: `${messages} messages under ${messages / 100} names, and ${sessions} rows of the roster, written by hand`,
  held: "60 of the messages are shown, 20 of one 1.3.1 session at once among them, all are taken, what a session says comes at once, and commands answer",
  tries: messages + sessions,
  impossible:
    engineUnderTest === "sqlite" ? undefined : "rows of a bus in PostgreSQL are not for everybody to write",
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
    const { id } = database.query<{ id: string }, []>("SELECT id FROM sessions WHERE name = 'bob'").get() ?? {
      id: ""
    }
    const now = new Date().toISOString()
    const insert = database.prepare(
      "INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at) VALUES (?, ?, ?, '{}', 0, ?)"
    )
    database.transaction(() => {
      for (let number = 0; number < messages; number++)
        insert.run(number < 25 ? "planner" : `flood-${number % 100}`, id, `${number}`, now)
    })()
    const waiting = Effect.sync(
      () =>
        database
          .query<{ count: number }, []>("SELECT count(*) AS count FROM messages WHERE delivered = 0")
          .get()?.count
    )
    yield* eventually(waiting, (count) => count === 0)
    yield* alice.call("dm", { to: "bob", content: "from alice" })
    const shown: Array<string> = []
    while (shown.at(-1) !== "from alice") shown.push((yield* bob.next).params.content ?? "")
    const first = Array.from({ length: 20 }, (_, number) => `${number}`)
    for (let number = 0; number < messages; number++) {
      const isShown = shown.includes(`${number}`)
      if (number < 25) expect(isShown === number < 20, `message ${number} of one session at once`)
      else expect(!isShown || shown.length <= 61, `message ${number} was shown: ${shown.length} in all`)
    }
    if (shown.length !== 61 || first.some((one, at) => shown[at] !== one))
      expect(false, `${shown.length} messages were shown: ${shown.slice(0, 30).join(" ")}`)

    const row = database.prepare(
      "INSERT INTO sessions (id, name, role, cwd, status, last_seen, registered_at, protocol) VALUES (?, ?, 'r', '/', 'active', ?, ?, 2)"
    )
    database.transaction(() => {
      for (let number = 0; number < sessions; number++) {
        const one = `session-fedcba${number.toString(16).padStart(6, "0")}`
        row.run(one, `name-${number}`, now, now)
      }
    })()
    const from = bob.lines().length
    const { isError } = yield* bob.call("who")
    const told = Math.max(
      ...bob
        .lines()
        .slice(from)
        .map(({ length }) => length)
    )
    yield* alice.call("dm", { to: "bob", content: "still there" })
    const { params } = yield* bob.next
    const ran = yield* Effect.forEach(
      [["who", "--json"], ["log"], ["doctor"], ["send", "bob", "x"]],
      (args) => runIn(home)(args)
    )
    const isHeld =
      !isError &&
      told < mostTold &&
      params.content === "still there" &&
      ran.every(({ code }) => code !== null && code <= 1)
    for (let number = 0; number < sessions; number++)
      expect(isHeld, `who: ${told} characters; commands: ${ran.map(({ code }) => code)}`)
    return outcome()
  })
}

export default attack
