/** All tools, and the shape of their results. A failure is a result that the model can read, never a crash. */
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Cause, Effect, Option } from "effect"
import type { History } from "../bus/messages/History.ts"
import type { Registry } from "../bus/roster/Registry.ts"
import { plainJson } from "../domain/Text.ts"
import type { Host } from "../hosts/Host.ts"
import { inTimeOrElse } from "../platform/InTime.ts"
import type { AccessPolicy } from "../session/AccessPolicy.ts"
import { Identity } from "../session/Identity.ts"
import { Inbound } from "../session/Inbound.ts"
import type { Membership } from "../session/identity/Membership.ts"
import type { Outbox } from "../session/Outbox.ts"
import type { PermissionRelay } from "../session/PermissionRelay.ts"
import type { Readable, Tool } from "./Tool.ts"
import { broadcast } from "./tools/broadcast.ts"
import { dm } from "./tools/dm.ts"
import { inbox } from "./tools/inbox.ts"
import { register } from "./tools/register.ts"
import { who } from "./tools/who.ts"
import { misplacedNote, note, noteUnanswered, noteWithoutBus, unseenNote } from "./Words.ts"

/** How long a result waits for the bus to say who the session is, in milliseconds: the tool itself has waited before. */
const identityTimeout = 1_000

/** What the tools work with. */
export type ToolServices =
  | AccessPolicy
  | History
  | Host
  | Identity
  | Inbound
  | Outbox
  | PermissionRelay
  | Registry

/** The tools, in the order in which they are listed. */
export const tools: ReadonlyArray<Tool<ToolServices>> = [register, dm, who, broadcast, inbox]

/** Who the session is, for the end of each result: read from the bus after the tool has run. */
const signature = Effect.gen(function* () {
  const identity = yield* Identity
  const unseen = unseenNote(yield* (yield* Inbound).onlyInInbox)
  // The instructions do not reach the model of every agent.
  const misplaced = yield* identity.misplaced
  const advice = misplaced === undefined ? "" : ` ${misplacedNote(misplaced)}`.trimEnd()
  const signed = ({ identity: { name, project, role } }: Membership, _note: string) => ({
    _identity: { name, role, project },
    _note: `${_note}${unseen}${advice}`
  })
  const withoutBus = (_note: string) =>
    Effect.map(identity.withoutBus, (membership) => signed(membership, _note))
  // What is said here holds for the next server of this conversation, too.
  return yield* Effect.tap(identity.current, () => identity.remembered).pipe(
    Effect.map((membership) => signed(membership, note(membership))),
    Effect.catch(({ message }) => withoutBus(noteWithoutBus(message))),
    inTimeOrElse(identityTimeout, () => withoutBus(noteUnanswered))
  )
})

const resultOf = (value: object, isError: boolean): CallToolResult => ({
  content: [{ type: "text", text: plainJson(JSON.stringify(value)) }],
  ...(isError ? { isError: true } : {})
})

const isTool = (name: unknown) => tools.some((tool) => tool.name === name)

/** Answers a call while there is no session yet. `undefined`: there is no tool by that name. */
export const callToolWithoutSession = (name: unknown): CallToolResult | undefined =>
  isTool(name)
    ? resultOf(
        {
          success: false,
          error:
            "the bus has not answered since this session started, so nothing was done: try again in a moment",
          _identity: null,
          _note: noteUnanswered
        },
        true
      )
    : undefined

const failed = (error: string) => ({ result: { success: false, error }, isError: true })

/** What the model is told of a call that failed. What is cc-dm's own fault is logged. */
const failureOf = ({ name }: Pick<Tool<never>, "name">, cause: Cause.Cause<Readable>) => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  const error = Cause.findErrorOption(cause)
  if (Option.isSome(error)) return Effect.succeed(failed(error.value.message))
  return Effect.as(
    Effect.logError(`the tool ${name} failed`, cause),
    failed("an internal error; the server's log has the details. It is not known whether anything was sent")
  )
}

/** Calls a tool by name. `undefined`: there is none by that name. */
export const callTool = Effect.fnUntraced(function* (name: unknown, input: unknown) {
  const tool = tools.find((candidate) => candidate.name === name)
  if (tool === undefined) return undefined
  const outcome = yield* Effect.matchCauseEffect(tool.call(input), {
    onSuccess: (result) => Effect.succeed({ result, isError: false }),
    onFailure: (cause) => failureOf(tool, cause)
  })
  yield* (yield* Inbound).stirred
  return resultOf({ ...outcome.result, ...(yield* signature) }, outcome.isError)
})
