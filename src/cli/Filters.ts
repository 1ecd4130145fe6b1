/** Which messages of the bus a command is about: flags that `log` and `export` share. */
import { Effect } from "effect"
import { CliError, Flag } from "effect/cli"
import { History, type LoggedMessage } from "../bus/messages/History.ts"
import type { Overview } from "../bus/messages/Overview.ts"
import { MessageType } from "../domain/Message.ts"
import { type DeliveryState, StateId, stateOf } from "../domain/Receipt.ts"
import { busTime } from "./BusTime.ts"
import { maybe, readTag, threadFlag } from "./Flags.ts"
import { type Moment, momentFlag } from "./Moment.ts"

const stateFlag = maybe(
  Flag.String("state").pipe(
    Flag.withMetavar("state"),
    Flag.withDescription(`Only messages that came so far: ${StateId.literals.join(", ")}`),
    Flag.mapEffect((raw) => {
      const state = stateOf(raw.trim().toLowerCase().replace(/[ -]/g, "_"))
      return state === undefined
        ? Effect.fail(
            new CliError.InvalidValue({
              option: "state",
              value: raw,
              expected: StateId.literals.join(", "),
              kind: "flag"
            })
          )
        : Effect.succeed(state)
    })
  )
)

export const filterFlags = {
  thread: threadFlag,
  with: maybe(
    Flag.String("with").pipe(
      Flag.withMetavar("name"),
      Flag.withDescription("Only messages from or to this name")
    )
  ),
  grep: maybe(
    Flag.String("grep").pipe(
      Flag.withMetavar("text"),
      Flag.filter(
        (text) => text !== "",
        () => "some text"
      ),
      Flag.withDescription("Only messages whose words hold this text, as it stands, in capitals or not")
    )
  ),
  type: maybe(
    Flag.Literals("type", MessageType.literals).pipe(Flag.withDescription("Only messages with this label"))
  ),
  state: stateFlag,
  since: momentFlag("since", "The same as --after"),
  after: momentFlag("after", "Only messages from then on: 1h30m (ago), 2026-11-01, 09:30, 2026-11-01T09:30"),
  before: momentFlag("before", "Only messages from before then")
}

/** What these flags say. */
export interface Filters {
  readonly thread: string | undefined
  readonly with: string | undefined
  readonly grep: string | undefined
  readonly type: MessageType | undefined
  readonly state: DeliveryState | undefined
  readonly since: Moment | undefined
  readonly after: Moment | undefined
  readonly before: Moment | undefined
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

/** What is asked of the bus. */
export const searchOf = Effect.fnUntraced(function* (filters: Filters) {
  const now = yield* busTime
  const begin = [filters.since, filters.after].flatMap((moment) =>
    moment === undefined ? [] : [moment(now)]
  )
  return {
    threadId: filters.thread,
    other: filters.with === undefined ? undefined : yield* readTag("--with", filters.with),
    words: filters.grep,
    type: filters.type,
    state: filters.state,
    since: begin.length === 0 ? undefined : iso(Math.max(...begin)),
    until: filters.before === undefined ? undefined : iso(filters.before(now))
  } satisfies Omit<Overview, "limit">
})

/** How many messages are read at once. */
const page = 1_000

/** Does something with each message that is asked for, the oldest first. Only some of them are in memory at a time. */
export const forEachMessage = Effect.fnUntraced(function* <E, R>(
  search: Omit<Overview, "limit">,
  run: (message: LoggedMessage) => Effect.Effect<void, E, R>
) {
  const history = yield* History
  let after = search.after ?? 0
  let count = 0
  while (true) {
    const messages = yield* history.page({ ...search, after, limit: page })
    yield* Effect.forEach(messages, run, { discard: true })
    count += messages.length
    after = messages.at(-1)?.id ?? after
    if (messages.length === 0) return count
  }
})
