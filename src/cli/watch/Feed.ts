/**
 * What the live view is fed with: the bus is asked each quarter of a second whether anything was written, and is read only then, or when
 * the view wants other messages. What time alone changes is looked at every 15 seconds: leases, ages, and what nobody took.
 */
import { Clock, Effect } from "effect"
import { Bus } from "../../bus/messages/Bus.ts"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import type { Overview } from "../../bus/messages/Overview.ts"
import { type OpenRequest, Requests } from "../../bus/requests/Requests.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import type { BusUnavailable } from "../../domain/Errors.ts"
import { reasonInWords } from "../../domain/Receipt.ts"
import type { RosterEntry } from "../../domain/Session.ts"
import { visible } from "../../domain/Text.ts"
import { PollUntil } from "../../platform/PollUntil.ts"
import { makeSignal } from "../../platform/Signal.ts"
import { toolCallIn } from "../../session/PermissionRelay.ts"
import { busTime } from "../BusTime.ts"
import { ago, clockTime } from "../Output.ts"
import { keyOf } from "../Telling.ts"
import type { End, From, Participant, Scene, SceneMessage, SceneRequest, Wanted } from "./Scene.ts"

/** How often it is asked whether anything was written, in milliseconds. */
const lookEvery = 250

/** How often everything is read anyway, in milliseconds: where the bus tells of changes, and where it can't. */
const readAnyway = { told: 15_000, untold: 1_000 }

/** A bus that is written to all the time is read for this share of the time at most: counting a long history takes a while. */
const share = 1 / 5

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

/** What the bus is asked for: messages up to the one that is in the middle, and those behind it. */
const pagesOf = (wanted: Wanted): ReadonlyArray<Overview> => {
  const { around } = wanted
  const search = among(wanted)
  return around === undefined
    ? [{ ...search, limit: most }]
    : [
        { ...search, before: around + 1, limit: most / 2 },
        { ...search, after: around, limit: most / 2 }
      ]
}

/** What was read. */
interface Read {
  readonly wanted: Wanted
  /** By the clock of this machine, in milliseconds. */
  readonly at: number
  /** How long that took, in milliseconds. */
  readonly took: number
  readonly version: number | undefined
  /** Of all that its messages look like. */
  readonly mark: string
  readonly scene: Scene
  readonly open: ReadonlyArray<OpenRequest>
}

/** Everything that is shown, as it stands on the bus now. Messages, whose proofs take long, are read again only if they have changed. */
const look = Effect.fnUntraced(function* (wanted: Wanted, before: Read | undefined) {
  const bus = yield* Bus
  const history = yield* History
  const registry = yield* Registry
  const requests = yield* Requests
  // What is written while this reads is read at the next look.
  const version = bus.version()
  const at = yield* Clock.currentTimeMillis
  const now = yield* busTime
  const roster = yield* registry.roster
  const open = yield* requests.open
  const pages = pagesOf(wanted)
  const marks = yield* Effect.forEach(pages, history.mark)
  // Names and projects in messages are those of the roster, and a time is shown as of today.
  const who = roster.map(({ id, name, project }) => `${id} ${name} ${project}`)
  const mark = [...marks, ...who, new Date(at).toDateString()].join("\n")
  const isSame = before !== undefined && mark === before.mark && Bun.deepEquals(wanted, before.wanted)
  const [older, newer] = isSame ? [] : yield* Effect.forEach(pages, history.overview)
  const messages = isSame
    ? before.scene
    : {
        messages: [...(older?.messages ?? []), ...(newer?.messages ?? [])].map((message) =>
          sceneMessageOf(message, now)
        ),
        older: older?.more ?? 0,
        newer: newer?.more ?? 0
      }
  const scene: Scene = {
    ...messages,
    roster: roster.map((entry) => participantOf(entry, now)),
    requests: open.map((request) => sceneRequestOf(request, roster, now)),
    trouble: undefined
  }
  const took = (yield* Clock.currentTimeMillis) - at
  return { wanted, at, took, version, mark, scene, open } satisfies Read
})

/** Reads the bus for the first time, and gives what the view and its actions need of it from then on. */
export const makeFeed = Effect.fnUntraced(function* (first: Wanted) {
  const bus = yield* Bus
  const clock = yield* Clock.Clock
  const history = yield* History
  const pollUntil = yield* PollUntil
  const asked = makeSignal()
  let wanted = first
  let last: Read = yield* look(first, undefined)
  let shown = last.scene

  /** Whether a look may find something. */
  const isDue = () => {
    if (wanted !== last.wanted) return true
    // A clock may be set back.
    const passed = Math.abs(clock.currentTimeMillisUnsafe() - last.at)
    const version = bus.version()
    if (passed < last.took / share) return false
    if (version === undefined) return passed >= readAnyway.untold
    return (
      version !== last.version || passed >= readAnyway.told || (shown.requests.length > 0 && passed >= 1_000)
    )
  }

  /** Feeds the view, for as long as it is shown. */
  const follow = (update: (scene: Scene) => void) => {
    const show = (scene: Scene) => {
      if (Bun.deepEquals(scene, shown)) return
      shown = scene
      update(scene)
    }
    const round = Effect.gen(function* () {
      // An idle bus costs one small read a poll, and no fiber.
      yield* Effect.raceFirst(asked.next, pollUntil(isDue, lookEvery))
      last = yield* look(wanted, last)
      show(last.scene)
    }).pipe(
      // A bus that can't be read now may be back in a moment; until then the view says so.
      Effect.catch(({ message }: BusUnavailable) =>
        Effect.andThen(
          Effect.sync(() => show({ ...shown, trouble: visible(message) })),
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
    want: (next: Wanted) =>
      Effect.suspend(() => {
        wanted = next
        return Effect.sync(asked.give)
      }),
    /** The next message that holds these words, before or behind a number. */
    find: (words: string, from: From, some: Wanted) =>
      Effect.map(history.overview({ ...among(some), ...from, words, limit: 1 }), ({ messages }) => ({
        id: messages[0]?.id
      })),
    /** The request that was on the screen, if it still waits. */
    request: ({ key }: SceneRequest) => last.open.find((one) => keyOf(one) === key)
  }
})
