/** How the demo fails: a server does not do what it should, or not in time. */
import { Effect, Schema } from "effect"
import type { ClaudeCode } from "../testkit/host/ClaudeCode.ts"

/** How long anything may take to arrive, in milliseconds. */
const arrivesWithin = 5_000

export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  problem: Schema.String,
  /** What the server in question wrote to stderr. */
  log: Schema.String
}) {
  override get message() {
    const log = this.log.trim()
    return `${this.problem}.${log === "" ? "" : `\nIts server says:\n${log}`}`
  }
}

/** Ends the demo because of what a server did. */
export const fail = (host: ClaudeCode, problem: string): Effect.Effect<never, Failure> =>
  Effect.suspend(() => Effect.fail(new Failure({ problem, log: host.stderr() })))

/** Waits for something of a server, but not for ever. */
export const inTime =
  (host: ClaudeCode, what: string) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | Failure> =>
    Effect.timeoutOrElse(effect, {
      duration: arrivesWithin,
      orElse: () => fail(host, `${what} did not arrive within ${arrivesWithin / 1000} s`)
    })
