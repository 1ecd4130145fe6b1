/**
 * Makes the pictures of `cc-dm watch`: docs/pictures/watch.svg at 80 x 24, watch-wide.svg, and watch-answer.svg, where a message is
 * answered. The built command in a terminal of tmux, on a bus with real servers whose sessions are played.
 * `bun scripts/record-watch.ts [folder]`
 */
import { join } from "node:path"
import { Effect } from "effect"
import { named, root, startReady } from "../testkit/host/ClaudeCode.ts"
import { startSession } from "../testkit/host/HookedSession.ts"
import { temporaryHome } from "../testkit/host/TemporaryHome.ts"
import { svgOf } from "./support/Svg.ts"
import { openScreen } from "./support/Tmux.ts"

const folder = process.argv[2] ?? join(root, "docs/pictures")
const small = { columns: 80, rows: 24 }
const wide = { columns: 130, rows: 30 }

const shop = { CC_DM_SESSION_PROJECT: "shop" }

const record = Effect.gen(function* () {
  const home = yield* temporaryHome
  const planner = yield* startSession({
    home,
    env: { ...named("planner", shop), CC_DM_SESSION_ROLE: "orchestrator" }
  })
  const backend = yield* startSession({ home, env: named("backend", shop) })
  const docs = yield* startSession({ home, env: named("docs", shop) })
  const tests = yield* startReady({
    home,
    env: named("tests", { ...shop, CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" })
  })
  const screen = yield* Effect.acquireRelease(
    Effect.sync(() =>
      openScreen({
        cwd: home,
        ...small,
        env: { PATH: `${join(root, "plugin/bin")}:${process.env["PATH"]}`, HOME: home, USER: "ada" }
      })
    ),
    ({ close }) => Effect.sync(close)
  )
  yield* Effect.promise(async () => {
    screen.type("cc-dm watch")
    screen.press("Enter")
    await screen.shows("On the bus")
  })

  yield* planner.prompt("Hand out the work.")
  yield* planner.toolBatch({
    tool: "dm",
    input: {
      to: "backend",
      content: "Please add the currency to GET /items. The web shop waits for it.",
      message_type: "task",
      thread_id: "currency"
    }
  })
  yield* backend.shown("Please add the currency")
  yield* backend.toolBatch({
    tool: "dm",
    input: { to: "planner", content: "Done on branch currency. Shall GET /orders have it too?" }
  })
  yield* planner.toolBatch({ tool: "dm", input: { to: "backend", content: "Yes, please." } })
  yield* planner.toolBatch({
    tool: "dm",
    input: { to: "docs", content: "The currency is in the API since today. Please describe it." }
  })
  yield* docs.shown("The currency is in the API")
  yield* docs.stop
  yield* planner.toolBatch({
    tool: "dm",
    input: { to: "tests", content: "Run everything once more on branch currency." }
  })
  yield* tests.notify("notifications/claude/channel/permission_request", {
    request_id: "kqfwm",
    tool_name: "Bash",
    description: "Run the tests against the staging database",
    input_preview: '{"command":"./dev test --against staging"}'
  })
  /** Takes a picture of the screen as it is, of this many columns. */
  const picture = async (name: string, columns: number, title: string) => {
    const file = join(folder, name)
    await Bun.write(file, svgOf(screen.coloured(), columns, title))
    console.log(`${screen.lines().join("\n")}\n${file}`)
  }
  yield* Effect.promise(async () => {
    await screen.shows("kqfwm")
    await screen.shows("Run everything")
    // The first message is chosen, whose words are longer than its line.
    screen.press("g")
    await screen.shows(/› \d\d:\d\d planner → backend/)
    await picture(
      "watch.svg",
      small.columns,
      "cc-dm watch at 80 x 24: four sessions and what they do, what they say to each other with its state, the words of the chosen message, and a permission request that waits"
    )
    screen.press("Down", "r")
    await screen.shows("in answer to message 2")
    screen.type("Yes, and tell docs when it is there.")
    await screen.shows("when it is there.")
    await picture(
      "watch-answer.svg",
      small.columns,
      "cc-dm watch at 80 x 24: an answer to a message is being typed"
    )
    screen.press("Escape")
    await screen.showsNot("in answer to")
    screen.resize(wide.columns, wide.rows)
    await screen.shows(/On the bus ─+ ── Messages/)
    await picture(
      "watch-wide.svg",
      wide.columns,
      "cc-dm watch at 130 x 30: the roster stands beside the messages"
    )
  })
})

await Effect.runPromise(Effect.scoped(record))
