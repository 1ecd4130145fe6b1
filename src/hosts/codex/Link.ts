/**
 * The link between this server and its thread in Codex: which thread it is, what it does, what is put into it, and what became of
 * that. One server runs for each thread. Everything goes over the control socket, which needs no hooks and no trust. `thread/resume`
 * is never called: it would bring the questions that are the user's to answer. Seen in version 0.171.0.
 */
import { Clock, Effect, Option, Schedule, Schema } from "effect"
import { makeSignal } from "../../platform/Signal.ts"
import { randomToken } from "../../platform/System.ts"
import type { HostEvent, HostStatus, Reception } from "../Host.ts"
import { type ControlSocket, connect } from "./ControlSocket.ts"
import { probe } from "./Hooks.ts"
import { partsOf } from "./Parts.ts"
import type { CodexPlace } from "./Place.ts"
import { enqueue } from "./Queue.ts"
import { Told } from "./Told.ts"
import { outcomeOf, readTurns } from "./Turns.ts"

/** How this server is called in Codex's configuration. */
const server = "cc-dm"
const client = { name: "cc-dm", version: "1" }

/** Times in milliseconds: between two tries to connect, or to find the thread; */
const connectSpacing = 1_000
const findSpacing = 500
/** between two looks at what became of what was put in, at work and else; */
const lookSpacing = 1_000
const lookSpacingIdle = 10_000
/** and how often a long turn is said to go on. */
const sayingSpacing = 30_000
/** What stands in no turn for so long, while the thread is idle, never comes. */
const absentFor = 10_000

/** So many of the newest turns are looked at. */
const turnsLookedAt = 5

const Threads = Schema.Struct({ data: Schema.Array(Schema.String) })
const Status = Schema.Struct({
  type: Schema.String,
  activeFlags: Schema.Array(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed([])))
})
const ThreadRead = Schema.Struct({ thread: Schema.Struct({ status: Status, cwd: Schema.String }) })
const StatusChanged = Schema.Struct({ threadId: Schema.String, status: Status })
const Started = Schema.Struct({ turn: Schema.Struct({ id: Schema.String }) })

const readThreads = Schema.decodeUnknownOption(Threads)
const readThread = Schema.decodeUnknownOption(ThreadRead)
const readChange = Schema.decodeUnknownOption(StatusChanged)
const readStarted = Schema.decodeUnknownOption(Started)

const statusOf = ({ activeFlags, type }: typeof Status.Type): HostStatus => {
  if (type !== "active") return "idle"
  return activeFlags.length > 0 ? "waiting" : "busy"
}

/**
 * The words as context of the kind that Codex trusts least. It cuts the middle out of what is longer than some 4,000 characters, and
 * leaves out what it had under the same key before: so there are several parts, with keys that are used once.
 */
const contextOf = (words: string, mark: string) =>
  Object.fromEntries(
    partsOf(words).map((value, at) => [`cc-dm ${mark} ${at}`, { kind: "untrusted", name: "cc_dm", value }])
  )

/** A text that was put in, and of which it is not known what became. */
interface Pending {
  /** The turn that took it; `undefined`: no answer said. */
  readonly turn: string | undefined
  readonly since: number
}

export const makeLink = Effect.fnUntraced(function* (place: CodexPlace) {
  const nonce = randomToken()
  /** Something is to be looked at. */
  const news = makeSignal()
  const pending = new Map<string, Pending>()
  let thread: string | undefined
  let control: ControlSocket | undefined
  let status: HostStatus | undefined
  /** Codex has refused what was put in: that may be over with the next turn. */
  let wasRefused = false

  const { give: look } = news
  const know = (its: string) => {
    if (its === "" || thread !== undefined) return
    thread = its
    look()
  }

  const onNotification = (method: string, params: unknown) => {
    if (method !== "thread/status/changed") return
    const change = Option.getOrUndefined(readChange(params))
    if (change === undefined || change.threadId !== thread) return
    status = statusOf(change.status)
    look()
  }

  /** Asks each thread's own server whether it is this one. The server that is answers by knowing it. */
  const ask = Effect.fnUntraced(function* ({ request }: ControlSocket) {
    const loaded = yield* request("thread/loaded/list", {})
    const threads = loaded._tag === "Answered" ? Option.getOrUndefined(readThreads(loaded.result)) : undefined
    for (const id of threads?.data ?? []) {
      if (thread !== undefined) return
      yield* request("mcpServer/tool/call", {
        threadId: id,
        server,
        tool: "session_hook",
        arguments: { event: probe, nonce, session_id: id }
      })
    }
  })
  const find = (socket: ControlSocket) =>
    Effect.repeat(ask(socket), {
      schedule: Schedule.spaced(findSpacing),
      until: () => thread !== undefined
    })

  /** Puts words into the thread: it begins a turn, or they go into the running one with its next request. */
  const start = (line: string, mark: string, words: string | undefined) =>
    control === undefined || thread === undefined
      ? Effect.succeed({ _tag: "Refused" } as const)
      : control.request("turn/start", {
          threadId: thread,
          clientUserMessageId: mark,
          input: [{ type: "text", text: line, text_elements: [] }],
          turnTrigger: "cc-dm",
          ...(words === undefined ? {} : { additionalContext: contextOf(words, mark) })
        })

  const put = Effect.fnUntraced(function* (line: string, words: string) {
    const mark = randomToken()
    const since = yield* Clock.currentTimeMillis
    const reply = yield* start(line, mark, words)
    if (reply._tag === "Refused") {
      wasRefused = true
      return false
    }
    // Without an answer it may be there all the same: the turns will tell.
    const started = reply._tag === "Answered" ? Option.getOrUndefined(readStarted(reply.result)) : undefined
    pending.set(mark, { turn: started?.turn.id, since })
    look()
    return mark
  })

  const wakeUp = Effect.fnUntraced(function* (line: string) {
    const reply = yield* start(line, randomToken(), undefined)
    if (reply._tag !== "Refused") return true
    return thread === undefined ? false : yield* enqueue(place, thread, line)
  })

  /** Looks what became of what was put in. */
  const settle = Effect.fnUntraced(function* (
    { request }: ControlSocket,
    its: string,
    tell: (event: HostEvent) => Effect.Effect<void>
  ) {
    if (pending.size === 0) return
    const reply = yield* request("thread/turns/list", {
      threadId: its,
      limit: turnsLookedAt,
      sortDirection: "desc",
      itemsView: "full"
    })
    const turns = reply._tag === "Answered" ? readTurns(reply.result) : undefined
    if (turns === undefined) return
    const now = yield* Clock.currentTimeMillis
    for (const [mark, { since, turn }] of pending) {
      const outcome = outcomeOf(turns, mark, turn)
      const isGone = outcome === "absent" && status === "idle" && now - since > absentFor
      if (outcome !== "answered" && outcome !== "lost" && !isGone) continue
      pending.delete(mark)
      yield* tell({ _tag: "Settled", mark, answered: outcome === "answered" })
    }
  })

  /** Tells what the thread does, for as long as the connection stands. */
  const attend = Effect.fnUntraced(function* (socket: ControlSocket, its: string, reception: Reception) {
    const tell = (event: HostEvent) => Effect.asVoid(reception.hear(new Told(its, event)))
    const read = yield* socket.request("thread/read", { threadId: its })
    const found = read._tag === "Answered" ? Option.getOrUndefined(readThread(read.result)) : undefined
    if (found === undefined) return
    status = statusOf(found.thread.status)
    control = socket
    yield* reception.workIn(found.thread.cwd)
    yield* reception.learn({ wakes: true, carries: "always" })
    let told: HostStatus | undefined
    let saidAt = 0
    const attendOnce = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const isBusy = status !== "idle"
      if (isBusy ? told === undefined || told === "idle" || now - saidAt >= sayingSpacing : told !== "idle") {
        yield* tell(isBusy ? { _tag: "Began" } : { _tag: "Ended" })
        saidAt = now
      }
      if (told !== status && wasRefused) {
        wasRefused = false
        yield* reception.learn({ carries: "always" })
      }
      told = status
      yield* settle(socket, its, tell)
      const quiet = pending.size === 0 ? sayingSpacing : lookSpacingIdle
      yield* Effect.timeoutOption(news.next, isBusy && pending.size > 0 ? lookSpacing : quiet)
    })
    yield* Effect.raceFirst(socket.closed, Effect.forever(attendOnce))
  })

  /** One connection, to its end. `false`: there will never be one. */
  const serve = (path: string, reception: Reception) =>
    Effect.scoped(
      Effect.gen(function* () {
        const socket = yield* connect(path, client, onNotification)
        if (socket === "unable") return false
        if (socket === "nobody") return true
        yield* Effect.raceFirst(socket.closed, find(socket))
        if (thread !== undefined) yield* attend(socket, thread, reception)
        return true
      })
    ).pipe(
      Effect.tap(() => {
        control = undefined
        status = undefined
        return reception.learn({ wakes: thread !== undefined, carries: undefined })
      })
    )

  /** Without a socket: the session can be woken once a call has told which thread it is. */
  const waitForThread = (reception: Reception) =>
    Effect.repeat(news.next, { until: () => thread !== undefined }).pipe(
      Effect.andThen(reception.learn({ wakes: true }))
    )

  const listen = Effect.fnUntraced(function* (reception: Reception) {
    yield* reception.learn({ wakes: thread !== undefined, carries: undefined })
    const { socket } = place
    const connected =
      socket === undefined
        ? Effect.succeed(false)
        : Effect.repeat(serve(socket, reception), {
            schedule: Schedule.spaced(connectSpacing),
            while: (goesOn) => goesOn
          })
    yield* Effect.forkScoped(Effect.andThen(connected, waitForThread(reception)))
  })

  return {
    /** A call has told which thread it was made in. */
    know,
    /** Whether a call was meant for this server alone, to tell it its thread. */
    isOwn: (asked: string) => asked === nonce,
    /** The thread; `undefined`: not known yet. */
    thread: () => thread,
    put,
    wakeUp,
    status: () => status,
    listen
  }
})
