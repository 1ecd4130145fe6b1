/**
 * What hooks are answered, by whatever way they call: here that of the tool `session_hook`. A model sees it too: only its calls carry
 * the id of a tool use, and they are refused.
 *
 * A hook must never be in the user's way: whatever is wrong, the answer is the empty one, and what there is to say is
 * said from memory.
 */
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import { type CallId, type HookAnswer, Host } from "../hosts/Host.ts"
import { Identity } from "../session/Identity.ts"
import { Inbound } from "../session/Inbound.ts"
import { objectSchema } from "./Tool.ts"
import { note } from "./Words.ts"

const name = "session_hook"

/** The tool, as it is listed for this host; nothing where no hook calls it. */
export const sessionHook = ({ hookInput, name: hostName }: Host["Service"]) =>
  hookInput === undefined
    ? []
    : [
        {
          name,
          description: `Answers ${hostName}'s hooks. Not for the model: its calls are refused.`,
          // A hook may send more than is read.
          inputSchema: objectSchema(name, hookInput, "ignore")
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

/** After the context was cleared or compacted: who this session still is. `undefined`: the bus does not say in time. */
const whoItIs = Effect.fnUntraced(function* (cleared: boolean) {
  const identity = yield* Identity
  const goesOn = cleared ? "The context was cleared; on cc-dm this session goes on as it was. " : ""
  return yield* identity.current.pipe(
    Effect.timeout(identityTimeout),
    Effect.map((membership): HookAnswer => ({ context: `${goesOn}${note(membership)}`, notice: undefined })),
    Effect.orElseSucceed(() => undefined)
  )
})

/** Answers a hook while there is no session yet. */
export const answerHookWithoutSession = (host: Host["Service"], meta: unknown): CallToolResult =>
  isHook(host, meta) ? nothing : refusal(host)

/** Whether a hook made a call, and not the model. */
const isHook = ({ hookInput, toolUse }: Host["Service"], meta: unknown): boolean =>
  hookInput !== undefined && toolUse(meta) === undefined

/** Answers a hook: with the messages that wait, if now is their time. Without words if there is nothing to say. */
export const hearHook = Effect.fnUntraced(function* (input: unknown, call: CallId, meta?: unknown) {
  const host = yield* Host
  const heard = host.hear(input, meta)
  if (heard === undefined) return {}
  const answer =
    (yield* (yield* Inbound).hook(heard, call)) ??
    (heard.event._tag === "Forgot" ? yield* whoItIs(heard.event.cleared) : undefined)
  return answer === undefined ? {} : host.answer(heard, answer)
})

/** Answers a call of the tool. */
export const answerHook = Effect.fnUntraced(function* (input: unknown, meta: unknown, call: CallId) {
  const host = yield* Host
  return isHook(host, meta) ? json(yield* hearHook(input, call, meta)) : refusal(host)
})
