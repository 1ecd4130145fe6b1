/** What happens in the demo, step by step. */
import { Effect } from "effect"
import { named } from "../testkit/host/ClaudeCode.ts"
import { startSession } from "../testkit/host/HookedSession.ts"
import { temporaryHome } from "../testkit/host/TemporaryHome.ts"
import { type Cast, cast, type Player } from "./Cast.ts"
import { fail, inTime } from "./Failure.ts"
import { bold, cyan, dim, green, heading, line, milliseconds, prose, quotation } from "./Page.ts"
import { receiveMessage, receiveVerdict, receiveWords, send } from "./Post.ts"

const introduce = Effect.fnUntraced(function* (home: string, players: ReadonlyArray<Player>) {
  yield* prose(`${bold("cc-dm")}: messages between Claude Code sessions`)
  yield* prose("This script plays three sessions of Claude Code. Their servers are the real ones.")
  yield* prose(`The bus is ${home}/.cc-dm/bus.db, and is removed at the end.`)
  yield* heading("The sessions")
  for (const { host, name, role, startTime } of players)
    yield* line(
      `${cyan(name.padEnd(8))}  ${role.padEnd(12)}  ${dim(`process ${host.pid}, ready after ${milliseconds(startTime)}`)}`
    )
})

const who = Effect.fnUntraced(function* ({ planner: { host } }: Cast) {
  yield* heading("1. Who is there?")
  yield* line(`${cyan("planner")} calls who`)
  const { json } = yield* host.call("who")
  const sessions = json["sessions"] as ReadonlyArray<{ name: string; role: string; project: string }>
  for (const { name, project, role } of sessions)
    yield* line(`  ${name.padEnd(8)}  ${role.padEnd(12)}  project ${project}`)
  if (sessions.length !== 3) return yield* fail(host, "the roster does not show the three sessions")
})

const directMessage = Effect.fnUntraced(function* ({ backend, planner }: Cast) {
  yield* heading("2. A direct message")
  const letter = {
    to: "backend",
    content: "Please add the currency to GET /items. The web shop waits for it.",
    priority: "urgent",
    message_type: "task",
    thread_id: "currency"
  }
  yield* receiveMessage(backend, yield* send(planner, letter), letter)
})

const reply = Effect.fnUntraced(function* ({ backend, planner }: Cast) {
  yield* heading("3. A reply in its thread")
  const letter = {
    to: "planner",
    content: "Done on branch currency. Shall GET /orders have it too?",
    message_type: "question",
    thread_id: "currency"
  }
  yield* receiveMessage(planner, yield* send(backend, letter), letter)
})

const broadcast = Effect.fnUntraced(function* ({ backend, planner, tests }: Cast) {
  yield* heading("4. A broadcast")
  const letter = { content: "The main branch is frozen until the release is tagged.", message_type: "status" }
  const sentAt = yield* send(planner, letter)
  yield* receiveMessage(backend, sentAt, letter)
  yield* receiveMessage(tests, sentAt, letter)
})

const permission = Effect.fnUntraced(function* ({ backend, planner }: Cast) {
  yield* heading("5. A permission, asked of another session")
  yield* line(`The Claude Code of ${cyan("backend")} asks whether it may use a tool`)
  const id = "abcde"
  const askedAt = performance.now()
  yield* backend.host.notify("notifications/claude/channel/permission_request", {
    request_id: id,
    tool_name: "Bash",
    description: "Migrate the test database",
    input_preview: '{"command": "bun run migrate --database test"}'
  })
  yield* receiveWords(planner, askedAt, "the request", id)
  const answeredAt = yield* send(planner, { to: "backend", content: `yes ${id}` })
  yield* receiveVerdict(backend, answeredAt, id)
  yield* receiveWords(planner, answeredAt, "the notice", id)
})

/** A session that nobody started as a channel: what it is shown, and what the sender learns of it. */
const wakeUp = Effect.fnUntraced(function* (home: string, { planner }: Cast) {
  yield* heading("6. A session without a channel is woken, and its sender learns that it saw")
  const env = named("docs", { CC_DM_SESSION_PROJECT: "shop" })
  const docs = yield* startSession({ home, env })
  const content = "The currency is in the API since today. Please describe it."
  yield* line(`${cyan("planner")} → ${cyan("docs")}: dm, while docs is idle`)
  yield* quotation(content)
  const sentAt = performance.now()
  const { json } = yield* inTime(
    planner.host,
    "the result of planner's dm"
  )(planner.host.call("dm", { to: "docs", content }))
  const { texts } = yield* inTime(docs.server, "a turn of docs")(docs.nextRequest)
  yield* line(
    `${green("✓")} the model of ${cyan("docs")} is asked, ${green(milliseconds(performance.now() - sentAt))} later`
  )
  yield* quotation(texts.join("\n"))
  yield* line(`${green("✓")} ${cyan("planner")} is told: ${json["state"]}; docs ${json["reachable_by"]}`)
  yield* docs.stop
  const state = Effect.map(
    planner.host.call("inbox", { sent: true }),
    ({ json }) =>
      (json["messages"] as ReadonlyArray<{ to: string; state: string }>).find(({ to }) => to === "docs")
        ?.state
  )
  yield* inTime(planner.host, "the receipt")(Effect.repeat(state, { until: (now) => now === "seen" }))
  yield* line(`${green("✓")} the model has answered, and ${cyan("planner")}'s inbox says: seen`)
})

/** The whole demo. Fails at the first thing that does not arrive. */
export const story = Effect.gen(function* () {
  const home = yield* temporaryHome
  const players = yield* cast(home)
  yield* introduce(home, Object.values(players))
  yield* who(players)
  yield* directMessage(players)
  yield* reply(players)
  yield* broadcast(players)
  yield* permission(players)
  yield* wakeUp(home, players)
  yield* heading(green("Everything arrived."))
  yield* prose(
    "The first messages of a server are its slowest. `bun run bench` measures it in daily use.",
    dim
  )
})
