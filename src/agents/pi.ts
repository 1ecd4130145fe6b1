/**
 * The extension of pi. pi has no MCP: this starts the server, gives its tools to the model, shows messages with prompts and results of
 * tools, wakes the session, and tells what happens. pi loads it anew for each session. What was seen of version 0.73.1 stands beside
 * its use.
 */

import { keyVariable } from "../hosts/HookPlaces.ts"
import { useKey } from "../hosts/PluginMeta.ts"
import { version } from "../version.ts"
import { type McpClient, type McpTool, startMcpServer } from "./McpClient.ts"
import type { Context, Message, Pi } from "./PiApi.ts"
import { guarded, launcherBeside } from "./Plugin.ts"
import type { Reply } from "./Requests.ts"
import { openSessionHooks } from "./SessionHooks.ts"

/** Tools of ours, as the model calls them. */
const prefix = "cc_dm_"

/** pi asks a model up to three times more, with pauses of 2, 4 and 8 s, before it gives up: nothing tells of that. In milliseconds. */
const timeToGiveUp = 10_000

/** The longest time that a compaction keeps wake-ups off, in milliseconds: nothing tells of one that fails. */
const longestCompaction = 120_000

/** An answer of the model that has ended. Nothing names it but its time. */
const replyOf = ({ role, stopReason, timestamp }: Message): ReadonlyArray<Reply> =>
  role === "assistant"
    ? [{ id: String(timestamp), whole: stopReason !== "error" && stopReason !== "aborted" }]
    : []

const textsOf = ({ content = [] }: Message): ReadonlyArray<string> =>
  typeof content === "string" ? [content] : content.flatMap(({ text }) => (text === undefined ? [] : [text]))

export default (pi: Pi): void => {
  const hooks = openSessionHooks()
  let server: McpClient | undefined
  let context: Context | undefined
  let compactingUntil = 0
  let failing: NodeJS.Timeout | undefined

  const show = (kind: "info" | "warning") => (line: string) => {
    if (context?.hasUI) context.ui.notify(line, kind)
  }
  const log = show("warning")
  const notify = show("info")
  const safely = <A extends ReadonlyArray<unknown>, B>(run: (...args: A) => Promise<B> | B) =>
    guarded(log, run)

  const wake = safely((line: string) => {
    // A line that is queued calls no event: the messages come with the next result of a tool, or when the turn is over.
    if (performance.now() < compactingUntil || context?.isIdle() !== true)
      return hooks.tell({ _tag: "Stirred" })
    pi.sendUserMessage(line)
  })

  const register = ({ description, inputSchema, name, title = name }: McpTool): void =>
    pi.registerTool({
      name: prefix + name,
      label: title,
      description,
      parameters: inputSchema,
      execute: async (id, params, signal) => {
        if (server === undefined) throw new Error("the server of cc-dm does not run")
        const { content, isError } = await server.call(
          { name, arguments: params, _meta: { [useKey]: id } },
          signal
        )
        // pi takes a result for an error if the tool throws.
        if (isError) throw new Error(content.map(({ text = "" }) => text).join("\n"))
        return { content, details: {} }
      }
    })

  const stopFailing = (): void => clearTimeout(failing)

  pi.on(
    "session_start",
    safely(async (_, now) => {
      context = now
      hooks.conversation = now.sessionManager.getSessionId()
      server = await startMcpServer({
        command: [launcherBeside(import.meta.url), "serve", "--agent", "pi"],
        env: { [keyVariable]: hooks.key },
        folder: now.cwd,
        client: { name: "pi", version }
      })
      for (const tool of server.tools) register(tool)
      hooks.subscribe(wake)
      hooks.tell({ _tag: "Ended" })
    })
  )
  pi.on(
    "session_shutdown",
    safely(async () => {
      stopFailing()
      hooks.close()
      await server?.close()
    })
  )
  pi.on(
    "before_agent_start",
    safely(async ({ prompt, systemPrompt }) => {
      // The user sees the message itself.
      const words = await hooks.show({ _tag: "Prompted", prompt }, () => undefined)
      return {
        systemPrompt: `${systemPrompt}\n\n${server?.instructions ?? ""}`,
        ...(words === undefined ? {} : { message: { customType: "cc-dm", content: words, display: true } })
      }
    })
  )
  pi.on("agent_start", safely(stopFailing))
  pi.on(
    "context",
    safely(({ messages }) => hooks.requests.begin(messages.flatMap(replyOf), messages.flatMap(textsOf)))
  )
  pi.on(
    "message_end",
    safely(({ message }) => {
      for (const reply of replyOf(message)) hooks.requests.replied(reply)
    })
  )
  pi.on(
    "tool_result",
    safely(async ({ content, toolCallId, toolName }) => {
      if (toolName.startsWith(prefix)) hooks.tell({ _tag: "Called", use: toolCallId, byMain: true })
      const words = await hooks.show({ _tag: "ToolEnded" }, notify)
      return words === undefined ? undefined : { content: [...content, { type: "text", text: words }] }
    })
  )
  pi.on(
    "agent_end",
    safely(({ messages }) => {
      const failed = messages.findLast(({ role }) => role === "assistant")?.stopReason === "error"
      const end = () => {
        hooks.requests.ended()
        hooks.tell({ _tag: failed ? "Failed" : "Ended" })
      }
      if (failed) failing = setTimeout(end, timeToGiveUp).unref()
      else end()
    })
  )
  pi.on(
    "session_before_compact",
    safely(() => {
      compactingUntil = performance.now() + longestCompaction
    })
  )
  pi.on(
    "session_compact",
    safely(() => {
      compactingUntil = 0
      hooks.tell({ _tag: "Forgot", cleared: false })
    })
  )
  pi.on(
    "session_tree",
    safely(() => hooks.tell({ _tag: "Forgot", cleared: false }))
  )
}
