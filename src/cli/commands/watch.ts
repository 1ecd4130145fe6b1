/** `cc-dm watch`: the whole bus in the terminal, live. It only looks, until somebody sends or answers. */
import { Clock, Effect, type Layer, Ref } from "effect"
import { Command, Flag } from "effect/cli"
import { Bus } from "../../bus/messages/Bus.ts"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import { type OpenRequest, Requests } from "../../bus/requests/Requests.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import { parseTag } from "../../domain/Name.ts"
import type { RosterEntry } from "../../domain/Session.ts"
import { quote, visible, worded } from "../../domain/Text.ts"
import { isInteractive } from "../../platform/CommandLine.ts"
import { canDraw, timeOfDay } from "../../platform/Screen.ts"
import { toolCallIn } from "../../session/PermissionRelay.ts"
import { answerRequest, whyNotHere } from "../Answering.ts"
import { busTime } from "../BusTime.ts"
import { errorWords } from "../ErrorWords.ts"
import { failed, refused, wrongUse } from "../Failure.ts"
import { ago } from "../Output.ts"
import { Person } from "../Person.ts"
import { sayTo } from "../SendAsPerson.ts"
import { nobodyYet, ReadOnlyStorage, WritingStorage } from "../Storage.ts"
import type { Actions, Outcome, Participant, Scene, SceneMessage, SceneRequest } from "../watch/Scene.ts"

/** How often the bus is asked whether anything was written, and how often it is read anyway, in milliseconds: leases end. */
const lookEvery = 200
const readAtLeastEvery = 1_000

/** The most messages that are shown. */
const most = 300

const participantOf = (entry: RosterEntry, now: number): Participant => ({
  id: entry.id,
  name: visible(entry.name),
  role: visible(entry.role),
  project: entry.project === null ? null : visible(entry.project),
  kind: entry.kind,
  doing: entry.doing,
  reach: entry.reach,
  since: entry.doingSince === undefined ? "" : ago(entry.doingSince, now)
})

const sceneMessageOf = (message: LoggedMessage): SceneMessage => ({
  id: message.id,
  kind: message.kind,
  from: visible(message.from),
  to: visible(message.to),
  at: timeOfDay(message.sentAt),
  sentAt: visible(message.sentAt),
  content: visible(message.content),
  labels: visible(
    [
      message.metadata.message_type,
      message.metadata.priority === undefined ? undefined : `${message.metadata.priority} priority`,
      message.metadata.thread_id === undefined ? undefined : `thread ${message.metadata.thread_id}`,
      message.options.replyTo === undefined ? undefined : `in answer to ${message.options.replyTo}`
    ]
      .filter((label) => label !== undefined)
      .join(", ")
  ),
  state: message.state,
  reason: message.reason === undefined ? undefined : visible(message.reason),
  projects: message.projects.map(visible)
})

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

/** Everything that is shown, as it stands on the bus now. Messages change by writing alone, and are read again only then. */
const look = Effect.fnUntraced(function* (messages?: ReadonlyArray<SceneMessage>) {
  const history = yield* History
  const registry = yield* Registry
  const requests = yield* Requests
  const now = yield* busTime
  const roster = yield* registry.roster
  const open = yield* requests.open
  const scene: Scene = {
    roster: roster.map((entry) => participantOf(entry, now)),
    messages: messages ?? (yield* history.overview({ limit: most })).messages.map(sceneMessageOf),
    requests: open.map((request) => sceneRequestOf(request, roster, now)),
    trouble: undefined
  }
  return { scene, open }
})

const sentence = (words: string) => (words.endsWith(".") ? words : `${words}.`)

/** An effect as something that the view asks for: whatever goes wrong becomes words. */
const outcome = <E, R>(effect: Effect.Effect<string, E, R>): Effect.Effect<Outcome, never, R> =>
  Effect.match(effect, {
    onSuccess: (words) => ({ ok: true, words }),
    onFailure: (error) => ({
      ok: false,
      words: sentence(visible(errorWords(error)))
    })
  })

const live = Effect.fn("watch")(function* (project: string | undefined) {
  const bus = yield* Bus
  const first = yield* look()
  if (!isInteractive || !canDraw)
    return yield* refused("watch needs a terminal on stdin and stdout; `cc-dm who` prints the roster")
  const tag =
    project === undefined
      ? undefined
      : yield* Effect.mapError(Effect.fromResult(parseTag(project)), (why) => wrongUse(`--project ${why}`))
  const open = yield* Ref.make(first.open)

  const answer = (asked: SceneRequest, behavior: "allow" | "deny") =>
    Effect.gen(function* () {
      const request = (yield* Ref.get(open)).find((one) => keyOf(one) === asked.key)
      if (request === undefined)
        return yield* failed(
          `request ${worded(asked.requestId)} does not wait any more, so this answer does not count`
        )
      const passedOn = yield* answerRequest(request, behavior)
      if (!passedOn)
        return yield* failed(
          `the answer is on the bus, but ${quote(request.askerName)} has not passed it on within 10 seconds`
        )
      return `${behavior === "allow" ? "Allowed" : "Denied"}. The answer to ${asked.requestId} was passed on to Claude Code.`
    })
  // A connection of its own that may write, beside the one that only looks.
  const writing = <A, E>(effect: Effect.Effect<A, E, Layer.Success<typeof WritingStorage>>) =>
    Effect.provide(effect, WritingStorage, { local: true })
  // Who has written from here stays on models' roster for as long as this is open.
  const spoke = yield* Ref.make(false)
  const leave = Effect.flatMap(Person, (person) => person.join(undefined))
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(Ref.get(spoke), (has) => (has ? Effect.ignore(writing(leave)) : Effect.void))
  )
  const send = (to: string, text: string) => Effect.andThen(Ref.set(spoke, true), writing(sayTo(to, text)))
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const actions: Actions = {
    send: (to, text) => run(outcome(send(to.id, text))),
    answer: (asked, behavior) => run(outcome(writing(answer(asked, behavior)))),
    whyNoAnswers: whyNotHere()
  }

  // Built into a file of its own, and loaded only here: `who` need not wait for it.
  const { show } = yield* Effect.promise(() => import("../watch/View.tsx"))
  const view = yield* Effect.acquireRelease(
    Effect.sync(() => show(first.scene, actions, { project: tag })),
    (shown) => Effect.promise(() => shown.close().catch(() => {}))
  )

  // What was written before this was asked is read at the first look, whatever the number is.
  let seen: number | undefined
  let last = yield* Clock.currentTimeMillis
  let scene = first.scene
  const follow = Effect.gen(function* () {
    yield* Effect.sleep(lookEvery)
    const version = bus.version()
    const now = yield* Clock.currentTimeMillis
    const unchanged = version === seen && version !== undefined
    if (unchanged && now - last < readAtLeastEvery) return
    const next = yield* look(unchanged ? scene.messages : undefined)
    yield* Ref.set(open, next.open)
    scene = next.scene
    seen = version
    last = now
    view.update(scene)
  }).pipe(
    // A bus that can't be read now may be back in a moment; until then the view says so.
    Effect.catch(({ message }) =>
      Effect.andThen(
        Effect.sync(() => view.update({ ...scene, trouble: visible(message) })),
        Effect.sleep(readAtLeastEvery)
      )
    )
  )
  yield* Effect.forkScoped(Effect.forever(follow))
  yield* Effect.tryPromise({
    try: () => view.ended,
    catch: (error) => failed(`the view broke: ${error instanceof Error ? error.message : String(error)}`)
  })
})

export const watch = Command.make(
  "watch",
  {
    project: Flag.String("project").pipe(
      Flag.withDescription("Show only this project at first"),
      Flag.optional
    )
  },
  ({ project }) =>
    Effect.scoped(live(project._tag === "Some" ? project.value : undefined)).pipe(
      Effect.provide(ReadOnlyStorage),
      nobodyYet(undefined)
    )
).pipe(
  Command.withDescription(
    "Show the whole bus live: sessions, messages, and permission requests that wait for you; ? lists the keys"
  ),
  Command.withExamples([{ command: "cc-dm watch" }, { command: "cc-dm watch --project myapp" }])
)
