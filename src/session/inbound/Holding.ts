/** The words of the messages that the state machine decides about: it knows them by their ids alone. */
import { Clock, Effect } from "effect"
import type { Message } from "../../domain/Message.ts"
import { once } from "../../domain/Once.ts"
import { Host } from "../../hosts/Host.ts"
import { Settings } from "../../settings/Settings.ts"
import type { HeldMessage } from "../routes/State.ts"

export interface Holding {
  /** Holds messages, and gives what the machine needs to know of them. */
  readonly hold: (messages: ReadonlyArray<Message>) => ReadonlyArray<HeldMessage>
  /** Those that are held, in the order of the ids. */
  readonly of: (ids: ReadonlyArray<number>) => ReadonlyArray<Message>
  readonly letGo: (ids: ReadonlyArray<number>) => void
}

/** Holds nothing at first. */
export const makeHolding = Effect.gen(function* () {
  const { words } = yield* Host
  const { holdFor, timing } = yield* Settings
  const clock = yield* Clock.Clock
  const startedAt = clock.currentTimeMillisUnsafe()
  const held = new Map<number, Message>()

  /** It was written before this server was there, or while its machine slept. */
  const hasWaited = ({ sentAt }: Message, now: number): boolean => {
    const written = Date.parse(sentAt)
    return written < startedAt || now - written > timing.messageLife
  }
  /**
   * Only who shows a message with a hook asks for that, and to find out takes as long as to write it to the channel. By its id, since what is not
   * held any more must not be kept by this.
   */
  const measuring = (id: number) =>
    once(() => {
      const message = held.get(id)
      return message === undefined ? { size: 0, whole: true } : words.measure(message)
    })
  const factsOf = (message: Message, now: number): HeldMessage => {
    const { id } = message
    const measured = measuring(id)
    return {
      id,
      get size() {
        return measured().size
      },
      get whole() {
        return measured().whole
      },
      whenIdle: message.options.whenIdle ?? false,
      keptUntil: now + holdFor,
      ...(hasWaited(message, now) ? { waited: true } : {})
    }
  }
  const holding: Holding = {
    hold: (messages) => {
      const now = clock.currentTimeMillisUnsafe()
      return messages.map((message) => {
        held.set(message.id, message)
        return factsOf(message, now)
      })
    },
    of: (ids) =>
      ids.flatMap((id) => {
        const message = held.get(id)
        return message === undefined ? [] : [message]
      }),
    letGo: (ids) => {
      for (const id of ids) held.delete(id)
    }
  }
  return holding
})
