/**
 * What hooks are answered, by whatever way they call: here that of the tool `session_hook`. A model sees it too: only its calls carry
 * the id of a tool use, and they are refused.
 *
 * A hook must never be in the user's way: whatever is wrong, the answer is the empty one, and what there is to say is
 * said from memory.
 */
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import { type CallId, type Heard, type HookAnswer, Host } from "../hosts/Host.ts"
import { Identity } from "../session/Identity.ts"
import { Inbound } from "../session/Inbound.ts"
import { objectSchema } from "./ObjectSchema.ts"
import { note } from "./Words.ts"

const name = "session_hook"

/** The tool, as it is listed for this host; nothing where no hook calls it. */
export const sessionHook = ({ hookInput, name: hostName }: Pick<Host["Service"], "hookInput" | "name">) =>
  hookInput === undefined
    ? []
    : [
        {
          name,
          description: `Answers ${hostName}'s hooks. Not for the model: its calls are refused.`,
          // A hook may send more than is read.
          inputSchema: objectSchema(`${name} of ${hostName}`, hookInput, "ignore")
        }
      ]

/** Whether a call is one of this tool. */
export const isSessionHook = (called: unknown): boolean => called === name

const json = (value: object): CallToolResult => ({ content: [{ type: "text", text: JSON.stringify(value) }] })

const refusal = ({ name: hostName }: Host["Service"]): CallToolResult => ({
  ...json({
    success: false,
    error: `this tool answers ${hostName}'s hooks only; use register, dm, who, broadcast and inbox`
  }),
  isError: true
})

const nothing = json({})

/** How long a hook waits for the bus to say who this session is, in milliseconds: one that waits stops the user. */
const identityTimeout = 300

/** Who this session is, behind these words. `undefined`: the bus does not say in time. */
const whoItIs = Effect.fnUntraced(function* (before: string) {
  const identity = yield* Identity
  return yield* identity.current.pipe(
    Effect.timeout(identityTimeout),
    Effect.map((membership): string | undefined => `${before}${note(membership)}`),
    Effect.orElseSucceed(() => undefined)
  )
})

/** After the context was cleared or compacted: who this session still is. */
const remembering = (cleared: boolean) =>
  Effect.map(
    whoItIs(cleared ? "The context was cleared; on cc-dm this session goes on as it was. " : ""),
    (context): HookAnswer | undefined => (context === undefined ? undefined : { context, notice: undefined })
  )

/** Answers a hook while there is no session yet. */
export const answerHookWithoutSession = (host: Host["Service"], meta: unknown): CallToolResult =>
  isHook(host, meta) ? nothing : refusal(host)

/** Whether a hook made a call, and not the model. */
const isHook = ({ hookInput, toolUse }: Host["Service"], meta: unknown): boolean =>
  hookInput !== undefined && toolUse(meta) === undefined

/** The conversations whose model was told who the session is, where the server's own words do not reach it. */
export type Introduced = Set<string>

/** What a prompt is answered with before anything else, once in a conversation, and again after it was compacted. */
const introduction = Effect.fnUntraced(function* ({ conversation, event }: Heard, introduced: Introduced) {
  const { advice, instructionsReachModel } = yield* Host
  if (event._tag === "Forgot") introduced.delete(conversation)
  if (instructionsReachModel || event._tag !== "Prompted" || introduced.has(conversation)) return undefined
  const words = yield* whoItIs("")
  if (words === undefined) return undefined
  introduced.add(conversation)
  return [words, advice].filter((text) => text !== "").join(" ")
})

const behind = (words: string, answer: HookAnswer | undefined): HookAnswer => ({
  context: answer?.context === undefined ? words : `${words}\n\n${answer.context}`,
  notice: answer?.notice
})

/** Answers a hook: with the messages that wait, if now is their time. Without words if there is nothing to say. */
export const hearHook = Effect.fnUntraced(function* (
  input: unknown,
  call: CallId,
  introduced: Introduced = new Set(),
  meta?: unknown
) {
  const host = yield* Host
  const heard = host.hear(input, meta)
  if (heard === undefined) return {}
  const first = yield* introduction(heard, introduced)
  const answer =
    (yield* (yield* Inbound).hook(heard, call)) ??
    (heard.event._tag === "Forgot" ? yield* remembering(heard.event.cleared) : undefined)
  const whole = first === undefined ? answer : behind(first, answer)
  return whole === undefined ? {} : host.answer(heard, whole, call)
})

/** Answers a call of the tool. */
export const answerHook = Effect.fnUntraced(function* (input: unknown, meta: unknown, call: CallId) {
  const host = yield* Host
  return isHook(host, meta) ? json(yield* hearHook(input, call, undefined, meta)) : refusal(host)
})
