/** One session of a run: it is started, does what the plan says, is killed, and is started again. */
import { randomUUID } from "node:crypto"
import { Effect, Exit, Scope, Semaphore } from "effect"
import {
  type ClaudeCode,
  flooding,
  named,
  type ServerNotification,
  startReady,
  type ToolResult
} from "../host/ClaudeCode.ts"
import { type HookedSession, type ModelRequest, startSession, type ToolCall } from "../host/HookedSession.ts"
import type { HookEvent } from "../host/Hooks.ts"
import type { Ledger, Letter } from "./Ledger.ts"
import type { Kind } from "./Plan.ts"

interface Life {
  readonly scope: Scope.Closeable
  readonly server: ClaudeCode
  /** Absent in a plain session. */
  readonly session: HookedSession | undefined
  /** So many of its requests are in the ledger. */
  absorbed: number
  /** When its user typed last. */
  promptedAt: number
}

/** How a session's life ends: its server is killed, its host dies, which closes its server's stdin, or its user leaves. */
export type Ending = "server" | "client" | "exit"

export interface Actor {
  readonly name: string
  readonly kind: Kind
  readonly isAlive: () => boolean
  /** Whether a step of it is under way, so that the ledger may not know yet what its server knows. */
  readonly isBusy: () => boolean
  /** Its server since it was started last; `undefined` before that. */
  readonly server: () => ClaudeCode | undefined
  /** Every event that the session's server sent, as words. */
  readonly events: ReadonlyArray<string>
  readonly start: Effect.Effect<void>
  readonly kill: (what: Ending) => Effect.Effect<void>
  /** Its server stands still until it is thawed. */
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  /** Ends it for good, and closes what it has open. */
  readonly end: Effect.Effect<void>
  /** Calls a tool beside whatever the session does; `undefined`: its server is dead, or died over it. */
  readonly call: (tool: string, input?: object) => Effect.Effect<ToolResult | undefined>
  /** Writes a letter. */
  readonly send: (letter: Letter, how: string) => Effect.Effect<void>
  /** Does something that the session's state allows. */
  readonly move: (roll: number) => Effect.Effect<void>
  /**
   * A subagent of a session at work looks into the inbox; its hook tells whose call that was, or never does. Gives how many messages
   * it was shown.
   */
  readonly delegate: (tells: boolean) => Effect.Effect<number>
  /** Works through whatever waits: looks into the inbox, and ends its turn. */
  readonly tidy: Effect.Effect<void>
  /** The numbers of the messages that its inbox holds. */
  readonly inbox: Effect.Effect<ReadonlyArray<string>>
}

/** Who plays, and who is told what happens. */
export interface Part {
  readonly home: string
  readonly name: string
  readonly kind: Kind
  readonly ledger: Ledger
  /** The state of a message on the bus. */
  readonly stateOf: (letter: Letter) => Effect.Effect<string>
  /** Variables beside its name and role, or instead of them. */
  readonly env?: Readonly<Record<string, string>>
  /** The server's command line at its next start; the built one where it is left out. */
  readonly command?: () => ReadonlyArray<string> | undefined
  /** That command line writes the server's process id to file descriptor 3. */
  readonly tellsProcess?: boolean
  /** The id of its conversation; a new one by default. */
  readonly conversation?: string
  /** Its server wrote a line to stdout that is no JSON. */
  readonly onStray?: (line: string) => void
  /** A server has been started. */
  readonly onStart?: (server: ClaudeCode) => void
  /** The server said something that is no answer. */
  readonly onNotification?: (notification: ServerNotification) => void
  /** An answer to a message is about to be written. */
  readonly onReply?: (reply: Letter, original: Letter) => void
  /** It is known whether a letter was accepted; `undefined`: the server died over it. */
  readonly onResult?: (letter: Letter, result: ToolResult | undefined) => void
  /** So long before its death a server may not have written down yet what it knew, in milliseconds; 1 s by default. */
  readonly unwritten?: number
}

/** A letter's words: its token stands on both ends. */
export const wordsOf = ({ token }: Letter, how: string) =>
  `[begin ${token}] ${how === "long" ? "long ".repeat(1_950) : "hello"} [end ${token}]`

const wishesOf: Readonly<Record<string, object>> = {
  "when idle": { when: "idle" },
  mail: { expires_in: 60 }
}

/** What a user types. */
const ownPrompt = "go on"

export const makeActor = (part: Part): Actor => {
  const { env, home, kind, ledger, name, stateOf, unwritten = 1_000 } = part
  // It comes back in the conversation that it began with: of a later one its server may not have heard when it died.
  const conversation = part.conversation ?? randomUUID()
  let life: Life | undefined
  /** Alive until it was killed; a life stays until the next one begins. */
  let alive = false
  /** Since when its server may not have written anything: it stood still, or its end had begun, which takes a while. */
  let stoodAt: number | undefined
  /** So many steps are under way, or wait for the one that is. */
  let moving = 0
  const steps = Semaphore.makeUnsafe(1)
  const withLock = <A>(body: Effect.Effect<A>) =>
    Effect.suspend(() => {
      moving += 1
      return Effect.ensuring(
        steps.withPermit(body),
        Effect.sync(() => {
          moving -= 1
        })
      )
    })
  const events: Array<string> = []

  const absorb = (one: Life, until = one.session?.requests.length ?? 0) => {
    for (; one.absorbed < until; one.absorbed++)
      for (const text of one.session?.requests[one.absorbed]?.texts ?? [])
        ledger.show(name, text, text.startsWith('{"'))
  }

  /** Whether a hook has told the server since so many calls that the model answered. Calls are given up, and time out. */
  const isTold = (one: Life, calls: number) =>
    (one.session?.hookCalls ?? [])
      .slice(calls)
      .some(({ event, outcome }) => outcome === "answered" && (event === "PostToolBatch" || event === "Stop"))
  /** The model's answer: whatever it had before its eyes until now, it has seen. */
  const answering = <A>(
    one: Life,
    step: Effect.Effect<A>,
    requestOf: (result: A) => ModelRequest | undefined
  ) =>
    Effect.gen(function* () {
      absorb(one)
      ledger.answer(name)
      const calls = one.session?.hookCalls.length ?? 0
      const result = yield* step
      const count = one.session?.requests.length ?? 0
      // A turn that was beginning has begun before the step.
      absorb(one, requestOf(result) === undefined ? count : count - 1)
      ledger.answer(name)
      if (isTold(one, calls)) ledger.tell(name)
      absorb(one)
    })
  const tools = (one: Life, session: HookedSession, ...calls: ReadonlyArray<ToolCall>) =>
    answering(one, session.toolBatch(...calls), ({ request }) => request)
  const stop = (one: Life, session: HookedSession) => answering(one, session.stop, (request) => request)
  const losing = (one: Life, why: string, step: Effect.Effect<void>, since = 0) =>
    Effect.andThen(
      step,
      Effect.sync(() => {
        absorb(one)
        ledger.lose(name, why, since)
      })
    )
  const cancelling = (session: HookedSession, event: HookEvent, roll: number) =>
    session.cancelNext(event, roll * 1_000 - Math.floor(roll * 1_000) < 0.5 ? "at once" : "answered")

  /** Esc, before or after the first word of the model. Before, the user's prompt is taken back, with what came with it. */
  const pressEsc = (one: Life, session: HookedSession, roll: number) =>
    Effect.suspend(() => {
      const last = session.hookCalls.at(-1)
      absorb(one)
      ledger.doubt(name)
      if (last?.event !== "UserPromptSubmit" || last.input["prompt"] !== ownPrompt || roll < 0.8)
        return session.escape
      return losing(
        one,
        "the prompt was taken back",
        Effect.tap(session.takeBack, () =>
          Effect.sync(() => {
            one.absorbed = session.requests.length
          })
        ),
        one.promptedAt
      )
    })

  const delegateAt = (session: HookedSession, tells: boolean) =>
    Effect.gen(function* () {
      const called = yield* Effect.raceFirst(
        session.subagentCall({ tool: "inbox" }),
        Effect.as(session.server.ended, undefined)
      )
      if (called === undefined || called.result.isError) return 0
      const { json } = called.result
      ledger.aside(name, JSON.stringify(json))
      if (tells) yield* called.tell
      return (json["messages"] as ReadonlyArray<unknown>).length
    })

  /** What the model has before its eyes, and may answer by number. */
  const answerable = () => [...ledger.of(name)].findLast((letter) => letter.held && letter.id !== undefined)

  const accept = (letter: Letter, result: ToolResult | undefined) => {
    part.onResult?.(letter, result)
    if (result === undefined || result.isError) {
      ledger.note(letter, `not accepted: ${result === undefined ? "the server died" : result.json["error"]}`)
      return
    }
    letter.id = String(result.json["message_id"])
    ledger.note(
      letter,
      `${letter.from} -> ${letter.to}: accepted as message ${letter.id}, ${result.json["state"]}`
    )
  }

  const answerTo = (original: Letter) => {
    const reply = ledger.write(name, original.from)
    part.onReply?.(reply, original)
    return { reply, input: { reply_to: original.id, content: wordsOf(reply, "plain") } }
  }

  const workAt = (one: Life, session: HookedSession, roll: number): Effect.Effect<unknown> => {
    if (roll < 0.29) return tools(one, session)
    if (roll < 0.35) return delegateAt(session, roll < 0.33)
    if (roll < 0.47) return tools(one, session, { tool: "inbox" })
    if (roll < 0.57) {
      const original = answerable()
      if (original === undefined) return tools(one, session)
      const { input, reply } = answerTo(original)
      return answering(one, session.toolBatch({ tool: "dm", input }), ({ request, results }) => {
        accept(reply, results[0])
        return request
      })
    }
    if (roll < 0.78) return stop(one, session)
    if (roll < 0.83) return pressEsc(one, session, roll)
    if (roll < 0.88) return losing(one, "compacted", session.compact)
    if (roll < 0.91) return losing(one, "cleared", session.clear)
    if (roll < 0.96) return Effect.andThen(cancelling(session, "PostToolBatch", roll), tools(one, session))
    return Effect.andThen(cancelling(session, "Stop", roll), stop(one, session))
  }
  const prompt = (one: Life, session: HookedSession) =>
    Effect.suspend(() => {
      absorb(one)
      one.promptedAt = performance.now()
      return session.prompt(ownPrompt)
    })
  const restAt = (one: Life, session: HookedSession, roll: number): Effect.Effect<unknown> => {
    if (roll < 0.45) return prompt(one, session)
    if (roll < 0.85) return Effect.void
    if (roll < 0.9) return cancelling(session, "UserPromptSubmit", roll)
    if (roll < 0.95) return losing(one, "cleared", session.clear)
    return losing(one, "another conversation was resumed", session.resumeOther())
  }

  const fetch = (server: ClaudeCode, input: object) =>
    Effect.raceFirst(
      Effect.map(
        server.call("inbox", { limit: 100, ...input }),
        ({ json }): ReadonlyArray<{ readonly message_id: string }> =>
          (json["messages"] as ReadonlyArray<{ readonly message_id: string }>) ?? []
      ),
      Effect.as(server.ended, [])
    )

  /** A session without hooks looks into its inbox, and may answer what it finds. */
  const readInbox = (answers: boolean) =>
    Effect.gen(function* () {
      const result = yield* call("inbox")
      if (result === undefined) return
      ledger.show(name, JSON.stringify(result.json), true)
      const original = answerable()
      if (!answers || original === undefined) return
      ledger.answer(name, original)
      const { input, reply } = answerTo(original)
      accept(reply, yield* call("dm", input))
    })

  const move = (roll: number) =>
    withLock(
      Effect.suspend((): Effect.Effect<unknown> => {
        if (life === undefined || !alive) return Effect.void
        const { session } = life
        if (session === undefined) return roll < 0.2 ? readInbox(roll < 0.1) : Effect.void
        return session.state() === "at work" ? workAt(life, session, roll) : restAt(life, session, roll)
      })
      // A turn may begin by itself just before a prompt, and that is no mistake here.
    ).pipe(Effect.exit, Effect.asVoid)

  const delegate = (tells: boolean) =>
    withLock(
      Effect.suspend(() =>
        alive && life?.session?.state() === "at work" ? delegateAt(life.session, tells) : Effect.succeed(0)
      )
    )

  const tidy = withLock(
    Effect.gen(function* () {
      const one = life
      const session = one?.session
      if (one === undefined || session === undefined || !alive) return
      if (session.state() === "idle") yield* Effect.exit(prompt(one, session))
      if (session.state() === "idle") return
      yield* tools(one, session, { tool: "inbox" })
      yield* tools(one, session)
      while (session.state() === "at work") yield* stop(one, session)
    })
  ).pipe(Effect.exit, Effect.asVoid)

  /** After a death: what the server knew last, and could not write down any more, may come again. */
  const settleDeath = Effect.fnUntraced(function* (one: Life) {
    absorb(one)
    ledger.lose(name, "it died")
    const lastSign = (stoodAt ?? 0) - unwritten
    for (const letter of ledger.of(name)) {
      const since = kind === "channel" ? letter.heldAt : (letter.answeredAt ?? 0)
      if (!letter.held || since < lastSign) continue
      const state = yield* stateOf(letter)
      if (state !== "seen" && state !== "pushed")
        ledger.forget(letter, "its server died before it could write down what it knew")
    }
  })

  const startOptions = () => {
    const command = part.command?.()
    return {
      ...(command === undefined ? {} : { command }),
      tellsProcess: part.tellsProcess ?? false,
      ...(part.onStray === undefined ? {} : { onStray: part.onStray })
    }
  }
  const hear = (server: ClaudeCode, next: Effect.Effect<ServerNotification>) => {
    part.onStart?.(server)
    return next.pipe(
      Effect.tap((notification) =>
        Effect.sync(() => {
          events.push(String(notification.params.content))
          part.onNotification?.(notification)
        })
      ),
      Effect.forever,
      Effect.forkScoped
    )
  }

  const start = withLock(
    Effect.gen(function* () {
      if (alive) return
      if (life !== undefined) {
        // What it wrote last is still in the pipe.
        yield* Effect.sleep("100 millis")
        yield* settleDeath(life)
        yield* Scope.close(life.scope, Exit.void)
      }
      const scope = yield* Scope.make()
      const begin = Effect.gen(function* () {
        if (kind !== "plain") {
          const session = yield* startSession({
            home,
            env: named(name, env ?? flooding),
            conversation,
            ...startOptions(),
            socket: kind === "hooked" || kind === "dropped",
            channel: kind === "dropped" ? "skipped" : kind === "channel"
          })
          yield* hear(session.server, session.nextNotification)
          return { server: session.server, session }
        }
        const server = yield* startReady({
          home,
          env: named(name, { CLAUDE_CODE_SESSION_ID: conversation, ...(env ?? flooding) }),
          ...startOptions()
        })
        yield* hear(server, server.next)
        return { server, session: undefined }
      })
      // A run that ends meanwhile leaves no server behind, and no socket that would keep it going.
      const begun = yield* Effect.onError(Scope.provide(begin, scope), () => Scope.close(scope, Exit.void))
      life = { ...begun, scope, absorbed: 0, promptedAt: 0 }
      stoodAt = undefined
      alive = true
    })
  )

  const kill = (what: Ending) =>
    Effect.gen(function* () {
      if (life === undefined || !alive) return
      alive = false
      stoodAt ??= performance.now()
      const { server, session } = life
      if (what === "exit") yield* session?.exit ?? server.kill("SIGTERM")
      else yield* what === "server" ? server.kill("SIGKILL") : server.closeStdin
      yield* server.ended
    })
  const freeze = Effect.suspend(() => {
    if (life === undefined || !alive) return Effect.void
    stoodAt = performance.now()
    return life.server.kill("SIGSTOP")
  })
  const thaw = Effect.suspend(() => {
    if (life === undefined) return Effect.void
    if (alive) stoodAt = undefined
    return life.server.kill("SIGCONT")
  })

  const call = (tool: string, input?: object) =>
    Effect.suspend(() => {
      const server = life?.server
      if (server === undefined || !alive) return Effect.undefined
      return Effect.raceFirst(server.call(tool, input), Effect.as(server.ended, undefined))
    })

  const send = (letter: Letter, how: string) =>
    Effect.gen(function* () {
      if (!alive) return ledger.note(letter, "not sent: its sender is dead")
      const input = { to: letter.to, content: wordsOf(letter, how), ...wishesOf[how] }
      accept(letter, yield* call("dm", input))
    })

  return {
    name,
    kind,
    isAlive: () => alive,
    isBusy: () => moving > 0,
    server: () => life?.server,
    events,
    start,
    kill,
    freeze,
    thaw,
    call,
    end: Effect.suspend(() =>
      life === undefined ? Effect.void : Effect.andThen(kill("server"), Scope.close(life.scope, Exit.void))
    ),
    send,
    move,
    delegate,
    tidy,
    // A result has room for some long messages only: the oldest that may not have been seen, or the latest of all.
    inbox: Effect.gen(function* () {
      if (life === undefined || !alive) return []
      const oldest = yield* fetch(life.server, {})
      const latest = yield* fetch(life.server, { unseen: false })
      return [...oldest, ...latest].map(({ message_id }) => message_id)
    })
  }
}
