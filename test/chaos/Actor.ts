/** One session of a run: it is started, does what the plan says, is killed, and is started again. */
import { randomUUID } from "node:crypto"
import { Effect, Exit, Scope, Semaphore } from "effect"
import { type ClaudeCode, flooding, named, startReady, type ToolResult } from "../host/ClaudeCode.ts"
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
}

export interface Actor {
  readonly name: string
  readonly kind: Kind
  readonly isAlive: () => boolean
  /** Every event that the session's server sent, as words. */
  readonly events: ReadonlyArray<string>
  readonly start: Effect.Effect<void>
  readonly kill: (what: "server" | "client") => Effect.Effect<void>
  /** Ends it for good, and closes what it has open. */
  readonly end: Effect.Effect<void>
  /** Writes a letter. */
  readonly send: (letter: Letter, how: string) => Effect.Effect<void>
  /** Does something that the session's state allows. */
  readonly move: (roll: number) => Effect.Effect<void>
  /** Works through whatever waits: looks into the inbox, and ends its turn. */
  readonly tidy: Effect.Effect<void>
  /** The numbers of the messages that its inbox holds. */
  readonly inbox: Effect.Effect<ReadonlyArray<string>>
}

/** A letter's words: its token stands on both ends. */
const wordsOf = ({ token }: Letter, how: string) =>
  `[begin ${token}] ${how === "long" ? "long ".repeat(1_950) : "hello"} [end ${token}]`

const wishesOf: Readonly<Record<string, object>> = {
  "when idle": { when: "idle" },
  mail: { expires_in: 60 }
}

/** What a user types. */
const ownPrompt = "go on"

/** So long before its death a server may not have written down yet what it knew, in milliseconds. */
const unwritten = 1_000

export const makeActor = (
  home: string,
  name: string,
  kind: Kind,
  ledger: Ledger,
  /** The state of a message on the bus. */
  stateOf: (id: string) => string
): Actor => {
  // It comes back in the conversation that it began with: of a later one its server may not have heard when it died.
  const conversation: string = randomUUID()
  let life: Life | undefined
  /** Alive until it was killed; a life stays until the next one begins. */
  let alive = false
  let diedAt = 0
  const lock = Semaphore.makeUnsafe(1)
  const events: Array<string> = []

  const absorb = (one: Life, until = one.session?.requests.length ?? 0) => {
    for (; one.absorbed < until; one.absorbed++)
      for (const text of one.session?.requests[one.absorbed]?.texts ?? [])
        ledger.show(name, text, text.startsWith('{"'))
  }

  /** The model's answer: whatever it had before its eyes until now, it has seen. */
  const answering = <A>(
    one: Life,
    step: Effect.Effect<A>,
    requestOf: (result: A) => ModelRequest | undefined
  ) =>
    Effect.gen(function* () {
      absorb(one)
      ledger.answer(name)
      const result = yield* step
      const count = one.session?.requests.length ?? 0
      // A turn that was beginning has begun before the step.
      absorb(one, requestOf(result) === undefined ? count : count - 1)
      ledger.answer(name)
      absorb(one)
    })
  const tools = (one: Life, session: HookedSession, ...calls: ReadonlyArray<ToolCall>) =>
    answering(one, session.toolBatch(...calls), ({ request }) => request)
  const stop = (one: Life, session: HookedSession) => answering(one, session.stop, (request) => request)
  const losing = (one: Life, why: string, step: Effect.Effect<void>) =>
    Effect.andThen(
      step,
      Effect.sync(() => {
        absorb(one)
        ledger.lose(name, why)
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
        )
      )
    })

  /** What the model has before its eyes, and may answer by number. */
  const answerable = () =>
    [...ledger.letters.values()].find(
      (letter) => letter.to === name && letter.held && letter.id !== undefined
    )

  const accept = (letter: Letter, result: ToolResult | undefined) => {
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

  const workAt = (one: Life, session: HookedSession, roll: number): Effect.Effect<unknown> => {
    if (roll < 0.35) return tools(one, session)
    if (roll < 0.47) return tools(one, session, { tool: "inbox" })
    if (roll < 0.57) {
      const original = answerable()
      if (original === undefined) return tools(one, session)
      const reply = ledger.write(name, original.from)
      const input = { reply_to: original.id, content: wordsOf(reply, "plain") }
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
  const restAt = (one: Life, session: HookedSession, roll: number): Effect.Effect<unknown> => {
    if (roll < 0.45) return session.prompt(ownPrompt)
    if (roll < 0.85) return Effect.void
    if (roll < 0.9) return cancelling(session, "UserPromptSubmit", roll)
    if (roll < 0.95) return losing(one, "cleared", session.clear)
    return losing(one, "another conversation was resumed", session.resumeOther())
  }

  const fetch = (server: ClaudeCode) =>
    Effect.raceFirst(
      Effect.map(
        server.call("inbox", { limit: 100 }),
        ({ json }): ReadonlyArray<{ readonly message_id: string }> =>
          (json["messages"] as ReadonlyArray<{ readonly message_id: string }>) ?? []
      ),
      Effect.as(server.ended, [])
    )

  const move = (roll: number) =>
    lock
      .withPermit(
        Effect.suspend((): Effect.Effect<unknown> => {
          if (life === undefined || !alive) return Effect.void
          const { server, session } = life
          if (session === undefined) return roll < 0.2 ? fetch(server) : Effect.void
          return session.state() === "at work" ? workAt(life, session, roll) : restAt(life, session, roll)
        })
        // A turn may begin by itself just before a prompt, and that is no mistake here.
      )
      .pipe(Effect.exit, Effect.asVoid)

  const tidy = lock
    .withPermit(
      Effect.gen(function* () {
        const one = life
        const session = one?.session
        if (one === undefined || session === undefined || !alive) return
        if (session.state() === "idle") yield* Effect.exit(session.prompt(ownPrompt))
        if (session.state() === "idle") return
        yield* tools(one, session, { tool: "inbox" })
        yield* tools(one, session)
        while (session.state() === "at work") yield* stop(one, session)
      })
    )
    .pipe(Effect.exit, Effect.asVoid)

  /** After a death: what the server knew last, and could not write down any more, may come again. */
  const settleDeath = (one: Life) => {
    absorb(one)
    ledger.lose(name, "it died")
    for (const letter of ledger.letters.values()) {
      if (letter.to !== name || !letter.held || letter.id === undefined) continue
      const state = stateOf(letter.id)
      const since = kind === "channel" ? letter.heldAt : (letter.answeredAt ?? 0)
      if (state !== "seen" && state !== "pushed" && diedAt - since < unwritten)
        ledger.forget(letter, "its server died before it could write down what it knew")
    }
  }

  const start = lock.withPermit(
    Effect.gen(function* () {
      if (alive) return
      if (life !== undefined) {
        // What it wrote last is still in the pipe.
        yield* Effect.sleep("100 millis")
        settleDeath(life)
        yield* Scope.close(life.scope, Exit.void)
      }
      const scope = yield* Scope.make()
      const begin = Effect.gen(function* () {
        if (kind !== "plain") {
          const session = yield* startSession({
            home,
            env: named(name, flooding),
            conversation,
            socket: kind === "hooked",
            channel: kind === "channel"
          })
          return { server: session.server, session }
        }
        const server = yield* startReady({
          home,
          env: named(name, { ...flooding, CLAUDE_CODE_SESSION_ID: conversation })
        })
        yield* server.next.pipe(
          Effect.tap(({ params }) => Effect.sync(() => void events.push(String(params.content)))),
          Effect.forever,
          Effect.forkScoped
        )
        return { server, session: undefined }
      })
      life = { ...(yield* Scope.provide(begin, scope)), scope, absorbed: 0 }
      alive = true
    })
  )

  const kill = (what: "server" | "client") =>
    Effect.gen(function* () {
      if (life === undefined || !alive) return
      alive = false
      const { server } = life
      yield* what === "server" ? server.kill("SIGKILL") : server.closeStdin
      yield* server.ended
      diedAt = performance.now()
    })

  const send = (letter: Letter, how: string) =>
    Effect.gen(function* () {
      const server = life?.server
      if (server === undefined || !alive) return ledger.note(letter, "not sent: its sender is dead")
      const input = { to: letter.to, content: wordsOf(letter, how), ...wishesOf[how] }
      accept(letter, yield* Effect.raceFirst(server.call("dm", input), Effect.as(server.ended, undefined)))
    })

  return {
    name,
    kind,
    isAlive: () => alive,
    events,
    start,
    kill,
    end: Effect.suspend(() =>
      life === undefined ? Effect.void : Effect.andThen(kill("server"), Scope.close(life.scope, Exit.void))
    ),
    send,
    move,
    tidy,
    inbox: Effect.suspend(() =>
      life === undefined || !alive
        ? Effect.succeed([])
        : Effect.map(fetch(life.server), (found) => found.map(({ message_id }) => message_id))
    )
  }
}
