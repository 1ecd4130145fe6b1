/**
 * Makes the picture of a wake-up in the README, docs/pictures/wake.svg: the real Claude Code in a terminal of tmux, idle, when a
 * message comes. A stand-in answers for the model, and there is no network. `bun scripts/record-wake.ts [file]`
 */
import { join } from "node:path"
import { installClient, makeScratchUser, said } from "./support/ClaudeClient.ts"
import { prepare, setUp } from "./support/ClientSession.ts"
import { isOffline, runOffline } from "./support/Offline.ts"
import { startSendingSession } from "./support/SendingSession.ts"
import { svgOf } from "./support/Svg.ts"
import { openScreen } from "./support/Tmux.ts"

const root = join(import.meta.dir, "..")
const columns = 100
const file = process.argv[2] ?? join(root, "docs/pictures/wake.svg")

const record = async () => {
  const program = await installClient()
  const user = await makeScratchUser(program)
  setUp(user, ["shop"], { theme: "dark-ansi" })
  for (const args of [
    ["plugin", "marketplace", "add", root],
    ["plugin", "install", "cc-dm@cc-dm-marketplace"]
  ]) {
    const outcome = await user.claude(...args)
    if (outcome.code !== 0) throw new Error(said(outcome))
  }
  const sender = await startSendingSession({
    home: user.home,
    name: "planner",
    env: { PATH: user.env["PATH"] ?? "" }
  })
  const { env, folder, session } = prepare({
    program,
    user,
    folder: "shop",
    env: { CC_DM_SESSION_NAME: "backend", CC_DM_SESSION_ROLE: "worker" },
    answer: () => ({
      _tag: "Say",
      text: "The planner asks for the currency in GET /items. I look at the handler first."
    })
  })
  const screen = openScreen({ cwd: folder, env: { ...env, PS1: "" }, columns, rows: 24 })
  try {
    screen.type(`exec ${program}`)
    screen.press("Enter")
    await screen.shows("❯")
    await sender.sees("backend", ({ name }) => name === "backend")
    // Before a hook has called, the line of a wake-up says more.
    screen.type("Wait for work.")
    screen.press("Enter")
    await sender.sees("backend, idle,", ({ doing, name }) => name === "backend" && doing === "idle")
    screen.type("/clear")
    await screen.shows("/clear")
    screen.press("Enter")
    await screen.showsNot("Wait for work.")
    const id = await sender.dm(
      "backend",
      "Please add the currency to GET /items. The web shop waits for it, and for the tests of it."
    )
    await sender.becomes(id, "seen")
    await screen.shows("I look at the handler first.")
    const lines = screen.coloured()
    const plain = screen.lines()
    const first = plain.findIndex((line) => line.includes("@cc-dm"))
    const last = plain.findIndex((line) => line.includes("I look at the handler first."))
    if (first < 0 || last < first) throw new Error(plain.join("\n"))
    const shown = lines.slice(first, last + 1)
    await Bun.write(
      file,
      svgOf(
        shown,
        columns,
        "An idle session of Claude Code is woken: one row for the wake-up, one line of who wrote and how it begins"
      )
    )
    console.log(plain.slice(first, last + 1).join("\n"))
  } finally {
    screen.close()
    await sender.stop()
    await session.model.stop()
    user.remove()
  }
}

const code = isOffline ? undefined : await runOffline(import.meta.path)
if (code === undefined) await record()
else process.exitCode = code
