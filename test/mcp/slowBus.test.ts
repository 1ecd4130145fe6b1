/** What the client is answered while the bus is slow, under the test clock: a real process holds the write lock. */
import { expect } from "bun:test"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Server } from "../../src/App.ts"
import { McpClientEnd, McpTransport } from "../../src/mcp/McpTransport.ts"
import { Settings } from "../../src/settings/Settings.ts"
import { session, settingsOf, temporaryFolder, toName } from "../support/bus.ts"
import { QuietHost } from "../support/host.ts"
import { it } from "../support/it.ts"
import { noFile, onFile } from "../support/underTest.ts"
import { holdWriteLock } from "../support/writeLock.ts"

const hello = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } }
const wait = TestClock.withLive(Effect.sleep("1 millis"))

onFile(noFile, it.effect)(
  "initialize waits half a second at most, and a hook not at all",
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    yield* Effect.scoped(
      Effect.gen(function* () {
        const { identity } = yield* session(home, { name: toName("planner"), conversation: "c-1" })
        yield* identity.current
      })
    )
    yield* holdWriteLock(home)
    const transport = yield* Layer.build(Layer.fresh(McpTransport.memory))
    const client = yield* Effect.provide(McpClientEnd, transport)
    const settings = Layer.succeed(Settings, settingsOf(home, { conversation: "c-1" }))
    const server = Layer.fresh(Server).pipe(
      Layer.provide([settings, QuietHost]),
      Layer.provide(Layer.succeedContext(transport))
    )
    const replies = new Map<unknown, any>()
    client.onmessage = (message) => {
      if ("id" in message) replies.set(message.id, message)
    }
    yield* Effect.promise(() => client.start())
    const building = yield* Effect.forkScoped(Layer.build(server))
    const ask = (id: number, method: string, params: Record<string, unknown>) =>
      Effect.promise(() => client.send({ jsonrpc: "2.0", id, method, params }))
    const reply = (id: number) =>
      Effect.repeat(Effect.as(wait, undefined), { until: () => replies.has(id) }).pipe(
        Effect.map(() => replies.get(id).result)
      )

    yield* ask(1, "initialize", hello)
    yield* ask(2, "tools/call", { name: "session_hook", arguments: { event: "UserPromptSubmit" } })
    expect(yield* reply(2)).toEqual({ content: [{ type: "text", text: "{}" }] })
    yield* ask(3, "tools/call", { name: "who" })
    yield* TestClock.adjust("999 millis")
    expect(replies.has(1)).toBe(false)
    yield* TestClock.adjust("1 millis")
    expect((yield* reply(1)).instructions).toContain("can't be said now")
    // There is no session behind the tools yet.
    expect(building.pollUnsafe()).toBeUndefined()
    expect(replies.has(3)).toBe(false)
    yield* TestClock.adjust("4000 millis")
    const said = yield* reply(3)
    expect(said.isError).toBe(true)
    expect(JSON.parse(said.content[0].text)).toMatchObject({
      success: false,
      error: expect.stringContaining("nothing was done"),
      _identity: null
    })
    yield* Fiber.interrupt(building)
  })
)
