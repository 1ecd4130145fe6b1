/** A session of the bench: a server that has been initialized as Claude Code does it, and calls of its tools. */
import { Effect, Schedule, Schema, type Scope } from "effect"
import type { Sizes } from "./Options.ts"
import { type Peer, start } from "./Peer.ts"
import type { Place } from "./Place.ts"
import type { Subject } from "./Subject.ts"

/** A server does not do the least that a measurement needs. */
export class Unusable extends Schema.TaggedError<Unusable>()("Unusable", {
  subject: Schema.String,
  problem: Schema.String,
  log: Schema.String
}) {
  override get message() {
    const log = this.log.trim()
    return `${this.subject} ${this.problem}.${log === "" ? "" : `\nIts stderr:\n${log}`}`
  }
}

export interface Session {
  readonly name: string
  readonly peer: Peer
  /** From the start of its process to the answer to `initialize`, in milliseconds. */
  readonly startTime: number
}

const message = (fields: object) => `${JSON.stringify({ jsonrpc: "2.0", ...fields })}\n`

const initialize = message({
  id: 2,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: { roots: {} },
    clientInfo: { name: "claude-code", version: "2.1.330" }
  }
})

/** The call of a tool, as a line. */
export const call = (id: number, tool: string, input: object): string =>
  message({
    id,
    method: "tools/call",
    params: { name: tool, arguments: input, _meta: { "claudecode/toolUseId": `toolu_${id}` } }
  })

/** The id of a session's conversation. */
export const conversation = (name: string): string => `conversation-of-${name}`

/** The call of a hook in the main thread, as Claude Code fills it in from plugin/hooks/hooks.json: without `_meta`. */
export const callHook = ({ name }: Session, id: number, event: string, input: object = {}): string =>
  message({
    id,
    method: "tools/call",
    params: {
      name: "session_hook",
      arguments: {
        event,
        prompt_id: `prompt-${id}`,
        permission_mode: "default",
        session_id: conversation(name),
        agent_id: "",
        ...input
      }
    }
  })

/** Whether a server offers to answer hooks. */
export const answersHooks = Effect.fnUntraced(function* ({ peer }: Session) {
  const since = yield* peer.mark
  yield* peer.write(message({ id: 4, method: "tools/list", params: {} }))
  const [line] = yield* peer.lines(since, 1, '"id":4')
  return line?.text.includes('"session_hook"') ?? false
})

/** The text of message number `index`: the number, and as many words as messages have in daily use. */
export const words = (index: number): string =>
  `#${index} Please look at the failing checkout test on branch currency: it expects two decimals, and the API gives three since yesterday.`

/** What the lines that carry such a message contain, and no answers to calls. */
export const carriesWords = '"content":"#'

/** Reads the number of a message from its line. */
export const indexOf = (line: string): number => Number(/"content":"#(\d+) /.exec(line)?.[1])

/** Starts a session and initializes it. */
export const startSession = Effect.fnUntraced(function* (
  subject: Subject,
  place: Place,
  name: string,
  env: Readonly<Record<string, string>> = {}
): Effect.fn.Return<Session, Unusable, Scope.Scope> {
  const peer = yield* start(subject, place.home, {
    CC_DM_SESSION_NAME: name,
    CC_DM_SESSION_ROLE: "worker",
    CC_DM_SESSION_PROJECT: "bench",
    // It means to flood.
    CC_DM_RATE_LIMIT: "off",
    CC_DM_QUEUE_LIMIT: "off",
    CLAUDE_CODE_SESSION_ID: conversation(name),
    ...place.env,
    ...env
  })
  const answer = Effect.fnUntraced(function* (id: number, request: string) {
    yield* peer.write(request)
    const [line] = yield* peer.lines(0, 1, `"id":${id}`)
    if (line !== undefined) return line
    return yield* new Unusable({ subject: subject.name, problem: "does not answer", log: peer.log() })
  })
  yield* answer(1, message({ id: 1, method: "server/discover", params: {} }))
  const answered = yield* answer(2, initialize)
  yield* peer.write(message({ method: "notifications/initialized" }))
  yield* answer(5, message({ id: 5, method: "tools/list" }))
  return { name, peer, startTime: answered.at - peer.startedAt }
})

/** Waits until all sessions of a bus see each other, and for what servers do just after their start. */
export const settle = Effect.fnUntraced(function* (
  subject: Subject,
  sessions: ReadonlyArray<Session>,
  { settling }: Sizes
): Effect.fn.Return<void, Unusable> {
  const [{ peer } = yield* Effect.die("there is no session")] = sessions
  const look = Effect.gen(function* () {
    const since = yield* peer.mark
    yield* peer.write(call(3, "who", {}))
    const [line] = yield* peer.lines(since, 1, '"id":3')
    const seen = sessions.filter(({ name }) => line?.text.includes(`\\"${name}\\"`)).length
    if (seen < sessions.length)
      return yield* new Unusable({
        subject: subject.name,
        problem: `shows ${seen} of ${sessions.length} sessions in its roster`,
        log: peer.log()
      })
  })
  if (subject.isServer)
    yield* Effect.retry(look, Schedule.spaced("100 millis").pipe(Schedule.upTo({ duration: "10 seconds" })))
  yield* Effect.sleep(settling)
})
