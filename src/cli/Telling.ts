/** Tells somebody who looks elsewhere that a message came for them, or that a permission waits for their answer. */
import { Effect, Queue } from "effect"
import type { LoggedMessage } from "../bus/messages/History.ts"
import { type OpenRequest, Requests } from "../bus/requests/Requests.ts"
import { inline, quote, worded } from "../domain/Text.ts"
import { tell } from "../platform/Notices.ts"
import { runInShell } from "../platform/ShellCommand.ts"
import { note } from "./Output.ts"

/** So many are told one by one. */
const mostAtOnce = 3

/** Tells of messages that came together. Of those that ask for a permission, {@link tellOfRequest} does. */
export const tellOfMessages = (all: ReadonlyArray<LoggedMessage>): Effect.Effect<void> => {
  const messages = all.filter(({ kind }) => kind !== "permission_request")
  const last = messages.at(-1)
  if (last === undefined) return Effect.void
  if (messages.length > mostAtOnce)
    return tell({
      title: `cc-dm: ${messages.length} messages`,
      body: `the last one from ${last.from}: ${last.content}`
    })
  return Effect.forEach(messages, ({ content, from }) => tell({ title: `cc-dm: ${from}`, body: content }), {
    discard: true
  })
}

/** Tells of a permission request. */
export const tellOfRequest = ({ askerName, tool }: OpenRequest): Effect.Effect<void> =>
  tell({ title: `cc-dm: permission for ${askerName}`, body: tool })

/** What tells a request from every other one, also from one that took its place. */
export const keyOf = ({ asker, nonce, requestId }: OpenRequest) => `${asker} ${requestId} ${nonce}`

/** Gives, each time it is run, the requests that wait for an answer and were not given before. */
export const newRequests = Effect.gen(function* () {
  const requests = yield* Requests
  let known = new Set<string>()
  return Effect.map(requests.open, (open) => {
    const fresh = open.filter((one) => !known.has(keyOf(one)))
    known = new Set(open.map(keyOf))
    return fresh
  })
})

/** Where a request is answered, for somebody who reads it in passing. */
export const requestInWords = ({ askerName, requestId, tool }: OpenRequest): string =>
  `${quote(askerName)} asks for a permission (${inline(tool)}): cc-dm approve ${worded(requestId)}`

/** That it fails is said, and nothing more: what it was run for has come all the same. */
export const runAndSay = (command: string, input: string): Effect.Effect<void> =>
  Effect.flatMap(runInShell(command, input), (code) =>
    code === 0
      ? Effect.void
      : note(
          `${quote(command)} ${code === undefined ? "was ended by a signal" : `ended with exit code ${code}`}.`
        )
  )

/** Does things one at a time and in their order, beside what goes on. */
export interface InTurn {
  readonly add: (effect: Effect.Effect<void>) => Effect.Effect<void>
  /** Ends when all of them are done. */
  readonly finished: Effect.Effect<void>
}

/** Does them for as long as the scope is open. */
export const makeInTurn = Effect.gen(function* () {
  const effects = yield* Queue.unbounded<Effect.Effect<void>>()
  const done = yield* Queue.unbounded<void>()
  let left = 0
  const next = Effect.flatMap(Queue.take(effects), (effect) =>
    Effect.andThen(
      effect,
      Effect.suspend(() => {
        left -= 1
        return Queue.offer(done, undefined)
      })
    )
  )
  yield* Effect.forkScoped(Effect.forever(next))
  return {
    add: (effect) =>
      Effect.suspend(() => {
        left += 1
        return Effect.asVoid(Queue.offer(effects, effect))
      }),
    finished: Effect.whileLoop({
      while: () => left > 0,
      body: () => Queue.take(done),
      step: () => {}
    })
  } satisfies InTurn
})
