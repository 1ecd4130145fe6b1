/** Who plays: three sessions of Claude Code, each a stand-in host with a real server. */
import { Effect, type Scope } from "effect"
import { type ClaudeCode, named, start } from "../testkit/host/ClaudeCode.ts"
import { type Failure, fail, inTime } from "./Failure.ts"

/** A session of the demo. */
export interface Player {
  readonly name: string
  readonly role: string
  readonly host: ClaudeCode
  /** From the start of the process to the answer to `initialize`, in milliseconds. */
  readonly startTime: number
}

export interface Cast {
  readonly planner: Player
  readonly backend: Player
  readonly tests: Player
}

const play = Effect.fnUntraced(function* (
  home: string,
  name: string,
  role: string,
  more: Readonly<Record<string, string>> = {}
): Effect.fn.Return<Player, Failure, Scope.Scope> {
  const began = performance.now()
  const env = named(name, { CC_DM_SESSION_ROLE: role, CC_DM_SESSION_PROJECT: "shop", ...more })
  const host = yield* start({ home, env })
  const { error } = yield* inTime(host, `${name}'s answer to initialize`)(host.initialize)
  if (error !== undefined) return yield* fail(host, `${name} refused initialize: ${error.message}`)
  return { name, role, host, startTime: performance.now() - began }
})

/** Starts the three sessions on one bus, one after the other. The backend asks the planner for permissions. */
export const cast = (home: string): Effect.Effect<Cast, Failure, Scope.Scope> =>
  Effect.all({
    planner: play(home, "planner", "orchestrator"),
    backend: play(home, "backend", "worker", {
      CC_DM_PERMISSION_RELAY: "1",
      CC_DM_PERMISSION_APPROVER: "planner"
    }),
    tests: play(home, "tests", "reviewer")
  })
