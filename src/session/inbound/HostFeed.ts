/** Puts messages and wake-ups into the session, one after the other: a host may read slowly. */
import { Effect, Queue } from "effect"
import type { Message } from "../../domain/Message.ts"
import { Host } from "../../hosts/Host.ts"
import { randomHex } from "../../platform/Platform.ts"
import { makeIntake } from "../../platform/Signal.ts"
import { keepRunning } from "../Background.ts"
import { Channel } from "../Channel.ts"

/**
 * So many messages, and so many characters of them, are written at once, in their order: what the host has not read yet can't be taken back.
 * A pipe holds 64 KiB all the same.
 */
const mostAtOnce = 64
const roomAtOnce = 48 * 1_024

/** Divides messages in their order. One that is longer than the room goes by itself. */
const groupsOf = (messages: ReadonlyArray<Message>): ReadonlyArray<ReadonlyArray<Message>> => {
  const groups: Array<Array<Message>> = []
  let room = 0
  for (const message of messages) {
    room -= message.content.length
    const group = groups.at(-1)
    if (group !== undefined && group.length < mostAtOnce && room >= 0) group.push(message)
    else {
      groups.push([message])
      room = roomAtOnce - message.content.length
    }
  }
  return groups
}

export interface HostFeed {
  /** Writes a message to the channel, when it is its turn. */
  readonly push: (message: Message) => void
  /** Puts the line into the session that announces these. */
  readonly wakeUp: (messages: ReadonlyArray<Message>) => void
  /** Carries messages into the session themselves, or says that it does not take them. */
  readonly carry: (messages: ReadonlyArray<Message>) => void
  /** Whether a prompt holds the line of the last wake-up. */
  readonly isWakeUp: (prompt: string) => boolean
}

/**
 * Works for as long as the scope is open.
 *
 * @param isWanted whether a message is still to be pushed: the inbox may have shown it meanwhile
 * @param hasHooks whether a hook will show the messages with the line that wakes the session
 */
export const makeHostFeed = Effect.fnUntraced(function* (options: {
  readonly isWanted: (messageId: number) => boolean
  readonly onPushed: (messageId: number) => void
  readonly hasHooks: () => boolean
  readonly onCarried: (
    ids: ReadonlyArray<number>,
    taken: boolean,
    mark: string | undefined
  ) => Effect.Effect<void>
}) {
  const { hasHooks, isWanted, onCarried, onPushed } = options
  const channel = yield* Channel
  const { carry, wakeUp, words } = yield* Host
  const pushes = makeIntake<Message>()
  const wakeUps = yield* Queue.unbounded<ReadonlyArray<Message>>()
  const carried = yield* Queue.unbounded<ReadonlyArray<Message>>()
  let line = ""

  const pushNext = Effect.gen(function* () {
    for (const group of groupsOf(yield* pushes.all)) {
      const messages = group.filter(({ id }) => isWanted(id))
      yield* channel.push(messages)
      for (const { id } of messages) if (isWanted(id)) onPushed(id)
    }
  })
  const wakeNext = Effect.gen(function* () {
    const messages = yield* Queue.take(wakeUps)
    if (wakeUp === undefined) return
    line = words.wakeUp(messages, yield* randomHex(3), hasHooks())
    yield* wakeUp(line)
  })
  yield* Effect.forkScoped(keepRunning("delivery", pushNext))
  const carryNext = Effect.gen(function* () {
    const messages = yield* Queue.take(carried)
    line = words.wakeUp(messages, yield* randomHex(3), true)
    const taken = carry === undefined ? false : yield* carry.put(line, words.show(messages, 0))
    yield* onCarried(
      messages.map(({ id }) => id),
      taken !== false,
      typeof taken === "string" ? taken : undefined
    )
  })
  yield* Effect.forkScoped(keepRunning("delivery", wakeNext))
  yield* Effect.forkScoped(keepRunning("delivery", carryNext))

  const feed: HostFeed = {
    push: pushes.put,
    wakeUp: (messages) => void Queue.offerUnsafe(wakeUps, messages),
    carry: (messages) => void Queue.offerUnsafe(carried, messages),
    isWakeUp: (prompt) => line !== "" && prompt.includes(line)
  }
  return feed
})
