/** What an export shows beside the messages themselves: who takes part, and which messages belong together. */
import type { LoggedMessage } from "../../bus/messages/History.ts"

/** Messages that belong together. */
export interface Thread {
  /** The id of the thread; `undefined`: its messages name none. */
  readonly id: string | undefined
  /** Who takes part, in the order in which they come up. */
  readonly names: ReadonlyArray<string>
  /** The numbers of its messages, the oldest first. */
  readonly messages: ReadonlyArray<number>
}

export interface Conversation {
  readonly messages: ReadonlyArray<LoggedMessage>
  /** All who take part, in the order in which they come up. */
  readonly names: ReadonlyArray<string>
  readonly threads: ReadonlyArray<Thread>
  /** Which of the threads a message belongs to, by its number. */
  readonly threadOf: ReadonlyMap<number, number>
}

const pairOf = ({ from, to }: LoggedMessage) => JSON.stringify([from, to].toSorted())

/**
 * Sorts messages into threads: by the id that they name, else with the message that they answer, else with what the same two said
 * without one.
 *
 * @param messages the oldest first
 */
export const conversationOf = (messages: ReadonlyArray<LoggedMessage>): Conversation => {
  const threads: Array<{ id: string | undefined; names: Set<string>; messages: Array<number> }> = []
  const byKey = new Map<string, number>()
  const threadOf = new Map<number, number>()
  const names = new Set<string>()
  for (const message of messages) {
    const id = message.metadata.thread_id
    const answered = id === undefined ? threadOf.get(message.options.replyTo ?? 0) : undefined
    const key = id === undefined ? `pair ${pairOf(message)}` : `thread ${id}`
    const index = answered ?? byKey.get(key) ?? threads.push({ id, names: new Set(), messages: [] }) - 1
    if (answered === undefined) byKey.set(key, index)
    threadOf.set(message.id, index)
    threads[index]?.messages.push(message.id)
    for (const name of [message.from, message.to]) {
      threads[index]?.names.add(name)
      names.add(name)
    }
  }
  return {
    messages,
    names: [...names],
    threads: threads.map((thread) => ({ ...thread, names: [...thread.names] })),
    threadOf
  }
}
