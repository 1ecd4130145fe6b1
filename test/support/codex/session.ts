/** A session of Codex beside one of Claude Code, on one bus. */

import { expect } from "bun:test"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { eventually } from "../../../testkit/eventually.ts"
import { builtServer, named, startReady } from "../../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../bus.ts"
import { sendTaken, stateOf as stateOfSent } from "../routes.ts"

const standIn = join(import.meta.dir, "appServer.ts")

interface Started {
  readonly clientUserMessageId: string
  readonly input: ReadonlyArray<{ readonly text: string }>
  readonly additionalContext?: Record<string, { readonly kind: string; readonly value: string }>
}

/** Asks the stand-in, as a test may. */
const control = (path: string) => (method: string, params: object) =>
  Effect.callback<Record<string, unknown>>((resume) => {
    const socket = new WebSocket(`ws+unix://${path}`)
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, method, params }))
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data))
      if (message.id !== 1) return
      socket.close()
      resume(Effect.succeed(message.result))
    }
  })

/** Starts both, and waits until the server of Codex's session knows its thread. */
export const startBoth = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const program = join(home, "codex")
  symlinkSync(process.execPath, program)
  const path = join(home, "control.sock")
  const planner = yield* startReady({ home, env: named("planner") })
  const codex = yield* startReady({
    home,
    env: named("fred"),
    command: [
      program,
      standIn,
      "app-server",
      "--listen",
      `unix://${path}`,
      "--",
      ...builtServer,
      "--agent",
      "codex"
    ]
  })
  const ask = control(path)
  const listed = Effect.map(planner.call("who"), ({ json }) =>
    (
      json["sessions"] as ReadonlyArray<{
        readonly name: string
        readonly reachable_by: string
        readonly doing: string
        readonly cwd: string
      }>
    ).find(({ name }) => name === "fred")
  )
  const send = (content: string) => sendTaken(home, planner, "fred", content)
  const stateOf = (id: string) => stateOfSent(planner, id)
  const started = Effect.map(ask("test/seen", {}), (seen) => seen["started"] as ReadonlyArray<Started>)
  /** A hook calls. Gives what it is answered. */
  const hook = (event: string, fields: object = {}, thread = "thread-own") =>
    Effect.map(
      codex.request("tools/call", {
        name: "session_hook",
        arguments: { event, session_id: thread, ...fields },
        _meta: { threadId: thread, progressToken: 7 }
      }),
      ({ result }) => {
        const [block] = (result?.["content"] ?? []) as ReadonlyArray<{ readonly text: string }>
        expect(result?.["isError"]).toBeUndefined()
        return JSON.parse(block?.text ?? "")
      }
    )
  yield* eventually(listed, (found) => found?.reachable_by === "wakes up")
  return {
    planner,
    codex,
    listed,
    send,
    stateOf,
    started,
    hook,
    set: (state: object) => ask("test/set", state),
    seen: ask("test/seen", {})
  }
})
