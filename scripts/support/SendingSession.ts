/** A second session, whose server is started by a stand-in for Claude Code, and which writes to the others. */
import { Effect, Exit, Scope } from "effect"
import { type Json, type Listed, sessionsIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { until } from "./until.ts"

/** A message, as its sender sees it with `inbox`. */
export interface SentMessage {
  readonly message_id: string
  readonly to: string
  readonly state: string
}

/** A session on the roster, and what is told of its state. */
export interface Seen extends Listed {
  readonly reachable_by: string
  readonly doing?: string
  readonly doing_since?: string
  readonly nested?: boolean
}

export interface SendingSession {
  /** Waits until a session that fits is on the roster. */
  readonly sees: (what: string, fits: (session: Seen) => boolean) => Promise<Seen>
  /** Writes to a session, and gives the message's id. */
  readonly dm: (to: string, content: string) => Promise<string>
  /** Writes to a name that nobody has yet. */
  readonly mail: (to: string, content: string) => Promise<string>
  readonly sent: (id: string) => Promise<SentMessage>
  /** Waits until a message is in a state. */
  readonly becomes: (id: string, state: string) => Promise<void>
  /** Waits for an event that says something. */
  readonly isTold: (text: string) => Promise<void>
  readonly stop: () => Promise<void>
}

export const startSendingSession = async (options: {
  readonly home: string
  readonly name: string
  readonly env: Readonly<Record<string, string>>
}): Promise<SendingSession> => {
  const scope = Scope.makeUnsafe()
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const quickly = <Value>(effect: Effect.Effect<Value>): Promise<Value> =>
    Effect.runPromise(Effect.timeout(effect, "10 seconds"))
  const host = await Effect.runPromise(
    startReady({
      home: options.home,
      // Its host answers no hooks: what it is told comes as channel events.
      env: { ...options.env, CC_DM_SESSION_NAME: options.name, CC_DM_DELIVERY: "channel" }
    }).pipe(Effect.timeout("10 seconds"), Scope.provide(scope))
  ).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  const call = async (tool: string, input: object): Promise<Json> => {
    const { isError, json } = await quickly(host.call(tool, input))
    if (isError) throw new Error(`${tool}: ${JSON.stringify(json)}`)
    return json
  }
  const sent = async (id: string): Promise<SentMessage> => {
    const { messages } = await call("inbox", { sent: true })
    const message = (messages as ReadonlyArray<SentMessage>).find(
      ({ message_id }) => String(message_id) === id
    )
    if (message === undefined) throw new Error(`inbox lists no message ${id}: ${JSON.stringify(messages)}`)
    return message
  }
  const events: Array<string> = []

  return {
    sees: (what, fits) => {
      let last: ReadonlyArray<Seen> = []
      return until(
        `session ${what} on the roster`,
        async () => {
          last = sessionsIn(await call("who", {})) as ReadonlyArray<Seen>
          return last.find(fits)
        },
        { otherwise: () => `it lists ${JSON.stringify(last)}` }
      )
    },
    dm: async (to, content) => String((await call("dm", { to, content }))["message_id"]),
    mail: async (to, content) => String((await call("dm", { to, content, expires_in: 600 }))["message_id"]),
    sent,
    becomes: async (id, state) => {
      let last: SentMessage | undefined
      await until(
        `state "${state}" of message ${id}`,
        async () => {
          last = await sent(id)
          return last.state === state || undefined
        },
        { otherwise: () => `it is ${JSON.stringify(last)}` }
      )
    },
    isTold: async (text) => {
      await until(
        `event that says "${text}"`,
        async () => {
          for (const { params } of await quickly(host.unread)) events.push(params.content ?? "")
          return events.some((event) => event.includes(text)) || undefined
        },
        { otherwise: () => `it was told: ${JSON.stringify(events)}` }
      )
    },
    stop
  }
}
