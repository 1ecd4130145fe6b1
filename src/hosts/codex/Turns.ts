/** What Codex's list of a thread's turns says of messages that were put into one. Seen in version 0.171.0. */
import { Effect, Option, Schema } from "effect"

const Item = Schema.Struct({
  type: Schema.String,
  /** What its sender called it. */
  clientId: Schema.NullOr(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))
})

/** Its `status` says nothing of its end: one that has just begun is listed as interrupted until the thread is active, 100 ms later. */
const Turn = Schema.Struct({
  id: Schema.String,
  /** When it ended. */
  completedAt: Schema.NullOr(Schema.Number).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  items: Schema.Array(Item)
})
export type Turn = typeof Turn.Type

const decode = Schema.decodeUnknownOption(Schema.Struct({ data: Schema.Array(Turn) }))

/** Reads the answer to `thread/turns/list`: the newest first. */
export const readTurns = (answer: unknown): ReadonlyArray<Turn> | undefined =>
  Option.getOrUndefined(decode(answer))?.data

/** What comes from the model, or is done for it: none of these is there before its answer. */
const byModel: ReadonlySet<string> = new Set([
  "agentMessage",
  "plan",
  "reasoning",
  "commandExecution",
  "fileChange",
  "mcpToolCall",
  "dynamicToolCall",
  "collabAgentToolCall",
  "webSearch",
  "imageView",
  "imageGeneration"
])

/**
 * What became of a text. It stands in its turn from the moment when a request holds it: what the user broke off before that is
 * not there, and never comes. `absent`: it is not there, and may still come.
 */
export type Outcome = "answered" | "open" | "absent" | "lost"

/**
 * @param turns the newest first
 * @param mark the text, as its sender called it
 * @param turn the turn that it was put into, if that is known
 */
export const outcomeOf = (turns: ReadonlyArray<Turn>, mark: string, turn: string | undefined): Outcome => {
  const place = turns.findIndex(({ items }) => items.some(({ clientId }) => clientId === mark))
  if (place < 0) {
    const its = turns.find(({ id }) => id === turn)
    return its === undefined || its.completedAt === null ? "absent" : "lost"
  }
  const since = turns
    .slice(0, place + 1)
    .toReversed()
    .flatMap(({ items }) => items)
  const behind = since.slice(since.findIndex(({ clientId }) => clientId === mark) + 1)
  const next = behind.find(({ type }) => byModel.has(type) || type === "contextCompaction")
  if (next === undefined) return "open"
  // What was compacted before it was answered is in the context no more.
  return next.type === "contextCompaction" ? "lost" : "answered"
}
