/** A host that is not Claude Code behind the port: another form of hooks, answers and wake-ups, and nothing else is changed. */
import { expect } from "bun:test"
import { Deferred, Effect, Layer, Queue, Schema } from "effect"
import { Server } from "../../src/App.ts"
import { Host, type HostEvent } from "../../src/hosts/Host.ts"
import { McpClientEnd, McpTransport } from "../../src/mcp/McpTransport.ts"
import { Settings } from "../../src/settings/Settings.ts"
import { session, settingsOf, temporaryFolder, toName } from "../support/bus.ts"
import { quietHost } from "../support/host.ts"
import { it } from "../support/it.ts"

const Input = Schema.Struct({ what: Schema.Literals(["prompt", "end"]), text: Schema.String })

const eventOf = ({ text, what }: typeof Input.Type): HostEvent =>
  what === "prompt" ? { _tag: "Prompted", prompt: text } : { _tag: "Stopped" }

/** A host whose hooks say `what`, that is answered with `say`, and that gives its lines to a queue. */
const toy = (lines: Queue.Queue<string>): Host["Service"] => ({
  ...quietHost,
  name: "Toy",
  hookInput: Input,
  hear: (input) => {
    const read = Schema.decodeUnknownOption(Input)(input)
    return read._tag === "None"
      ? undefined
      : { event: eventOf(read.value), hook: read.value.what, conversation: "", turn: "", showsLine: false }
  },
  answer: (_, { context }) => ({ say: context }),
  toolUse: (meta) => (meta === undefined ? undefined : "toy"),
  toolMeta: {},
  words: {
    measure: ({ content }) => ({ size: content.length, whole: true }),
    show: (messages) => messages.map(({ content, from }) => `${from} says ${content}`).join(),
    notice: () => "",
    wakeUp: (messages, key) => `${messages.length} for you ${key}`
  },
  wakeUp: (line) => Queue.offer(lines, line)
})

it.live(
  "a second host stands behind the same port: it is woken, shown a message, and proves it seen",
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    const lines = yield* Queue.unbounded<string>()
    const alice = yield* session(home, { name: toName("alice") })
    yield* alice.identity.current
    const bob = yield* Layer.build(
      Layer.fresh(
        Server.pipe(
          Layer.provideMerge(McpTransport.memory),
          Layer.provide([
            Layer.succeed(Settings, settingsOf(home, { name: toName("bob") })),
            Layer.succeed(Host, toy(lines))
          ])
        )
      )
    )
    const client = yield* Effect.provide(McpClientEnd, bob)
    const replies = new Map<unknown, Deferred.Deferred<any>>()
    client.onmessage = (message) => {
      const reply = "id" in message ? replies.get(message.id) : undefined
      if (reply !== undefined) Deferred.doneUnsafe(reply, Effect.succeed(message))
    }
    yield* Effect.promise(() => client.start())
    let id = 0
    const ask = Effect.fnUntraced(function* (method: string, params: Record<string, unknown>) {
      const reply = Deferred.makeUnsafe<any>()
      replies.set(++id, reply)
      yield* Effect.promise(() => client.send({ jsonrpc: "2.0", id, method, params }))
      return (yield* Deferred.await(reply)).result
    })
    const hook = (what: string, text: string) =>
      Effect.map(ask("tools/call", { name: "session_hook", arguments: { what, text } }), ({ content }) =>
        JSON.parse(content[0].text)
      )

    yield* ask("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "toy", version: "1" }
    })
    yield* Effect.promise(() => client.send({ jsonrpc: "2.0", method: "notifications/initialized" }))
    const { tools } = yield* ask("tools/list", {})
    expect(tools.at(-1)).toMatchObject({
      description: "Answers Toy's hooks. Not for the model: its calls are refused.",
      inputSchema: { required: ["what", "text"] }
    })

    const sent = yield* alice.outbox.dm({ to: "bob", content: "hello", metadata: {} })
    const line = yield* Queue.take(lines)
    expect(line).toMatch(/^1 for you [0-9a-f]{6}$/)
    expect(yield* hook("prompt", `> ${line}`)).toEqual({ say: "alice says hello" })
    expect(yield* hook("end", "")).toEqual({})
    const messageId = "messageId" in sent ? sent.messageId : 0
    const state = alice.history.find(alice.identity.id, messageId)
    const seen = yield* Effect.repeat(Effect.delay(state, 10), { until: (found) => found?.state === "seen" })
    expect(seen?.state).toBe("seen")
  })
)
