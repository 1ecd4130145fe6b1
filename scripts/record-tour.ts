/**
 * Makes the moving picture of the README, docs/pictures/tour.svg: two sessions of the real Claude Code and `cc-dm watch`, each in a terminal of
 * tmux. The user asks the planner something, the idle backend is woken and answers, and the message is seen. A stand-in answers for the
 * models, and there is no network. `bun scripts/record-tour.ts [file]`
 */
import { join } from "node:path"
import { call, say } from "../testkit/models/Script.ts"
import { installClient, makeScratchUser, said } from "./support/ClaudeClient.ts"
import { type ClientSession, prepare, type StartOptions, setUp } from "./support/ClientSession.ts"
import { isOffline, runOffline } from "./support/Offline.ts"
import { type Moving, movingSvgOf } from "./support/Svg.ts"
import { openScreen, type Screen } from "./support/Tmux.ts"
import { until } from "./support/until.ts"

const root = join(import.meta.dir, "..")
const file = process.argv[2] ?? join(root, "docs/pictures/tour.svg")
const size = { columns: 64, rows: 17 }
const watchSize = { columns: 133, rows: 14 }

/** How often the screens are looked at, in milliseconds. */
const spacing = 150
/** How long it stands at its end, in seconds. */
const rest = 5

interface Stage {
  readonly title: string
  readonly at: readonly [column: number, row: number]
  readonly size: { readonly columns: number; readonly rows: number }
  readonly screen: Screen
}

/** Looks at the screens until it is told to stop. */
const film = (stages: ReadonlyArray<Stage>) => {
  const start = performance.now()
  const frames = stages.map((): Array<Moving["frames"][number]> => [])
  const look = () => {
    // Without what it took to come to the first frame.
    const second = frames[0]?.length === 0 ? 0 : (performance.now() - start) / 1_000
    for (const [index, { screen, size }] of stages.entries())
      frames[index]?.push({ second, lines: screen.coloured().slice(0, size.rows) })
  }
  look()
  const timer = setInterval(look, spacing)
  return () => {
    clearInterval(timer)
    look()
    const seconds = Math.ceil((performance.now() - start) / 1_000) + rest
    const screens = stages.map(
      ({ at, size, title }, index): Moving => ({ title, at, ...size, frames: frames[index] ?? [] })
    )
    return { screens, seconds }
  }
}

const question = "Ask backend which tests are slow, and tell me what it says."

const record = async () => {
  const program = await installClient()
  const user = await makeScratchUser(program)
  setUp(user, ["planner", "backend"], { theme: "dark-ansi" })
  for (const args of [
    ["plugin", "marketplace", "add", root],
    ["plugin", "install", "cc-dm@cc-dm-marketplace"]
  ]) {
    const outcome = await user.claude(...args)
    if (outcome.code !== 0) throw new Error(said(outcome))
  }
  const opened: Array<{ readonly screen: Screen; readonly session?: ClientSession }> = []
  const open = async (name: string, role: string, answer: StartOptions["answer"]) => {
    const { env, folder, session } = prepare({
      program,
      user,
      folder: name,
      env: { CC_DM_SESSION_NAME: name, CC_DM_SESSION_ROLE: role, CC_DM_SESSION_PROJECT: "shop" },
      ...(answer === undefined ? {} : { answer })
    })
    const screen = openScreen({ cwd: folder, env: { ...env, PS1: "" }, ...size })
    opened.push({ screen, session })
    screen.type(`exec ${program}`)
    screen.press("Enter")
    await screen.shows("❯")
    // Its first turn takes longest; then the screen is emptied.
    screen.type("Hello.")
    screen.press("Enter")
    await screen.shows("Understood.")
    screen.type("/clear")
    await screen.shows("/clear")
    screen.press("Enter")
    await screen.showsNot("Understood.")
    return screen
  }
  try {
    const planner = await open("planner", "orchestrator", ({ afterTool, news }) => {
      if (!afterTool && news.includes(question))
        return call("dm", {
          to: "backend",
          content: "Which tests are slow? Please measure.",
          message_type: "question"
        })
      if (afterTool) return say("I have asked backend, and tell you when it answers.")
      return news.includes("login")
        ? say("Backend says: login takes 40 s, everything else is under 2 s.")
        : undefined
    })
    // It works for a while before it answers, so that the planner is idle by then.
    let asked: string | undefined
    const backend = await open("backend", "worker", ({ afterTool, news }) => {
      const number = /Message (\d+) from/.exec(news)?.[1]
      if (!afterTool && number !== undefined) {
        asked = number
        return call("Bash", { command: "sh work.sh", description: "Measure the tests" })
      }
      if (asked === undefined) return afterTool ? say("I have told the planner.") : undefined
      const reply_to = asked
      asked = undefined
      return call("dm", { reply_to, content: "login takes 40 s. All others are under 2 s." })
    })
    const watch = openScreen({
      cwd: user.home,
      env: { ...user.env, PATH: `${join(root, "plugin/bin")}:${user.env["PATH"]}`, USER: "ada" },
      ...watchSize
    })
    opened.push({ screen: watch })
    watch.type("exec cc-dm watch")
    watch.press("Enter")
    await watch.shows("2 on the bus")

    const stop = film([
      { title: 'Claude Code, "planner"', at: [0, 0], size, screen: planner },
      { title: 'Claude Code, "backend"', at: [69, 0], size, screen: backend },
      { title: "cc-dm watch", at: [0, size.rows + 3], size: watchSize, screen: watch }
    ])
    await Bun.sleep(1_500)
    for (const word of question.split(/(?= )/)) {
      planner.type(word)
      await Bun.sleep(120)
    }
    planner.press("Enter")
    await planner.shows("I have asked backend")
    await opened[1]?.session?.isAtWork()
    await Bun.sleep(2_500)
    opened[1]?.session?.finishWork()
    await planner.shows("Backend says:")
    await until("both messages seen", () => {
      const lines = watch.lines().filter((line) => line.includes("seen"))
      return lines.length >= 2 || undefined
    })
    await Bun.sleep(1_000)
    const { screens, seconds } = stop()
    const picture = movingSvgOf(
      screens,
      seconds,
      "The planner asks, the idle backend wakes up and answers, and cc-dm watch shows each message become seen"
    )
    await Bun.write(file, picture)
    console.log(`${file}: ${seconds} s, ${Math.round(picture.length / 1_024)} KiB`)
    for (const { screen } of opened) console.log(screen.lines().join("\n"))
  } finally {
    for (const { screen, session } of opened) {
      screen.close()
      await session?.model.stop()
    }
    user.remove()
  }
}

await installClient()
const code = isOffline ? undefined : await runOffline(import.meta.path)
if (code === undefined) await record()
else process.exitCode = code
