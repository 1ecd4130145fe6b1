/**
 * Makes the picture of `cc-dm watch` in the README, docs/pictures/watch.svg: the built command in a terminal of tmux, on a bus with
 * real servers whose sessions are played. `bun scripts/record-watch.ts [file]`
 */
import { join } from "node:path"
import { Effect } from "effect"
import { named, root, startReady } from "../testkit/host/ClaudeCode.ts"
import { startSession } from "../testkit/host/HookedSession.ts"
import { temporaryHome } from "../testkit/host/TemporaryHome.ts"
import { svgOf } from "./support/Svg.ts"
import { openScreen } from "./support/Tmux.ts"

const columns = 118
const rows = 24
const file = process.argv[2] ?? join(root, "docs/pictures/watch.svg")

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
        columns,
        rows,
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
  yield* Effect.promise(async () => {
    await screen.shows("kqfwm")
    await screen.shows("Run everything")
    screen.press("Tab", "Tab")
    await Bun.sleep(1_500)
  })
  const picture = svgOf(
    screen.coloured(),
    columns,
    "cc-dm watch: four sessions, what they say to each other with its state, and a permission request that waits"
  )
  yield* Effect.promise(() => Bun.write(file, picture))
  console.log(screen.lines().join("\n"))
})

await Effect.runPromise(Effect.scoped(record))
console.log(file)
