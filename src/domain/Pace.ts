/**
 * How fast a session may write. Two models that thank each other never stop by themselves: the limits are far above
 * what work needs, and a sender that meets one is told how long to wait.
 */
import { Result } from "effect"

/** How many messages a session may send within a minute. */
export interface RateLimit {
  /** To one receiver. */
  readonly toOne: number
  /** In all; a broadcast counts as one. */
  readonly inAll: number
}

export const defaultRateLimit: RateLimit = { toOne: 20, inAll: 60 }

/** The time that the limits look at, in milliseconds. */
export const window = 60_000

/** The same text goes to the same receiver once in this time, in milliseconds. */
export const repeatWindow = 10_000

/** Another process that writes as the same session may be so far ahead, in milliseconds: it waited less for the lock. */
export const skew = 5_000

/** The most broadcasts of one session within a minute: each of them interrupts everybody. */
export const mostBroadcasts = 5

/** The most messages that may wait for one receiver. */
export const defaultQueueLimit = 200

/** Where a broadcast goes: to no receiver in particular. */
export const everybody = ""

/** A message that was sent, or is about to be. */
export interface Sending {
  /** The receiver, or {@link everybody}. */
  readonly to: string
  /** Stands for the text. */
  readonly words: string
  /** In milliseconds. */
  readonly at: number
}

/** What is too much: the same text again, messages to one receiver, broadcasts, or messages in all. */
export type Excess = "again" | "to one" | "broadcasts" | "in all"

/** That a session has to wait, and why. */
export interface Pause {
  readonly excess: Excess
  /** The limit that was met, as a number of messages. */
  readonly limit: number
  /** In milliseconds. */
  readonly wait: number
}

/** The most messages within a minute to one receiver, or broadcasts. */
export const mostTo = ({ toOne }: RateLimit, to: string): number =>
  to === everybody ? Math.min(mostBroadcasts, toOne) : toOne

/** How long it takes until fewer than `limit` of these times lie within `span` before now. */
const waitFor = (times: ReadonlyArray<number>, limit: number, span: number, now: number): number => {
  const recent = times.filter((at) => at > now - span && at <= now + skew).sort((one, other) => one - other)
  const last = recent[recent.length - limit]
  return last === undefined ? 0 : last + span - now
}

/**
 * Whether a message may be sent now, after those that were sent lately. Times far after now do not count: a clock that
 * was set back must silence nobody.
 *
 * @returns the longest of the waits, or `undefined` if there is none
 */
export const pauseBefore = (
  limit: RateLimit,
  next: Sending,
  lately: ReadonlyArray<Sending>
): Pause | undefined => {
  const there = lately.filter(({ to }) => to === next.to)
  const same = there.filter(({ words }) => words === next.words)
  const pause = (excess: Excess, some: ReadonlyArray<Sending>, limit: number, span = window): Pause => ({
    excess,
    limit,
    wait: waitFor(
      some.map(({ at }) => at),
      limit,
      span,
      next.at
    )
  })
  const pauses = [
    pause(next.to === everybody ? "broadcasts" : "to one", there, mostTo(limit, next.to)),
    pause("in all", lately, limit.inAll),
    pause("again", same, 1, repeatWindow)
  ]
  return pauses
    .filter(({ wait }) => wait > 0)
    .reduce<Pause | undefined>(
      (most, one) => (most === undefined || one.wait > most.wait ? one : most),
      undefined
    )
}

/** A message of which nothing proves who wrote it, as it came in. */
export interface Arrival {
  /** The name that it gives. */
  readonly from: string
  /** In milliseconds. */
  readonly at: number
}

/**
 * Whether one more message without proof is shown, after those that were shown lately: as many under one name and in all as one
 * sender may send within a minute. Rows that are written by hand are bound by no limits of a sender.
 */
export const isShownUnproven = (next: Arrival, lately: ReadonlyArray<Arrival>): boolean => {
  const { inAll, toOne } = defaultRateLimit
  const recent = lately.filter(({ at }) => at > next.at - window && at <= next.at + skew)
  return recent.length < inAll && recent.filter(({ from }) => from === next.from).length < toOne
}

const isOff = (text: string) => text.toLowerCase() === "off"

/** The highest limit that can be asked for: all that was sent within a minute is looked at for each message. */
const highestRate = 1_000
const highestQueue = 1_000_000

/**
 * Reads a limit such as `20/60`: within a minute, to one receiver, and in all.
 *
 * @returns the limit, `undefined` for `off`, or a sentence that says what is wrong with the text
 */
export const parseRateLimit = (raw: string): Result.Result<RateLimit | undefined, string> => {
  const text = raw.trim()
  if (isOff(text)) return Result.succeed(undefined)
  const [, toOne = "", inAll = ""] = /^(\d{1,4})\s*\/\s*(\d{1,4})$/.exec(text) ?? []
  const limit = { toOne: Number(toOne), inAll: Number(inAll) }
  const isRate = (rate: number) => rate >= 1 && rate <= highestRate
  return isRate(limit.toOne) && isRate(limit.inAll)
    ? Result.succeed(limit)
    : Result.fail(
        `must be off, or two numbers of 1 to ${highestRate} such as 20/60: a minute, to one session and in all`
      )
}

/** Reads how many messages may wait for one receiver: a number, or `off`, which is `undefined`. */
export const parseQueueLimit = (raw: string): Result.Result<number | undefined, string> => {
  const text = raw.trim()
  if (isOff(text)) return Result.succeed(undefined)
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= highestQueue
    ? Result.succeed(limit)
    : Result.fail(`must be off, or a number of 1 to ${highestQueue}`)
}
