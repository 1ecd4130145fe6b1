/**
 * The plugin of opencode and of Kilo: it adds the server, shows messages with prompts and results of tools, wakes the session, and tells
 * what happens. An agent's process has one such server, and may have many sessions: the first one without a parent that is prompted is
 * the session that the bus knows. This file exports nothing else, since opencode calls every export. What was seen of version 1.18.33
 * stands beside its use.
 */
import { randomBytes } from "node:crypto"
import { basename } from "node:path"
import { keyVariable } from "../hosts/HookPlaces.ts"
import type { Client, Hooks, Message, MessageInfo, Model, SessionInfo, ToolOutput } from "./OpenCodeApi.ts"
import { guarded, launcherBeside } from "./Plugin.ts"
import type { Reply } from "./Requests.ts"
import { openSessionHooks } from "./SessionHooks.ts"

/** Kilo is told by the name of its program. */
const agent = /kilo/i.test(basename(process.execPath)) ? "kilo" : "opencode"

/** How long the user sees a line, in milliseconds. */
const toastTime = 8_000

/** Tools of ours, as the model calls them. */
const isOurs = (tool: string): boolean => tool.startsWith("cc-dm_")

/** An answer of the model, as soon as it has ended. The summary of a compaction answers no request of the session's own. */
const replyOf = ({ error, finish, id, role, summary, time }: MessageInfo): ReadonlyArray<Reply> =>
  role === "assistant" && time?.completed !== undefined && summary !== true
    ? [{ id, whole: error === undefined && finish !== undefined }]
    : []

const textsOf = ({ parts }: Message): ReadonlyArray<string> =>
  parts.flatMap(({ state, text }) => [
    ...(text === undefined ? [] : [text]),
    ...(state?.status === "completed" && state.output !== undefined ? [state.output] : [])
  ])

/** Where words can be put into a tool's result. */
const addTo = (output: ToolOutput, words: string): void => {
  if (Array.isArray(output.content)) output.content.push({ type: "text", text: words })
  else output.output = `${output.output ?? ""}\n\n${words}`
}

export const CcDm = async ({ client }: { readonly client: Client }): Promise<Partial<Hooks>> => {
  const hooks = openSessionHooks()
  /** The session that the bus knows; `undefined`: it was not prompted yet. */
  let bound: string | undefined
  /** With what the user prompts it: a wake-up must change neither. */
  let prompting: { readonly agent: string | undefined; readonly model: Model | undefined } | undefined
  let revertedTo: string | undefined
  let isCompacting = false
  /** Calls of our tools that other sessions of the process have made, and which session each is of. */
  const foreign = new Map<string, string>()

  const log = (message: string): void => {
    client.app.log({ body: { service: "cc-dm", level: "warn", message } }).catch(() => undefined)
  }
  const notify = (message: string): void => {
    client.tui.showToast({ body: { message, variant: "info", duration: toastTime } }).catch(() => undefined)
  }
  const wake = guarded(log, async (line: string) => {
    if (bound === undefined) return
    const { error } = await client.session.promptAsync({
      path: { id: bound },
      body: {
        // Without these the session would go on with the default agent, which may be allowed more.
        agent: prompting?.agent,
        model: prompting?.model,
        variant: prompting?.model?.variant,
        parts: [{ type: "text", text: line }]
      }
    })
    if (error !== undefined) log("cc-dm: opencode did not take the line that wakes the session")
  })
  /** Whether it is the session that the bus knows; the first one becomes it. */
  const isBound = async (session: string): Promise<boolean> => {
    if (bound !== undefined) return session === bound
    const { data } = await client.session.get({ path: { id: session } })
    if (data === undefined || data.parentID !== undefined || bound !== undefined) return session === bound
    bound = session
    hooks.conversation = session
    hooks.subscribe(wake)
    return true
  }
  const leave = (): void => {
    hooks.tell({ _tag: "Left" })
    bound = undefined
    hooks.conversation = ""
  }

  return {
    config: guarded(log, (config) => {
      const own = config.mcp?.["cc-dm"]
      config.mcp = {
        ...config.mcp,
        "cc-dm": {
          type: "local",
          command: [launcherBeside(import.meta.url), "serve", "--agent", agent],
          enabled: true,
          ...own,
          environment: { ...own?.environment, [keyVariable]: hooks.key }
        }
      }
    }),

    dispose: guarded(log, hooks.close),

    event: guarded(log, ({ event: { properties, type } }) => {
      const { info, sessionID } = properties
      if (type === "session.idle")
        for (const [call, session] of foreign) if (session === sessionID) foreign.delete(call)
      if (type === "session.deleted" && (info as SessionInfo).id === bound) leave()
      if (type === "session.updated" && (info as SessionInfo).id === bound) {
        const { revert } = info as SessionInfo
        // What was undone is not in the context any more.
        if (revert !== undefined && revert.messageID !== revertedTo)
          hooks.tell({ _tag: "Forgot", cleared: false })
        revertedTo = revert?.messageID
      }
      if (type === "message.updated" && (info as MessageInfo).sessionID === bound)
        for (const reply of replyOf(info as MessageInfo)) hooks.requests.replied(reply)
      if (bound === undefined || sessionID !== bound) return
      if (type === "session.compacted") hooks.tell({ _tag: "Forgot", cleared: false })
      if (type === "permission.asked" || type === "question.asked") hooks.tell({ _tag: "Asked" })
      // It comes at the end of each turn, by Esc and by an error as well.
      if (type === "session.idle") {
        hooks.requests.ended()
        hooks.tell({ _tag: "Ended" })
      }
    }),

    "chat.message": guarded(log, async ({ sessionID }, { message, parts }) => {
      if (!(await isBound(sessionID))) return
      prompting = { agent: message.agent, model: message.model }
      const prompt = parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n")
      const words = await hooks.show({ _tag: "Prompted", prompt }, notify)
      if (words === undefined) return
      // Parts are sorted by their ids.
      const id = `prt_zz${randomBytes(12).toString("hex")}`
      parts.push({ id, messageID: message.id, sessionID, type: "text", synthetic: true, text: words })
    }),

    "tool.execute.before": guarded(log, ({ callID, sessionID, tool }) => {
      if (isOurs(tool) && sessionID !== bound) foreign.set(callID, sessionID)
    }),

    "tool.execute.after": guarded(log, async ({ callID, sessionID, tool }, output) => {
      const isMain = sessionID === bound
      // The server does not know which call is whose: while another session's runs, what was read may be that one's.
      if (isOurs(tool)) hooks.tell({ _tag: "Called", use: undefined, byMain: isMain && foreign.size === 0 })
      foreign.delete(callID)
      if (!isMain) return hooks.tell({ _tag: "Stirred" })
      if (output === undefined) return
      const words = await hooks.show({ _tag: "ToolEnded" }, notify)
      if (words !== undefined) addTo(output, words)
    }),

    "experimental.session.compacting": guarded(log, ({ sessionID }) => {
      if (sessionID === bound) isCompacting = true
    }),

    "experimental.chat.messages.transform": guarded(log, (_, { messages }) => {
      const session = messages[0]?.info.sessionID
      if (session !== undefined && session !== bound) return
      // The next one behind the start of a compaction is that of its summary.
      if (!isCompacting && session !== undefined)
        hooks.requests.begin(
          messages.flatMap(({ info }) => replyOf(info)),
          messages.flatMap(textsOf)
        )
      isCompacting = false
    })
  }
}
