/** `cc-dm broadcast`: a message to many sessions, from somebody at the command line. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Registry } from "../../bus/roster/Registry.ts"
import { isMember, type RosterEntry } from "../../domain/Session.ts"
import { quote, worded } from "../../domain/Text.ts"
import { randomHex } from "../../platform/Platform.ts"
import { Courier } from "../../session/Courier.ts"
import { notFound, refused } from "../Failure.ts"
import {
  expiresFlag,
  fileFlag,
  fromFlag,
  labelFlags,
  maybe,
  projectFlag,
  readTag,
  textArgument,
  waitFlag
} from "../Flags.ts"
import { BroadcastJson } from "../Json.ts"
import { didYouMean } from "../Nearest.ts"
import { printJson, printLine } from "../Output.ts"
import { Person } from "../Person.ts"
import { ExistingStorage } from "../PersonStorage.ts"
import { follow, judge, type NamedCopy, sendAndWait, sentJson, sentLine, staysOnBus } from "../Sending.ts"
import { whereNoBusIs } from "../Storage.ts"
import { readText } from "../Texts.ts"
import { metadataOf } from "./send.ts"
import { jsonFlag } from "./who.ts"

/** The error for a broadcast that finds nobody: it names the project or the role that was asked for. */
const nobodyOf = (
  sessions: ReadonlyArray<RosterEntry>,
  project: string | undefined,
  role: string | undefined
) => {
  const unknown = (what: string, wanted: string | undefined, known: ReadonlyArray<string>) =>
    wanted === undefined || known.includes(wanted)
      ? []
      : [`nobody has the ${what} ${quote(wanted)}, so nothing was sent${didYouMean(wanted, known)}`]
  const [
    why = `${sessions.length === 0 ? "no session is on the bus" : "no session has both"}, so nothing was sent`
  ] = [
    ...unknown(
      "project",
      project,
      sessions.flatMap((session) => session.project ?? [])
    ),
    ...unknown(
      "role",
      role,
      sessions.map((session) => session.role)
    )
  ]
  return notFound(`${why} ("cc-dm who" lists who is there)`)
}

export const broadcast = Command.make(
  "broadcast",
  {
    text: textArgument,
    project: projectFlag,
    role: maybe(Flag.String("role").pipe(Flag.withDescription("Only sessions with this role"))),
    from: fromFlag,
    ...labelFlags,
    file: fileFlag,
    expires: expiresFlag,
    wait: waitFlag,
    json: jsonFlag
  },
  Effect.fn("broadcast")(function* (input) {
    const { expires, from, json, wait } = input
    const project = input.project === undefined ? undefined : yield* readTag("--project", input.project)
    const role = input.role === undefined ? undefined : yield* readTag("--role", input.role)
    const content = yield* readText(input, "cc-dm broadcast")
    const talk = Effect.gen(function* () {
      const courier = yield* Courier
      const person = yield* Person
      const registry = yield* Registry
      const sessions = (yield* registry.roster).filter(isMember)
      const receivers = sessions.filter(
        (session) =>
          (project === undefined || session.project === project) &&
          (role === undefined || session.role === role)
      )
      if (receivers.length === 0) return yield* nobodyOf(sessions, project, role)
      const me = yield* person.join(from)
      const words = {
        from: me.id,
        kind: "chat",
        content,
        metadata: metadataOf(input),
        batch: yield* randomHex(8)
      } as const
      const sending = Effect.gen(function* () {
        const accepted = yield* courier.sendToAll(words, receivers, expires)
        const { copies: written, full } = yield* accepted.outcome
        const copies = written.flatMap(({ messageId, to }): ReadonlyArray<NamedCopy> => {
          const receiver = receivers.find((one) => one.id === to)
          return receiver === undefined ? [] : [{ messageId, to: receiver.name, receiver }]
        })
        return { copies, full }
      })
      const { full, progress } = yield* sendAndWait(
        sending,
        ({ copies, full }) => Effect.map(follow(copies, wait), (progress) => ({ full, progress })),
        ({ copies }) => staysOnBus(copies)
      )
      const left_out = full.map(({ name }) => name)
      if (json)
        yield* printJson(BroadcastJson, {
          receivers: progress.map(sentJson),
          count: progress.length,
          left_out
        })
      else yield* Effect.forEach(progress, (one) => printLine(sentLine(one)), { discard: true })
      if (progress.length === 0 && full.length === 0) return yield* nobodyOf([], undefined, undefined)
      yield* judge(progress, wait)
      if (full.length > 0)
        return yield* refused(
          `nothing was written to ${left_out.map(worded).join(", ")}, for whom too many messages wait (CC_DM_QUEUE_LIMIT)`
        )
    })
    yield* talk.pipe(
      Effect.provide(ExistingStorage),
      whereNoBusIs(() => nobodyOf([], undefined, undefined))
    )
  })
).pipe(
  Command.withDescription("Write to all sessions, or to those of a project or a role"),
  Command.withExamples([
    { command: 'cc-dm broadcast "The database moves in 10 minutes" --priority urgent' },
    { command: 'cc-dm broadcast "Please stop" --project myapp --role worker' }
  ])
)
