/** Notices of this session's server: to those who asked when the session is idle, and to the session about what waits in its inbox. */
import { Effect, Queue } from "effect"
import { Receipts } from "../../bus/receipts/Receipts.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import type { Message } from "../../domain/Message.ts"
import { Settings } from "../../settings/Settings.ts"
import { keepRunning } from "../Background.ts"
import { Courier } from "../Courier.ts"
import { Identity } from "../Identity.ts"

export interface Notices {
  /** Their senders want to know when the session is idle, as far as they asked for that. */
  readonly watch: (messages: ReadonlyArray<Message>) => void
  /** It is idle now: those who asked are told, once. */
  readonly becameIdle: () => void
  /** So many more messages that had waited are left in the inbox. */
  readonly leftInInbox: (count: number) => void
}

/** Works for as long as the scope is open. */
export const makeNotices = Effect.gen(function* () {
  const courier = yield* Courier
  const identity = yield* Identity
  const receipts = yield* Receipts
  const registry = yield* Registry
  const { timing } = yield* Settings
  const idle = yield* Queue.unbounded<Message>()
  const left = yield* Queue.unbounded<number>()
  let watched: ReadonlyArray<Message> = []

  const tellNext = Effect.gen(function* () {
    const message = yield* Queue.take(idle)
    const watcher = yield* registry.find(message.fromId ?? "")
    if (watcher === undefined) return
    const content = `This session is idle now. You asked to be told, with message ${message.id}.`
    yield* courier.deliver({ from: identity.id, kind: "notice", content, metadata: {} }, [watcher])
  })
  const announceNext = Effect.gen(function* () {
    const first = yield* Queue.take(left)
    // What waited is taken in several parts, one right after the other.
    yield* Effect.sleep(timing.poll)
    const count = (yield* Queue.clear(left)).reduce((sum, more) => sum + more, first)
    yield* receipts.tell(
      identity.id,
      count === 1
        ? "One more message that had waited for this session is in its inbox: call the tool `inbox` to read it."
        : `${count} more messages that had waited for this session are in its inbox: call the tool \`inbox\` to read them.`
    )
    identity.knock()
  })
  yield* Effect.forkScoped(keepRunning("notice", announceNext))
  yield* Effect.forkScoped(keepRunning("notice", tellNext))

  const notices: Notices = {
    watch: (messages) => {
      const asking = messages.filter(({ fromId, options }) => options.notifyWhenIdle && fromId !== undefined)
      watched = [...watched, ...asking]
    },
    becameIdle: () => {
      for (const message of watched) Queue.offerUnsafe(idle, message)
      watched = []
    },
    leftInInbox: (count) => void Queue.offerUnsafe(left, count)
  }
  return notices
})
