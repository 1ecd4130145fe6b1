/** Rows far larger than anything that cc-dm writes, in every table and column that anybody may write to. */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { named, startReady } from "../../../testkit/host/ClaudeCode.ts"
import { runIn } from "../../cli/run.ts"
import { temporaryFolder } from "../../support/bus.ts"
import { outsider } from "../../support/outsider.ts"
import { inboxOf } from "../../support/routes.ts"
import { engineUnderTest } from "../../support/underTest.ts"
import { type Attack, tally } from "../Attack.ts"

const mebibyte = 1024 * 1024

/** The most memory that a process had so far, in MiB, as Linux tells. */
const peakOf = (pid: number) =>
  Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024

/** The most that a model may be told at once, in characters: a message in which each character shows as a code point. */
const mostTold = 150_000

/** A column of each table at a time: a row in which it holds so many MiB, made by SQLite itself. */
const rows = (
  me: string,
  now: string,
  later: string
): ReadonlyArray<readonly [what: string, statement: string]> => {
  const of = (mebibytes: number) =>
    `replace(hex(zeroblob(${mebibytes * mebibyte})), '00', 'a' || char(917569))`
  const [huge, hugest] = [of(2), of(8)]
  const session = (column: string, at: number) => {
    const values = {
      id: `'session-00000000000${at}'`,
      name: `'s${at}'`,
      role: "'r'",
      cwd: "'/'",
      project: "''",
      version: "'2.1.0'"
    }
    const filled = { ...values, [column]: huge }
    return `INSERT INTO sessions (${Object.keys(filled).join(", ")}, last_seen, registered_at, protocol)
      VALUES (${Object.values(filled).join(", ")}, '${now}', '${now}', 2)`
  }
  const message = (column: string, more: string, filled = huge) =>
    `INSERT INTO messages (${column}, ${more.split("=").map((part) => part.trim())[0]}, to_session, delivered, created_at)
      VALUES (${filled}, ${more.split("=")[1]}, '${me}', 0, '${now}')`
  return [
    ...["name", "role", "cwd", "project", "version"].map(
      (column, at) => [`sessions.${column}`, session(column, at)] as const
    ),
    ["messages.content", message("content", "from_session = 'planner'", hugest)],
    ["messages.from_session", message("from_session", "content = 'x'")],
    ["messages.meta", message("meta", "from_session, content = 'planner', 'x'")],
    [
      "messages.content, a copy that claims a sender",
      `INSERT INTO messages (content, from_session, sender_id, nonce, signature, kind, protocol, to_session, delivered, created_at, expires_at)
        VALUES (${huge}, 'bob', 'session-0123456789ab', 'n', 's', 'permission_request', 2, '${me}', 2, '${now}', '${later}')`
    ],
    ["receipts.reason", `INSERT INTO receipts (message_id, state, reason) VALUES (1, 'refused', ${huge})`],
    [
      "permission_requests.content",
      `INSERT INTO permission_requests (asker_id, request_id, tool_name, created_at, expires_at, content)
        VALUES ('${me}', 'abcde', ${huge}, '${now}', '${later}', ${huge})`
    ],
    ["session_keys.public_key", `INSERT INTO session_keys VALUES ('session-0123456789ab', ${huge}, 'm')`]
  ]
}

const commands = [
  ["who", "--json"],
  ["log"],
  ["inbox", "--name", "ada"],
  ["send", "bob", "hello"],
  ["doctor"]
]
const columns = rows("", "", "").length

const attack: Attack = {
  what: "rows with 10 to 40 MiB in one column after the other, and what servers and commands make of them",
  held: `a model is told at most ${mostTold} characters at once, the server stays below 900 MiB, and every command answers`,
  tries: columns + commands.length + 1,
  impossible:
    engineUnderTest !== "sqlite"
      ? "columns of a bus in PostgreSQL are not for everybody to write"
      : process.platform === "linux"
        ? undefined
        : "only Linux tells how much memory a process had",
  run: Effect.gen(function* () {
    const { expect, outcome } = tally()
    const home = yield* temporaryFolder
    const bob = yield* startReady({
      home,
      env: named("bob"),
      clientArguments: ["--channels", "plugin:cc-dm@x"]
    })
    const roster = (yield* bob.call("who")).json["sessions"] as ReadonlyArray<Record<string, string>>
    const me = roster.find(({ name }) => name === "bob")?.["id"] ?? ""
    yield* bob.call("dm", { to: "ada", content: "a letter", expires_in: 600 })
    const { run: change } = yield* outsider(home)
    const [now, later] = [new Date().toISOString(), new Date(Date.now() + 600_000).toISOString()]
    for (const [what, statement] of rows(me, now, later)) {
      yield* change(statement)
      const { isError } = yield* bob.call("who")
      yield* inboxOf(bob, { limit: 100, unseen: false })
      yield* bob.call("inbox", { sent: true })
      const longest = Math.max(...bob.lines().map(({ length }) => length))
      const peak = peakOf(bob.pid)
      expect(
        !isError && longest < mostTold && peak < 900,
        `${what}: ${longest} characters, ${Math.round(peak)} MiB`
      )
    }
    for (const args of commands) {
      const { code, stdout } = yield* runIn(home)(args)
      expect(
        code !== null && code <= 1 && stdout.length < 10 * mostTold,
        `cc-dm ${args.join(" ")}: ${code}, ${stdout.length}`
      )
    }
    const letters = yield* inboxOf(bob, { limit: 100, unseen: false })
    expect(
      letters.some(({ content }) => content === "hello"),
      "what a person sent did not come"
    )
    return outcome()
  })
}

export default attack
