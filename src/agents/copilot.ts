/**
 * The extension for Copilot CLI, a process of its own below the CLI's. It wakes the session, shows messages with prompts and after
 * tools, and tells of each request to the model. What was seen of version 1.0.102: what a hook answers stands in the request of the next
 * `assistant.turn_start`, and `assistant.message` tells that the model has answered it; a line that is sent into a session that works
 * waits until it is idle; the CLI starts extensions with the first prompt, and anew after `/clear`.
 */
import { joinSession, type SessionEvent } from "@github/copilot-sdk/extension"
import { hookSocketsOf } from "../hosts/HookPlaces.ts"
import type { HostEvent } from "../hosts/Host.ts"
import { ancestorIds } from "../platform/Ancestors.ts"
import { openHookClient } from "./HookClient.ts"
import { guarded, home } from "./Plugin.ts"

/** The tools of ours, as Copilot calls them. */
const isOurs = (tool: string) => tool.startsWith("cc-dm-")

const client = openHookClient(() => hookSocketsOf(home(), ancestorIds())[0])
/** Nothing can be said before the session is joined: stdout is the protocol. */
let say: (line: string) => void = () => undefined
const safely = <A extends ReadonlyArray<unknown>, B>(run: (...args: A) => Promise<B> | B) =>
  guarded((line) => say(line), run)

const joined = Promise.withResolvers<Awaited<ReturnType<typeof joinSession>>>()
// From now on hooks that are commands are not answered: this comes before the session can be joined.
client.subscribe(
  safely(async (line: string) => {
    await (await joined.promise).send({ prompt: line })
  })
)

/** Tells what happens, and gives the words for the model. */
const tell = async (conversation: string, event: HostEvent): Promise<string | undefined> => {
  const answer = await client.ask({ conversation, event })
  if (answer?.notice !== undefined) say(answer.notice)
  return answer?.context
}
const contextOf = (words: string | undefined) =>
  words === undefined ? undefined : { additionalContext: words }

const toolEnded = safely(
  async (input: { readonly sessionId: string; readonly agentId?: string; readonly toolName: string }) => {
    const byMain = input.agentId === undefined
    if (isOurs(input.toolName)) await tell(input.sessionId, { _tag: "Called", use: undefined, byMain })
    return contextOf(await tell(input.sessionId, { _tag: byMain ? "ToolEnded" : "Stirred" }))
  }
)

/** The request that the model has not answered yet. */
let request = ""

const eventOf = ({ data, type }: SessionEvent): HostEvent | undefined => {
  switch (type) {
    case "assistant.turn_start":
      request = `${data.interactionId}/${data.turnId}`
      return { _tag: "Requested", request }
    case "assistant.message":
      return data.apiCallId === undefined ? undefined : { _tag: "Replied", request, whole: true }
    case "abort":
      return { _tag: "Replied", request, whole: false }
    // The session is idle only when its commands in the background have ended, too.
    case "assistant.idle":
    case "session.idle":
      return { _tag: "Ended" }
    case "session.error":
      return { _tag: "Failed" }
    case "permission.requested":
      return { _tag: "Asked" }
    case "session.compaction_complete":
      return data.success === true ? { _tag: "Forgot", cleared: false } : undefined
    default:
      return undefined
  }
}

/** What happens is told in its order, and of what came before the session was joined as well. */
const onEvent = safely(async (event: SessionEvent) => {
  const { sessionId } = await joined.promise
  const told = event.agentId === undefined ? eventOf(event) : undefined
  if (told !== undefined) await client.tell({ conversation: sessionId, event: told })
})

const session = await joinSession({
  onEvent: (event) => void onEvent(event),
  hooks: {
    onUserPromptSubmitted: safely(async ({ agentId, prompt, sessionId }) =>
      agentId === undefined ? contextOf(await tell(sessionId, { _tag: "Prompted", prompt })) : undefined
    ),
    onPostToolUse: toolEnded,
    onPostToolUseFailure: toolEnded,
    onAgentStop: safely(async ({ agentId, sessionId }) => {
      if (agentId !== undefined) return undefined
      const reason = await tell(sessionId, { _tag: "Stopped" })
      return reason === undefined ? undefined : { decision: "block" as const, reason }
    })
  }
})
say = (line) => void session.log(line, { ephemeral: true }).catch(() => undefined)
joined.resolve(session)

// The turn that started the extension may be over before it can hear so, while the server knows from a command that it has begun.
await safely(async () => {
  const activity = await session.rpc.metadata?.isProcessing?.()
  if (activity?.processing === false)
    await client.tell({ conversation: session.sessionId, event: { _tag: "Ended" } })
})()
