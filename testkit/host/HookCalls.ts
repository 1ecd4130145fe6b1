/** The client's calls of hooks: made at an event, given up in time, and written down. */
import { Effect, Option } from "effect"
import type { ClaudeCode } from "./ClaudeCode.ts"
import { type HookAnswer, readAnswer } from "./HookAnswer.ts"
import { type DeclaredHook, type HookEvent, type HookValues, hooksFor } from "./Hooks.ts"

/** A call that is over. */
export interface HookCall {
  readonly event: HookEvent
  readonly input: Readonly<Record<string, string>>
  /** `cancelled`: the client gave up and told the server so; `failed`: the server was gone. */
  readonly outcome: "answered" | "cancelled" | "failed"
  /** What the server said, its JSON read. A cancelled call may have it too: it reached nobody. */
  readonly answer: unknown
  readonly milliseconds: number
}

/**
 * When a call is given up: before its answer can come, or when it is there but too late, as where both cross on
 * their way.
 */
export type Cancellation = "at once" | "answered"

export interface HookCalls {
  /** Calls all hooks of an event, and gives what they put before the model. */
  readonly call: (event: HookEvent, values: HookValues) => Effect.Effect<ReadonlyArray<string>>
  readonly cancelNext: (event: HookEvent, when?: Cancellation) => void
  readonly log: ReadonlyArray<HookCall>
}

interface Ending {
  readonly outcome: HookCall["outcome"]
  readonly read?: HookAnswer
}

export const makeHookCalls = (server: ClaudeCode, tellUser: (line: string) => void): HookCalls => {
  const log: Array<HookCall> = []
  const cancellations: Array<{ readonly event: HookEvent; readonly when: Cancellation }> = []
  const takeCancellation = (event: HookEvent): Cancellation | undefined => {
    const index = cancellations.findIndex((one) => one.event === event)
    return index < 0 ? undefined : cancellations.splice(index, 1)[0]?.when
  }

  const ask = ({ event, input, timeout, tool }: DeclaredHook, cancellation: Cancellation | undefined) =>
    Effect.gen(function* () {
      const sent = yield* server.send("tools/call", { name: tool, arguments: input })
      const reply = sent.reply.pipe(
        Effect.map((reply): Ending => ({ outcome: "answered", read: readAnswer(event, reply) })),
        Effect.raceFirst(Effect.as(server.ended, { outcome: "failed" } satisfies Ending)),
        Effect.timeoutOption(timeout)
      )
      const ending = cancellation === "at once" ? Option.none<Ending>() : yield* reply
      if (Option.isSome(ending) && (cancellation === undefined || ending.value.outcome === "failed"))
        return ending.value
      yield* server.notify("notifications/cancelled", { requestId: sent.id, reason: "the hook timed out" })
      return { ...Option.getOrUndefined(ending), outcome: "cancelled" } satisfies Ending
    })

  const callOne = (hook: DeclaredHook) =>
    Effect.gen(function* () {
      const began = performance.now()
      const { outcome, read }: Ending = yield* ask(hook, takeCancellation(hook.event))
      const milliseconds = performance.now() - began
      log.push({ event: hook.event, input: hook.input, outcome, answer: read?.said, milliseconds })
      if (outcome === "failed") tellUser(`${hook.event} hook: error: the server is gone`)
      if (outcome !== "answered" || read === undefined) return []
      for (const line of read.forUser) tellUser(line)
      return read.context === undefined ? [] : [read.context]
    })

  return {
    call: (event, values) =>
      Effect.map(Effect.forEach(hooksFor(event, values), callOne, { concurrency: "unbounded" }), (contexts) =>
        contexts.flat()
      ),
    cancelNext: (event, when = "at once") => void cancellations.push({ event, when }),
    log
  }
}
