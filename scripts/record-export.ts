/**
 * Makes the picture of an exported page, docs/pictures/export.png: what the built `cc-dm export` writes of a bus with real servers whose
 * sessions are played, in Chromium. `bun scripts/record-export.ts [file]`
 */
import { join } from "node:path"
import { Effect } from "effect"
import { named, root, startReady } from "../testkit/host/ClaudeCode.ts"
import { startSession } from "../testkit/host/HookedSession.ts"
import { temporaryHome } from "../testkit/host/TemporaryHome.ts"
import { openBrowser } from "./support/Browser.ts"
import { mustRun } from "./support/run.ts"

const file = process.argv[2] ?? join(root, "docs/pictures/export.png")
const size = { width: 1040, height: 860 }

const shop = { CC_DM_SESSION_PROJECT: "shop" }

/** A morning's work of four sessions, one of which ends too early. */
const play = Effect.fnUntraced(function* (home: string) {
  const planner = yield* startSession({ home, env: named("planner", shop) })
  const backend = yield* startSession({ home, env: named("backend", shop) })
  const web = yield* startSession({ home, env: named("web", shop) })
  const tests = yield* startReady({ home, env: named("tests", shop) })
  const say = (from: typeof planner, input: object) => from.toolBatch({ tool: "dm", input })
  yield* planner.prompt("Hand out the work.")
  yield* say(planner, {
    to: "backend",
    content: "Please add the currency to GET /items. The web shop waits for it.",
    message_type: "task",
    thread_id: "currency"
  })
  yield* backend.shown("Please add the currency")
  yield* say(backend, {
    reply_to: "1",
    content: "Done on branch currency. Shall GET /orders have it too?",
    message_type: "question"
  })
  yield* say(planner, {
    to: "web",
    content: "The API has prices with a currency soon. Keep the old field for a week."
  })
  yield* web.shown("prices with a currency")
  yield* say(planner, {
    reply_to: "2",
    content:
      'Yes, please.\nThe contract is in docs/api.md, section 4:\n\n    { "amount": 1999, "currency": "EUR" }'
  })
  yield* say(backend, { to: "web", content: "currency is in /items and /orders now.", thread_id: "currency" })
  yield* say(web, {
    to: "backend",
    content: "Looks right here. Rounding of JPY is off by 100: it has no decimals.",
    thread_id: "currency",
    priority: "urgent"
  })
  yield* say(backend, { to: "web", content: "Fixed, with a test.", thread_id: "currency" })
  yield* say(planner, {
    to: "tests",
    content: "Run everything once more on branch currency.",
    message_type: "review"
  })
  yield* tests.closeStdin
  yield* tests.ended
})

const record = Effect.gen(function* () {
  const home = yield* temporaryHome
  yield* play(home)
  const page = join(home, "shop.html")
  yield* Effect.promise(async () => {
    await mustRun([join(root, "plugin/bin/cc-dm"), "export", "--output", page], {
      cwd: home,
      env: { PATH: process.env["PATH"] ?? "", HOME: home, USER: "ada", TZ: "UTC" }
    })
    const browser = await openBrowser({ viewport: size, colorScheme: "light" })
    try {
      const tab = await browser.context.newPage()
      await tab.goto(`file://${page}`)
      await tab.screenshot({ path: file })
    } finally {
      await browser.close()
    }
  })
})

await Effect.runPromise(Effect.scoped(record))
console.log(file)
