/** `cc-dm approve` and `cc-dm deny`: a person answers a permission request that a session relays. */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type KnownRequest, type OpenRequest, Requests } from "../../bus/requests/Requests.ts"
import { TooLate } from "../../domain/Errors.ts"
import { normalise } from "../../domain/Name.ts"
import type { Behavior } from "../../domain/Permission.ts"
import { quote, visible, worded } from "../../domain/Text.ts"
import { askForKey } from "../../platform/Keypress.ts"
import { toolCallIn } from "../../session/PermissionRelay.ts"
import { answerRequest, mayAnswer } from "../Answering.ts"
import { busTime } from "../BusTime.ts"
import { failed, notFound, refused, timedOut, wrongUse } from "../Failure.ts"
import { ago, bold, note, printLine, table } from "../Output.ts"
import { WritingStorage } from "../PersonStorage.ts"
import { nobodyYet, ReadOnlyStorage } from "../Storage.ts"

/** The requests that wait. */
const tableOf = (open: ReadonlyArray<OpenRequest>, now: number): string =>
  table(
    [{ title: "ID" }, { title: "SESSION" }, { title: "TOOL", gives: true }, { title: "ASKED" }],
    open.map((one) => [one.requestId, one.askerName, one.tool, `${ago(one.createdAt, now)} ago`])
  )

/** The same behind a sentence. */
const listed = (open: ReadonlyArray<OpenRequest>, now: number): string =>
  open.length === 0 ? "no request waits for an answer" : `these wait:\n${Bun.stripANSI(tableOf(open, now))}`

/** Prints what waits, for somebody who names none. That needs nobody at a terminal: nothing is answered. */
const list = Effect.fn("listRequests")(function* (command: string) {
  const requests = yield* Requests
  const open = yield* requests.open
  if (open.length === 0) return yield* note("No permission request waits for an answer.")
  yield* printLine(tableOf(open, yield* busTime))
  yield* note(`To see one whole, and answer it: cc-dm ${command} ${worded(open[0]?.requestId ?? "ID")}`)
})

/** The one open request that an id means. */
const pick = Effect.fn("pickRequest")(function* (id: string, session: string | undefined) {
  const requests = yield* Requests
  const asker = session === undefined ? undefined : normalise(session)
  const isFrom = (one: KnownRequest) => asker === undefined || one.askerName === asker || one.asker === asker
  const known = (yield* requests.known(normalise(id))).filter(isFrom)
  const [request, ...others] = known.filter(({ ended }) => ended === undefined)
  if (others.length > 0) {
    const names = [request, ...others].map((one) => quote(one?.askerName ?? "")).join(", ")
    return yield* wrongUse(
      `more than one session has a request ${worded(normalise(id))} (${names}): say which with --session`
    )
  }
  if (request !== undefined) return request
  const last = known.at(-1)
  if (last?.ended !== undefined)
    return yield* failed(new TooLate({ requestId: last.requestId, why: last.ended }).message)
  const from = session === undefined ? "" : ` from a session called ${quote(session)}`
  const open = listed(yield* requests.open, yield* busTime)
  return yield* notFound(`there is no permission request ${quote(id)}${from}; ${open}`)
})

const words = {
  allow: { question: "Allow it?", done: "Allowed" },
  deny: { question: "Deny it?", done: "Denied" }
} as const

const answer = Effect.fn("answer")(function* (behavior: Behavior, id: string, session: string | undefined) {
  yield* mayAnswer
  const request = yield* Effect.provide(pick(id, session), ReadOnlyStorage)
  const { askerName, content, requestId } = request
  const { done, question } = words[behavior]
  yield* printLine(`${bold(`Permission request ${worded(requestId)} of session ${quote(askerName)}`)}
${visible(toolCallIn(content))}`)
  const key = yield* askForKey(`${bold(question)} y, or any other key to leave it as it is: `)
  if (key !== "y" && key !== "Y") return yield* refused("nothing was done; the request still waits")
  const passedOn = yield* Effect.provide(answerRequest(request, behavior), WritingStorage)
  if (!passedOn)
    return yield* timedOut(
      `the answer is on the bus, but the session ${quote(askerName)} has not passed it on within 10 seconds`
    )
  yield* printLine(`${done}. The answer to ${worded(requestId)} was passed on to Claude Code.`)
})

const input = {
  id: Argument.String("id").pipe(
    Argument.withDescription("The five letters of the request; without it, those that wait are listed"),
    Argument.optional,
    Argument.map(Option.getOrUndefined)
  ),
  session: Flag.String("session").pipe(
    Flag.withDescription("The session that asks, if two requests have the same id"),
    Flag.optional
  )
}

const make = (name: "approve" | "deny", behavior: Behavior, description: string) =>
  Command.make(name, input, ({ id, session }) =>
    id === undefined
      ? list(name).pipe(Effect.provide(ReadOnlyStorage), nobodyYet(undefined))
      : answer(behavior, id, Option.getOrUndefined(session))
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([
      { command: `cc-dm ${name}`, description: "what waits" },
      { command: `cc-dm ${name} abcde` },
      {
        command: `cc-dm ${name} abcde --session backend`,
        description: "if requests of two sessions have the same id"
      }
    ])
  )

export const approve = make(
  "approve",
  "allow",
  "Allow a permission request: shows it, and asks for a key; without an id, lists those that wait"
)
export const deny = make(
  "deny",
  "deny",
  "Deny a permission request: shows it, and asks for a key; without an id, lists those that wait"
)
