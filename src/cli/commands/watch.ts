/** `cc-dm watch`: the whole bus in the terminal, live. It only looks, until somebody sends or answers. */
import { Effect, type Layer, Ref } from "effect"
import { Command, Flag } from "effect/cli"
import { Registry } from "../../bus/roster/Registry.ts"
import { type Name, parseTag } from "../../domain/Name.ts"
import { quote, visible, worded } from "../../domain/Text.ts"
import { isInteractive, wantsColour } from "../../platform/CommandLine.ts"
import { canDraw } from "../../platform/Screen.ts"
import { makeSignal } from "../../platform/Signal.ts"
import { answerRequest, whyNotHere } from "../Answering.ts"
import { errorWords } from "../ErrorWords.ts"
import { failed, refused, wrongUse } from "../Failure.ts"
import { defaultName, Person } from "../Person.ts"
import { WritingStorage } from "../PersonStorage.ts"
import { sayTo } from "../SendAsPerson.ts"
import { nobodyYet, ReadOnlyStorage } from "../Storage.ts"
import { makeAlerts } from "../watch/Alerts.ts"
import { makeFeed } from "../watch/Feed.ts"
import type { Actions, Letter, Outcome, Scene, SceneRequest } from "../watch/Scene.ts"
import { initial, wantedBy } from "../watch/State.ts"

const sentence = (words: string) => (/[.?!]$/.test(words) ? words : `${words}.`)

/** An effect as something that the view asks for: whatever goes wrong becomes words. */
const asked = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A | Outcome, never, R> =>
  Effect.catch(effect, (error) =>
    Effect.succeed({
      ok: false,
      words: sentence(visible(errorWords(error)))
    })
  )

const outcome = <E, R>(effect: Effect.Effect<string, E, R>) =>
  asked(Effect.map(effect, (words): Outcome => ({ ok: true, words })))

const live = Effect.fn("watch")(function* (project: string | undefined, notify: boolean) {
  const tag =
    project === undefined
      ? undefined
      : yield* Effect.mapError(Effect.fromResult(parseTag(project)), (why) => wrongUse(`--project ${why}`))
  const registry = yield* Registry
  const me = yield* registry.idOfPerson(defaultName() as Name)
  // Before the scene is read: what comes between the two is told, and not taken for what was there already.
  const tellNews = notify ? yield* makeAlerts(me) : undefined
  const feed = yield* makeFeed(wantedBy(initial(tag)))
  if (!isInteractive || !canDraw)
    return yield* refused("watch needs a terminal on stdin and stdout; `cc-dm who` prints the roster")

  const answer = (asked: SceneRequest, behavior: "allow" | "deny") =>
    Effect.gen(function* () {
      const request = feed.request(asked)
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
  const send = ({ to, ...answering }: Letter, text: string) =>
    Effect.andThen(Ref.set(spoke, true), writing(sayTo(to.id ?? to.name, text, answering)))
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const actions: Actions = {
    send: (letter, text) => run(outcome(send(letter, text))),
    answer: (asked, behavior) => run(outcome(writing(answer(asked, behavior)))),
    find: (words, from, among) => run(asked(feed.find(words, from, among))),
    want: (wanted) => void run(feed.want(wanted)),
    whyNoAnswers: whyNotHere(),
    me
  }

  // Built into a file of its own, and loaded only here: `who` need not wait for it.
  const { show } = yield* Effect.promise(() => import("../watch/View.tsx"))
  const view = yield* Effect.acquireRelease(
    Effect.sync(() => show(feed.first, actions, { project: tag, colour: wantsColour("stdout") })),
    (shown) => Effect.promise(() => shown.close().catch(() => {}))
  )
  const changed = makeSignal()
  if (tellNews !== undefined)
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.ignore(tellNews), changed.next)))
  const update = (scene: Scene) => {
    view.update(scene)
    changed.give()
  }
  yield* Effect.forkScoped(feed.follow(update))
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
    ),
    notify: Flag.Boolean("notify").pipe(
      Flag.withDescription(
        "Tell you of what comes for you, and of each permission that is asked for: bell, terminal (OSC 9), desktop"
      ),
      Flag.withoutNegation,
      Flag.withDefault(false)
    )
  },
  ({ notify, project }) =>
    Effect.scoped(live(project._tag === "Some" ? project.value : undefined, notify)).pipe(
      Effect.provide(ReadOnlyStorage),
      nobodyYet(undefined)
    )
).pipe(
  Command.withDescription(
    "Show the whole bus live: sessions, messages, and permission requests that wait for you; ? lists the keys"
  ),
  Command.withExamples([
    { command: "cc-dm watch" },
    { command: "cc-dm watch --project myapp" },
    { command: "cc-dm watch --notify", description: "with a bell, for who looks elsewhere" }
  ])
)
