/**
 * Answering a permission request as a person. The command is on every model's PATH too, so this wants a terminal and is
 * refused wherever Claude Code started it. SECURITY.md says what that holds against, and what not.
 */
import { Effect, Option, Schedule } from "effect"
import { type OpenRequest, Requests } from "../bus/requests/Requests.ts"
import { Registry } from "../bus/roster/Registry.ts"
import type { Behavior } from "../domain/Permission.ts"
import { quote, worded } from "../domain/Text.ts"
import { whatClaudeCodeStarted } from "../hosts/claude-code/Ancestor.ts"
import { isInteractive } from "../platform/CommandLine.ts"
import { Courier } from "../session/Courier.ts"
import { failed, refused } from "./Failure.ts"
import { Person } from "./Person.ts"

/** How long Claude Code's server is given to pass an answer on, in milliseconds. It takes some 10. */
const passOnTimeout = 10_000
const passOnInterval = 100

/** Why no one may answer here, in one sentence; `undefined`: a person may. */
export const whyNotHere = (): string | undefined => {
  const inside = whatClaudeCodeStarted()
  if (inside !== undefined)
    return `a permission request is answered by a person, and this runs inside a Claude Code session: ${inside}. Use a terminal that was opened outside it`
  if (!isInteractive)
    return "a permission request is answered by a person, with a key, so this needs a terminal on stdin and stdout"
  return undefined
}

/** Fails if no one may answer here. */
export const mayAnswer = Effect.suspend(() => {
  const why = whyNotHere()
  return why === undefined ? Effect.void : Effect.fail(refused(why))
})

/**
 * Answers, and waits until the session that asked has passed the answer on. `false`: it has not yet, though the bus holds
 * the answer.
 */
export const answerRequest = Effect.fn("answerRequest")(function* (request: OpenRequest, behavior: Behavior) {
  yield* mayAnswer
  const courier = yield* Courier
  const person = yield* Person
  const registry = yield* Registry
  const requests = yield* Requests
  const { asker, askerName, requestId } = request
  const me = yield* person.join(undefined)
  const taken = yield* Effect.catchTag(
    requests.answerAsPerson(me.id, request, behavior),
    "TooLate",
    ({ message }) => Effect.fail(failed(message))
  )
  if (!taken)
    return yield* failed(`request ${worded(requestId)} is not on the bus any more, so nothing was answered`)
  const session = yield* registry.find(asker)
  if (session === undefined || !(yield* courier.ring(session)))
    return yield* failed(`the session ${quote(askerName)} is gone, so its request needs no answer`)
  const isPassedOn = Effect.map(requests.known(requestId), (known) =>
    known.some((one) => one.asker === asker && one.nonce === request.nonce && one.passedOn)
  )
  const passedOn = yield* Effect.repeat(isPassedOn, {
    schedule: Schedule.spaced(passOnInterval),
    until: (itIs) => itIs
  }).pipe(Effect.timeoutOption(passOnTimeout))
  return Option.isSome(passedOn)
})
