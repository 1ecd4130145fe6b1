/**
 * One run of the fuzzer: a real server under generated variables is given generated lines, tool calls, hooks, rows of the
 * bus and answers of its inbox socket. It must neither end nor hang, write only JSON-RPC to stdout, and no secret
 * to stderr; in the end a message of a session that behaves must still reach it.
 */
import { Database as Sqlite } from "bun:sqlite"
import { spawn } from "node:child_process"
import { createServer, type Socket } from "node:net"
import { join } from "node:path"
import { Effect } from "effect"
import { hookEvents } from "../../src/hosts/claude-code/Hooks.ts"
import { variableNames } from "../../src/settings/variables.ts"
import { builtServer, named, root, startReady } from "../host/ClaudeCode.ts"
import { temporaryHome } from "../host/TemporaryHome.ts"
import { type Generator, generator, type Json, type Shape } from "./Generate.ts"

export interface Outcome {
  readonly seed: number
  readonly actions: number
  readonly calls: number
  /** The variables were refused as a whole, as both lists at once are. */
  readonly refused: boolean
  readonly violations: ReadonlyArray<string>
}

/** How long an answer may take, in milliseconds. */
const answerWithin = 15_000

/** How long a message may wait until its receiver takes it, in milliseconds. */
const takenWithin = 15_000

const hookFields = ["session_id", "prompt_id", "agent_id", "tool_use_id", "prompt", "source", "tool_name"]
const methods = [
  "ping",
  "initialize",
  "tools/list",
  "tools/call",
  "server/discover",
  "logging/setLevel",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/claude/channel/permission_request",
  "resources/list",
  ""
]

/** Variables of a session; most are sound. */
const environment = (g: Generator): Record<string, string> => {
  const env: Record<string, string> = {}
  const sound: Readonly<Record<string, ReadonlyArray<string>>> = {
    CC_DM_DELIVERY: ["auto", "channel", "hooks", "pull"],
    CC_DM_HISTORY: ["0", "1h", "30d"],
    CC_DM_PERMISSION_RELAY: ["1", "0"],
    CC_DM_PERMISSION_APPROVER: ["bob", "@me"]
  }
  for (const name of variableNames)
    if (g.chance(0.4))
      env[name] = (g.chance(0.5) ? g.pick(sound[name] ?? ["alice", "a,b", "bob"]) : g.text())
        .replaceAll("\0", "")
        .slice(0, 30_000)
  // An address that leads nowhere leaves nothing to try: `readBusUrl` has properties of its own.
  delete env["CC_DM_BUS_URL"]
  // Who may be written to is not in question here.
  if (!g.chance(0.1)) delete env["CC_DM_DM_BLOCKLIST"]
  if (g.chance(0.5)) env["CLAUDE_CODE_SESSION_ID"] = g.text().replaceAll("\0", "").slice(0, 30_000)
  return env
}

/** A socket that behaves as badly as it can. */
const badInbox = (g: Generator, path: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly close: () => void }>((resume) => {
      const open = new Set<Socket>()
      const server = createServer((socket) => {
        open.add(socket)
        socket.on("error", () => {})
        const way = g.below(5)
        if (way === 0) socket.destroy()
        if (way === 1) socket.pause()
        if (way === 2) socket.write(g.bytes(2_000))
        if (way === 3) socket.end(`${JSON.stringify(g.json())}\n`)
        if (way === 4) socket.write("x".repeat(200_000))
      })
      server.listen(path, () =>
        resume(
          Effect.succeed({
            close: () => {
              for (const socket of open) socket.destroy()
              server.close()
            }
          })
        )
      )
    }),
    ({ close }) => Effect.sync(close)
  )

/** A server whose stdin takes anything, and whose stdout is judged. */
const startServer = (home: string, env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const [program = "sh", ...args] = builtServer
      const child = spawn(program, args, {
        cwd: root,
        stdio: "pipe",
        env: { PATH: process.env["PATH"] ?? "", HOME: home, CLAUDECODE: "1", ...env }
      })
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => {})
      const answers = new Map<string | number, any>()
      const bad: Array<string> = []
      const state = { stdout: "", stderr: "", ended: undefined as string | undefined }
      let rest = ""
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n")
        rest = lines.pop() ?? ""
        for (const line of lines)
          try {
            const message = JSON.parse(line)
            if (message.jsonrpc !== "2.0") throw new Error("no JSON-RPC")
            if (message.id !== undefined && message.method === undefined) answers.set(message.id, message)
          } catch (cause) {
            bad.push(`on stdout: ${JSON.stringify(line.slice(0, 200))} (${String(cause)})`)
          }
      })
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        state.stderr += chunk
      })
      child.once("exit", (code, signal) => {
        state.ended = `the server ended with ${signal ?? code}`
      })
      return { child, answers, bad, state, rest: () => rest }
    }),
    ({ child, state }) =>
      Effect.callback<void>((resume) => {
        if (state.ended !== undefined) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

const columns: Readonly<Record<string, ReadonlyArray<string>>> = {
  messages:
    "id from_session to_session content meta delivered created_at protocol kind sender_id expires_at kept_until to_name mail left_at batch from_project from_kind".split(
      " "
    ),
  receipts:
    "message_id state pushed_at accepted_at handed_at seen_at ended_at reason quiet not_taken_at told".split(
      " "
    ),
  sessions:
    "id name role cwd status last_seen registered_at project protocol doorbell reach doing doing_since kind leased_until version".split(
      " "
    ),
  permission_requests:
    "asker_id request_id tool_name created_at expires_at behavior answered_by answered_at passed_on_at content".split(
      " "
    ),
  permission_asked: ["asker_id", "request_id", "session_id"],
  conversations: ["conversation", "session_id", "name", "role", "project", "served_at"],
  tidying: ["what", "done_at"]
}

/** Runs `count` actions from a seed. */
export const run = (seed: number, count: number): Effect.Effect<Outcome> =>
  Effect.scoped(
    Effect.gen(function* () {
      const g = generator(seed)
      const violations: Array<string> = []
      const home = yield* temporaryHome
      const bob = yield* startReady({ home, env: named("bob") })
      const token = `token-${seed}-that-is-secret`
      const socket = join(home, "in.sock")
      yield* badInbox(generator(seed + 1), socket)
      const env = {
        ...environment(g),
        ...(g.chance(0.7) ? { CLAUDE_CODE_MESSAGING_SOCKET: socket, CLAUDE_CODE_MESSAGING_TOKEN: token } : {})
      }
      const server = yield* startServer(home, env)
      const { answers, child, state } = server
      const write = (data: string | Buffer) => {
        child.stdin.write(data)
        child.stdin.write("\n")
      }
      let last = 0
      const post = (method: string, params: Json | undefined, id: string | number = `n${++last}`) => {
        write(JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) }))
        return id
      }
      const answerTo = Effect.fnUntraced(function* (id: string | number) {
        for (let waited = 0; waited < answerWithin && state.ended === undefined; waited += 10) {
          const found = answers.get(id)
          if (found !== undefined) return found
          yield* Effect.sleep(10)
        }
        return undefined
      })
      const call = (name: Json, input: Json, id?: string | number) =>
        post("tools/call", { name, arguments: input, _meta: { "claudecode/toolUseId": `t${last}` } }, id)
      const resultOf = Effect.fnUntraced(function* (tool: string, input: Json) {
        const answer = yield* answerTo(call(tool, input, `check-${++last}`))
        const words = answer?.result?.content?.[0]?.text
        if (words === undefined) return undefined
        return { isError: answer.result.isError === true, words: String(words) }
      })

      const hello = {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "claude-code", version: "2.1.330" }
      }
      const greeted = yield* answerTo(post("initialize", hello))
      const refused = state.ended !== undefined && state.stderr.includes("mutually exclusive")
      if (refused) return { seed, actions: 0, calls: 0, refused, violations }
      if (greeted === undefined) violations.push(`initialize was not answered; ${state.ended ?? "it hangs"}`)
      write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }))
      const listed = yield* answerTo(post("tools/list", {}))
      const tools: ReadonlyArray<{ readonly name: string; readonly inputSchema: Shape }> =
        listed?.result?.tools ?? []
      const database = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const file = new Sqlite(join(home, ".cc-dm/bus.db"))
          file.run("PRAGMA busy_timeout = 2000")
          return file
        }),
        (file) => Effect.sync(() => file.close())
      )
      const idOf = (clause: string) =>
        database.query<{ id: string }, []>(`SELECT id FROM sessions WHERE ${clause}`).get()?.id ?? ""
      yield* resultOf("who", {})
      const bobId = idOf("name = 'bob'")
      const id = idOf(`id <> '${bobId}'`)

      const wildColumn = (name: string) => {
        if (/^(to_session|session_id|asker_id)$/.test(name) && g.chance(0.8)) return id
        if (name === "sender_id" && g.chance(0.5)) return g.pick([id, bobId])
        if (name === "delivered" && g.chance(0.8)) return g.pick([0, 1, 2, 3, 4])
        if (name === "message_id" || (name === "id" && g.chance(0.3))) return 1 + g.below(60)
        if (name === "created_at" && g.chance(0.5)) return new Date().toISOString()
        if (/(_at|_until|last_seen)$/.test(name) && g.chance(0.5)) return "9999-01-01T00:00:00.000Z"
        if (name === "kind" && g.chance(0.5))
          return g.pick([
            "chat",
            "notice",
            "permission_request",
            "permission_verdict",
            "session",
            "command line"
          ])
        if (name === "protocol" && g.chance(0.5)) return 2
        const kind = g.below(5)
        if (kind === 0) return null
        if (kind === 1) return g.bytes(300)
        if (kind === 2) return g.number()
        if (kind === 3) return JSON.stringify(g.json())
        return g.text()
      }
      const wildRow = () => {
        const table = g.pick(["messages", "messages", "messages", ...Object.keys(columns)])
        const some = (columns[table] ?? []).filter(() => g.chance(0.85))
        // The index of an INTEGER PRIMARY KEY takes nothing else, and a taken one is refused.
        const values = some.map(wildColumn)
        try {
          database
            .query(
              `INSERT OR IGNORE INTO ${table} (${some.join(", ")}) VALUES (${some.map(() => "?").join(", ")})`
            )
            .run(...values)
        } catch {
          // A constraint.
        }
      }
      const wildUpdate = () => {
        const table = g.pick(["messages", "receipts", "sessions", "permission_requests"])
        const column = g.pick((columns[table] ?? []).filter((name) => name !== "id"))
        try {
          database
            .query(`UPDATE OR IGNORE ${table} SET ${column} = ? WHERE rowid = 1 + abs(random() % 9)`)
            .run(wildColumn(column))
        } catch {
          // A constraint.
        }
      }

      /** Calls that nobody gave up, and that must be answered. */
      const open = new Set<string | number>()
      const toolCall = () => {
        const tool = g.pick(tools)
        const called = call(
          g.chance(0.97) ? tool.name : g.json(1),
          tool.name === "session_hook" ? hookInput() : g.fitting(tool.inputSchema)
        )
        open.add(called)
        return called
      }
      const hookInput = (): Json => {
        if (g.chance(0.1)) return g.json()
        const fields = hookFields
          .filter(() => g.chance(0.6))
          .map((key): [string, Json] => [
            key,
            g.chance(0.8) ? g.pick(["", "c1", "c2", "toolu_1", "clear", "compact"]) : g.json()
          ])
        return Object.fromEntries([["event", g.chance(0.9) ? g.pick(hookEvents) : g.json()], ...fields])
      }
      const hookCall = () =>
        void open.add(post("tools/call", { name: "session_hook", arguments: hookInput() }))
      const cancel = (what: Json) =>
        write(
          JSON.stringify({
            jsonrpc: "2.0",
            method: "notifications/cancelled",
            params: { requestId: what, ...(g.chance(0.5) ? { reason: g.json() } : {}) }
          })
        )
      const cancelCall = () => {
        const called = g.chance(0.7) ? toolCall() : (g.pick([...open, "none"]) as string)
        open.delete(called)
        cancel(called)
        if (g.chance(0.2)) cancel(g.json(1))
      }
      const rpc = (): string =>
        JSON.stringify({
          ...(g.chance(0.95) ? { jsonrpc: "2.0" } : {}),
          ...(g.chance(0.7) ? { id: g.chance(0.8) ? `w${++last}` : g.json(1) } : {}),
          ...(g.chance(0.9) ? { method: g.chance(0.9) ? g.pick(methods) : g.json(1) } : {}),
          ...(g.chance(0.8) ? { params: g.json() } : {}),
          ...(g.chance(0.1) ? { result: g.json(), error: g.json() } : {})
        })
      const permissionRequest = () =>
        write(
          JSON.stringify({
            jsonrpc: "2.0",
            method: "notifications/claude/channel/permission_request",
            params: g.chance(0.2)
              ? g.json()
              : {
                  request_id: g.chance(0.7) ? "abcde" : g.json(1),
                  tool_name: g.text(),
                  description: g.text(),
                  input_preview: g.text()
                }
          })
        )
      const hugeLine = () =>
        write(
          g.chance(0.5)
            ? "x".repeat(1_000_000 + g.below(4_000_000))
            : JSON.stringify({
                jsonrpc: "2.0",
                id: `w${++last}`,
                method: g.pick(methods),
                params: { name: "dm", arguments: { to: "bob", content: "y".repeat(2_000_000) } }
              })
        )
      const deep = () => write("[".repeat(g.below(200_000)))
      const fromBob = bob.send("tools/call", {
        name: "dm",
        arguments: { to: id, content: `hello ${g.text().toWellFormed()}` },
        _meta: {}
      })

      const actions: ReadonlyArray<readonly [number, () => unknown]> = [
        [30, toolCall],
        [20, hookCall],
        [12, () => write(rpc())],
        [12, () => write(g.mutate(rpc()))],
        [
          6,
          () => write(g.mutate(JSON.stringify({ jsonrpc: "2.0", id: `w${++last}`, method: "tools/call" })))
        ],
        [6, () => write(g.bytes(400))],
        [10, cancelCall],
        [20, wildRow],
        [6, wildUpdate],
        [5, permissionRequest],
        [6, () => fromBob],
        [1, hugeLine],
        [1, deep]
      ]
      const weight = actions.reduce((sum, [part]) => sum + part, 0)
      const next = () => {
        let at = g.below(weight)
        for (const [part, action] of actions) {
          if (at < part) return action()
          at -= part
        }
      }

      let done = 0
      const isWell = Effect.gen(function* () {
        const who = yield* resultOf("who", {})
        if (who === undefined)
          violations.push(`after ${done} actions who is not answered; ${state.ended ?? "it hangs"}`)
        else if (who.isError) violations.push(`after ${done} actions who fails: ${who.words.slice(0, 300)}`)
        else JSON.parse(who.words)
      })
      while (done < count && violations.length === 0) {
        const made = next()
        if (Effect.isEffect(made)) yield* made as Effect.Effect<unknown>
        done++
        if (done % 20 === 0) yield* isWell
        if (g.chance(0.05)) yield* Effect.sleep(g.below(30))
      }
      if (violations.length === 0) yield* isWell
      for (const one of violations.length === 0 ? open : [])
        if ((yield* answerTo(one)) === undefined) {
          violations.push(`call ${one} was never answered`)
          break
        }

      // A row of somebody must not stand in the way of all others.
      if (violations.length === 0) {
        const mark = `the end of ${seed}`
        // Whoever writes rows by hand may have put bob into a project.
        database.query("UPDATE sessions SET project = '' WHERE id = ?").run(bobId)
        const { json } = yield* bob.call("dm", { to: id, content: mark, expires_in: 60 })
        if (json["success"] !== true)
          violations.push(`bob can't write any more: ${JSON.stringify(json).slice(0, 300)}`)
        else {
          const message = String(json["message_id"])
          const stateNow = () =>
            database
              .query<{ delivered: number }, [number]>("SELECT delivered FROM messages WHERE id = ?")
              .get(Number(message))?.delivered
          for (let waited = 0; waited < takenWithin && [0, 2].includes(stateNow() ?? 9); waited += 50)
            yield* Effect.sleep(50)
          if ([0, 2].includes(stateNow() ?? 9)) violations.push("what bob wrote in the end was never taken")
        }
      }
      violations.push(...server.bad)
      // A task that failed may have had more in hand than the row that it failed at.
      const failed =
        /cc-dm (?:error.*|warn: (?:delivery|heartbeat|name|news|notice|permission relay|receipts|reports): .*)/.exec(
          state.stderr
        )
      if (failed !== null) violations.push(`a task failed: ${failed[0].slice(0, 500)}`)
      if (state.ended !== undefined) violations.push(state.ended)
      if (violations.length > 0 && state.stderr !== "")
        violations.push(`stderr: ${state.stderr.slice(-1_500)}`)
      if (state.stderr.includes(token)) violations.push("the token of the inbox stands on stderr")
      if (bob.stderr().includes(token)) violations.push("the token of the inbox stands on bob's stderr")
      return { seed, actions: done, calls: last, refused, violations }
    })
  )
