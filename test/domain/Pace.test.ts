/** How fast a session may write: whatever it tries, the limits hold, and what it is told is true. */
import { describe, expect, test } from "bun:test"
import { Result, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import {
  type Arrival,
  defaultRateLimit,
  everybody,
  isShownUnproven,
  mostBroadcasts,
  parseQueueLimit,
  parseRateLimit,
  pauseBefore,
  type RateLimit,
  repeatWindow,
  type Sending,
  window
} from "../../src/domain/Pace.ts"
import { it } from "../support/it.ts"
import { text } from "../support/names.ts"

const small = (most: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most })))
const limits = Arbitrary.map(Arbitrary.all({ toOne: small(4), inAll: small(8) }), (limit): RateLimit => limit)

/** What a model tries, one after the other. */
const attempts = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.schema(
      Schema.Struct({
        to: Schema.Literals(["a", "b", "c", everybody]),
        words: Schema.Literals(["1", "2", "3", "4", "5", "6", "7", "8"]),
        after: Schema.Literals([0, 1, 900, 5_000, 10_000, 31_000])
      })
    ),
    { maxLength: 60 }
  ),
  (all) => {
    let at = 1_000_000
    return all.map(({ after, to, words }): Sending => {
      at += after
      return { to, words, at }
    })
  }
)

/** What of it goes through. */
const sentOf = (limit: RateLimit, tried: ReadonlyArray<Sending>): ReadonlyArray<Sending> => {
  const sent: Array<Sending> = []
  for (const next of tried) if (pauseBefore(limit, next, sent) === undefined) sent.push(next)
  return sent
}

/** The most of some messages that lie within any span. */
const mostWithin = (sent: ReadonlyArray<Sending>, span: number) =>
  Math.max(0, ...sent.map(({ at }) => sent.filter((one) => one.at > at - span && one.at <= at).length))

describe("whatever a session tries,", () => {
  const tries = Arbitrary.all({ limit: limits, tried: attempts })

  it.prop(
    "no minute holds more than its limits",
    tries,
    ({ limit, tried }) => {
      const sent = sentOf(limit, tried)
      const to = (receiver: string) => sent.filter((one) => one.to === receiver)
      return (
        mostWithin(sent, window) <= limit.inAll &&
        ["a", "b", "c"].every((one) => mostWithin(to(one), window) <= limit.toOne) &&
        mostWithin(to(everybody), window) <= Math.min(mostBroadcasts, limit.toOne)
      )
    },
    300,
    60
  )
  it.prop(
    "the same text goes to the same receiver once in 10 s",
    tries,
    ({ limit, tried }) => {
      const sent = sentOf(limit, tried)
      return sent.every(
        (one) =>
          mostWithin(
            sent.filter(({ to, words }) => to === one.to && words === one.words),
            repeatWindow
          ) <= 1
      )
    },
    300,
    60
  )
  it.prop(
    "who waits as long as it is told to may send, and a moment before it may not",
    tries,
    ({ limit, tried }) => {
      const sent = sentOf(limit, tried)
      return tried.every((next) => {
        const lately = sent.filter(({ at }) => at <= next.at)
        const pause = pauseBefore(limit, next, lately)
        if (pause === undefined) return true
        const later = (wait: number) => pauseBefore(limit, { ...next, at: next.at + wait }, lately)
        return pause.wait > 0 && later(pause.wait) === undefined && later(pause.wait - 1) !== undefined
      })
    },
    300,
    60
  )
  it.prop(
    "nothing is refused that is within the limits",
    tries,
    ({ tried }) => {
      const texts = tried
        .map((one, index) => ({ ...one, words: String(index) }))
        .filter(({ to }) => to !== everybody)
      return sentOf({ toOne: 1_000, inAll: 1_000 }, texts).length === texts.length
    },
    300,
    60
  )
  it.prop("a clock that was set back silences nobody", tries, ({ limit, tried }) =>
    sentOf(limit, tried).length > 0
      ? pauseBefore(limit, { to: "a", words: "1", at: 0 }, sentOf(limit, tried)) === undefined
      : true
  )
})

describe("what nothing proves", () => {
  const arrivals = Arbitrary.array(
    Arbitrary.schema(
      Schema.Struct({
        from: Schema.Literals(["a", "b", "c", "d", "e"]),
        after: Schema.Literals([0, 10, 400, 3_000, 61_000])
      })
    ),
    { maxLength: 300 }
  )
  it.prop(
    "is shown as often within any minute as one sender may write, and no less often",
    arrivals,
    (all) => {
      const { inAll, toOne } = defaultRateLimit
      let at = 0
      let shown: ReadonlyArray<Arrival> = []
      for (const { after, from } of all) {
        at += after
        const within = shown.filter((one) => one.at > at - 60_000)
        const mayBe = within.length < inAll && within.filter((one) => one.from === from).length < toOne
        if (isShownUnproven({ from, at }, shown) !== mayBe) return false
        if (mayBe) shown = [...shown, { from, at }]
      }
      return true
    },
    200,
    200
  )
})

describe("the limits are read", () => {
  test.each([
    ["20/60", { toOne: 20, inAll: 60 }],
    [" 1 / 1000 ", { toOne: 1, inAll: 1_000 }],
    ["OFF", undefined]
  ] as const)("%s", (raw, limit) => expect(Result.getOrThrow(parseRateLimit(raw))).toEqual(limit))
  test.each(["", "20", "0/60", "20/0", "1001/60", "-1/2", "20/60/80", "none", "1e2/60"])(
    "but not %j",
    (raw) => expect(Result.isFailure(parseRateLimit(raw))).toBe(true)
  )
  test("of queues", () => {
    expect(Result.getOrThrow(parseQueueLimit(" 200 "))).toBe(200)
    expect(Result.getOrThrow(parseQueueLimit("off"))).toBeUndefined()
    for (const raw of ["", "0", "-1", "1.5", "1000001", "many"])
      expect(Result.isFailure(parseQueueLimit(raw))).toBe(true)
  })
  it.prop("from any text without a throw", text, (raw) => {
    parseRateLimit(raw)
    parseQueueLimit(raw)
    return true
  })
})
