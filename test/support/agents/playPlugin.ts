/** Plays an agent that has loaded a plugin of ours, in a home folder beside a session that writes to it. */
import { spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { eventually } from "../../../testkit/eventually.ts"
import { busVariables } from "../../../testkit/host/BusAddress.ts"
import { named, root, startReady } from "../../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../bus.ts"
import { sendTaken, stateOf as stateOfSent } from "../routes.ts"

interface Printed {
  readonly result?: unknown
  readonly woke?: unknown
}

/** What runs the agents: opencode is made with Bun, and pi runs in Node. */
const runtimes = { opencode: process.execPath, pi: Bun.which("node") ?? process.execPath }

export const playPlugin = Effect.fn(function* (agent: "opencode" | "pi") {
  const home = yield* temporaryFolder
  const planner = yield* startReady({ home, env: named("planner") })
  const printed: Array<Printed> = []
  const program = join(home, "agent.mjs")
  const source = readFileSync(join(import.meta.dir, "pluginHost.ts"), "utf8")
  writeFileSync(program, new Bun.Transpiler({ loader: "ts" }).transformSync(source))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const file = join(root, `plugin/agents/${agent}.js`)
      const started = spawn(runtimes[agent], [program, agent, file], {
        cwd: home,
        env: {
          ...busVariables(home),
          ...named("fred"),
          HOME: home,
          PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`
        },
        stdio: ["pipe", "pipe", "inherit"]
      })
      let text = ""
      started.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (text + chunk).split("\n")
        text = lines.pop() ?? ""
        for (const line of lines) printed.push(JSON.parse(line))
      })
      return started
    }),
    (started) =>
      Effect.promise(async () => {
        const ended = new Promise((resolve) => started.once("exit", resolve))
        if (started.exitCode !== null) return
        started.stdin.end()
        await ended
      })
  )
  const results = () => printed.filter((one) => "result" in one)
  /** Calls a hook, and gives what it gave. */
  const call = Effect.fn(function* (name: string, ...args: ReadonlyArray<unknown>) {
    const before = results().length
    child.stdin.write(`${JSON.stringify([name, ...args])}\n`)
    yield* eventually(
      Effect.sync(() => results().length),
      (count) => count > before
    )
    // Whatever the plugin has given.
    return results().at(-1)?.result as any
  })
  const send = (content: string) => sendTaken(home, planner, "fred", content)
  const stateOf = (id: string) => stateOfSent(planner, id)
  const sessions = Effect.map(
    planner.call("who"),
    ({ json }) =>
      json["sessions"] as ReadonlyArray<{ name: string; agent: string; reachable_by: string; doing?: string }>
  )
  /** How the agent's session stands on the bus. */
  const fred = Effect.map(sessions, (all) => all.find(({ name }) => name === "fred"))
  /** Waits until it does that. */
  const does = (what: string) => eventually(fred, (session) => session?.doing === what)
  /** What has woken the session, so far. */
  const wakeUps = Effect.sync(() => printed.flatMap(({ woke }) => (woke === undefined ? [] : [woke])))
  yield* eventually(
    Effect.sync(() => printed),
    (all) => all.some((one) => "ready" in one)
  )
  return { call, send, stateOf, fred, does, wakeUps, planner }
})
