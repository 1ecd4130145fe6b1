/**
 * What the live view is fed with: the bus is asked each quarter of a second whether anything was written, and is read only then, or when
 * the view wants other messages. What time alone changes is looked at every 15 seconds: leases, ages, and what nobody took.
 */
import { Clock, Effect, Queue, Ref } from "effect"
import { Bus } from "../../bus/messages/Bus.ts"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import type { Overview } from "../../bus/messages/Overview.ts"
import { type OpenRequest, Requests } from "../../bus/requests/Requests.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import type { BusUnavailable } from "../../domain/Errors.ts"
import { reasonInWords } from "../../domain/Receipt.ts"
import type { RosterEntry } from "../../domain/Session.ts"
import { visible } from "../../domain/Text.ts"
import { toolCallIn } from "../../session/PermissionRelay.ts"
import { busTime } from "../BusTime.ts"
import { ago, clockTime } from "../Output.ts"
import type { End, Participant, Scene, SceneMessage, SceneRequest, Wanted } from "./Scene.ts"

/** How often it is asked whether anything was written, in milliseconds. */
const lookEvery = 250

/** How often everything is read anyway, in milliseconds: where the bus tells of changes, and where it can't. */
const readAnyway = { told: 15_000, untold: 1_000 }

/** The most messages that are held at once. */
const most = 200

const participantOf = (entry: RosterEntry, now: number): Participant => ({
  id: entry.id,
  name: visible(entry.name),
  role: visible(entry.role),
  project: entry.project === null ? null : visible(entry.project),
  kind: entry.kind,
  doing: entry.doing,
  reach: entry.reach,
  // Seconds would have the roster drawn each second.
  since:
    entry.doingSince === undefined || now - Date.parse(entry.doingSince) < 60_000
      ? ""
      : ago(entry.doingSince, now)
})

/** The time of day, or the day if that is another one: five columns. */
const shortTime = (iso: string, now: number): string => {
  const time = clockTime(iso, now)
  return (/^\d+-(\d\d-\d\d) /.exec(time)?.[1] ?? time).slice(0, 5)
}

const sceneMessageOf = (message: LoggedMessage, now: number): SceneMessage => {
  const thread = message.metadata.thread_id
  return {
    id: message.id,
    kind: message.kind,
    from: { name: visible(message.from), id: message.fromId },
    to: { name: visible(message.to), id: message.toId === "" ? undefined : message.toId },
    at: shortTime(message.sentAt, now),
    sentAt: clockTime(message.sentAt, 0),
    content: visible(message.content),
    labels: visible(
      [
        message.metadata.message_type,
        message.metadata.priority === undefined ? undefined : `${message.metadata.priority} priority`,
        thread === undefined ? undefined : `thread ${thread}`,
        message.options.replyTo === undefined ? undefined : `in answer to ${message.options.replyTo}`
      ]
        .filter((label) => label !== undefined)
        .join(", ")
    ),
    thread,
    state: message.state,
    reason: message.reason === undefined ? undefined : visible(reasonInWords(message.reason)),
    projects: message.projects.map(visible)
  }
}

/** An answer is for the request that was on the screen, not for one that took its place. */
const keyOf = ({ asker, nonce, requestId }: OpenRequest) => `${asker} ${requestId} ${nonce}`

const sceneRequestOf = (
  request: OpenRequest,
  roster: ReadonlyArray<RosterEntry>,
  now: number
): SceneRequest => {
  const project = roster.find(({ id }) => id === request.asker)?.project ?? null
  return {
    key: keyOf(request),
    requestId: request.requestId,
    from: visible(request.askerName),
    project: project === null ? null : visible(project),
    tool: visible(request.tool),
    content: visible(toolCallIn(request.content)),
    left: Math.max(0, Math.round((Date.parse(request.expiresAt) - now) / 1_000))
  }
}

const nameOf = ({ id, name }: End): string => id ?? name

/** Which messages belong to what is wanted, wherever they stand. */
const among = ({ conversation, project }: Wanted): Omit<Overview, "limit"> => ({
  project,
  ...(conversation?._tag === "Thread" ? { threadId: conversation.id } : {}),
  ...(conversation?._tag === "Between"
    ? { other: nameOf(conversation.one), also: nameOf(conversation.other) }
    : {})
})

/** The messages that are wanted, and how many there are on both sides of them. */
const pageOf = Effect.fnUntraced(function* (wanted: Wanted, now: number) {
  const history = yield* History
  const search = among(wanted)
  const { around } = wanted
  const before = around === undefined ? undefined : around + 1
  const limit = around === undefined ? most : most / 2
  const older = yield* history.overview({ ...search, before, limit })
  const newer =
    around === undefined
      ? { messages: [], more: 0 }
      : yield* history.overview({ ...search, after: around, limit })
  return {
    messages: [...older.messages, ...newer.messages].map((message) => sceneMessageOf(message, now)),
    older: older.more,
    newer: newer.more
  }
})

/** Everything that is shown, as it stands on the bus now. */
const look = Effect.fnUntraced(function* (wanted: Wanted) {
  const registry = yield* Registry
  const requests = yield* Requests
  const now = yield* busTime
  const roster = yield* registry.roster
  const open = yield* requests.open
  const scene: Scene = {
    roster: roster.map((entry) => participantOf(entry, now)),
    ...(yield* pageOf(wanted, now)),
    requests: open.map((request) => sceneRequestOf(request, roster, now)),
    trouble: undefined
  }
  return { scene, open, now }
})

/** What was read, and when. */
interface Read extends Effect.Success<ReturnType<typeof look>> {
  /** By the clock of this machine, in milliseconds. */
  readonly at: number
  readonly version: number | undefined
}

/** The same some time later: permission requests wait for less long. */
const later = ({ at, scene }: Read, now: number): Scene => {
  if (scene.requests.length === 0) return scene
  const passed = Math.floor((now - at) / 1_000)
  return {
    ...scene,
    requests: scene.requests.flatMap((request) =>
      request.left > passed ? [{ ...request, left: request.left - passed }] : []
    )
  }
}

/** Reads the bus for the first time, and gives what the view and its actions need of it from then on. */
export const makeFeed = Effect.fnUntraced(function* (first: Wanted) {
  const bus = yield* Bus
  const history = yield* History
  const wanted = yield* Ref.make(first)
  const asked = yield* Queue.sliding<void>(1)

  const read = Effect.gen(function* () {
    // What is written while this reads is read at the next look.
    const version = bus.version()
    const at = yield* Clock.currentTimeMillis
    return { ...(yield* look(yield* Ref.get(wanted))), at, version } satisfies Read
  })
  const last = yield* Ref.make<Read>(yield* read)
  let shown = (yield* Ref.get(last)).scene

  /** Feeds the view, for as long as it is shown. */
  const follow = (update: (scene: Scene) => void) => {
    const show = (scene: Scene) =>
      Effect.sync(() => {
        if (Bun.deepEquals(scene, shown)) return
        shown = scene
        update(scene)
      })
    const round = Effect.gen(function* () {
      const isAsked = (yield* Effect.timeoutOption(Queue.take(asked), lookEvery))._tag === "Some"
      const before = yield* Ref.get(last)
      const now = yield* Clock.currentTimeMillis
      const version = bus.version()
      const isUntold = version === undefined
      const isDue = now - before.at >= (isUntold ? readAnyway.untold : readAnyway.told)
      if (!isAsked && !isDue && (isUntold || version === before.version))
        return yield* show(later(before, now))
      const next = yield* read
      yield* Ref.set(last, next)
      yield* show(next.scene)
    }).pipe(
      // A bus that can't be read now may be back in a moment; until then the view says so.
      Effect.catch(({ message }: BusUnavailable) =>
        Effect.andThen(
          Effect.suspend(() => show({ ...shown, trouble: visible(message) })),
          Effect.sleep(readAnyway.untold)
        )
      )
    )
    return Effect.forever(round)
  }

  return {
    first: shown,
    follow,
    /** Has the scene hold other messages. */
    want: (next: Wanted) => Effect.andThen(Ref.set(wanted, next), Queue.offer(asked, undefined)),
    /** The next message that holds these words, before or behind a number. */
    find: (words: string, from: { readonly before: number } | { readonly after: number }, some: Wanted) =>
      Effect.map(
        history.overview({ ...among(some), ...from, words, limit: 1 }),
        ({ messages }) => messages[0]?.id
      ),
    /** The request that was on the screen, if it still waits. */
    request: (shown: SceneRequest) =>
      Effect.map(Ref.get(last), ({ open }) => open.find((one) => keyOf(one) === shown.key))
  }
})
