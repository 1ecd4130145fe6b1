/**
 * Questions of people and scripts at the command line, and what answers them. Several commands may speak under one name and share its
 * inbox, so an answer belongs to one question: it names its number, or it is in a thread that the question has for itself. Who waits for
 * one listens on doorbells of the question's own. As long as they answer, no other command of that name takes what is for it.
 */
import { Effect, type Scope } from "effect"
import { Doorbell } from "../bus/engine/Doorbell.ts"
import type { LoggedMessage } from "../bus/messages/History.ts"
import { SessionId } from "../domain/Name.ts"
import type { RosterEntry } from "../domain/Session.ts"
import { sha256 } from "../platform/System.ts"

/** A question that was sent. */
export interface Question {
  readonly id: number
  /** Who asks. */
  readonly asker: SessionId
  readonly thread: string
  /** Whether the thread was made for it. In one that the asker chose, the asker may have said other things. */
  readonly isOwnThread: boolean
  /** The one who was asked; absent: nobody had that name. */
  readonly receiver: RosterEntry | undefined
}

/** Who may answer: the sessions to which the question came. */
export type Answerers = ReadonlySet<string>

/** Whether a message is the answer to a question, and to no other one. `isAlone`: the asker has said nothing else in its thread. */
export const isAnswer = (
  question: Question,
  isAlone: boolean,
  answerers: Answerers,
  message: LoggedMessage
): boolean => {
  if (message.toId !== question.asker || message.kind !== "chat" || message.id <= question.id) return false
  const { replyTo } = message.options
  if (replyTo !== undefined && replyTo !== question.id) return false
  if (replyTo === undefined) {
    if (!isAlone || message.metadata.thread_id !== question.thread) return false
    // Sessions of 1.3.1 can prove nothing, and know of threads alone.
    const old = question.receiver?.current === false ? question.receiver.name : undefined
    if (message.proof === "1.3.1" && message.from === old) return true
  }
  return message.fromId !== undefined && answerers.has(message.fromId)
}

const bellOf = (asker: string, what: string): SessionId =>
  SessionId.make(`session-${sha256(`answer to ${asker}: ${what}`).slice(0, 12)}`)
const bellOfThread = (asker: string, thread: string) => bellOf(asker, `thread ${thread}`)
const bellOfNumber = (asker: string, id: number) => bellOf(asker, `message ${id}`)

const listenAt = Effect.fnUntraced(function* (bell: SessionId) {
  const doorbell = yield* Doorbell
  const { nextRing } = yield* doorbell.listen(bell)
  return nextRing
})

/** Keeps what is said in a thread for this command, for as long as the scope is open. Gives what waits for a ring. */
export const keepThread = (
  asker: SessionId,
  thread: string
): Effect.Effect<Effect.Effect<void>, never, Doorbell | Scope.Scope> => listenAt(bellOfThread(asker, thread))

/** The same for what answers a message by its number. */
export const keepAnswers = (
  asker: SessionId,
  id: number
): Effect.Effect<Effect.Effect<void>, never, Doorbell | Scope.Scope> => listenAt(bellOfNumber(asker, id))

/** Whether a command can be waiting for a message: it answers another one, or stands in a thread. */
export const mayBeAwaited = ({ metadata, options }: LoggedMessage): boolean =>
  options.replyTo !== undefined || metadata.thread_id !== undefined

/** Which messages no command is waiting for. The commands that wait for the others are told that there is something. */
export const notAwaited = Effect.fnUntraced(function* (
  me: SessionId,
  messages: ReadonlyArray<LoggedMessage>
) {
  const doorbell = yield* Doorbell
  const bellsOf = ({ metadata, options }: LoggedMessage): ReadonlyArray<SessionId> => [
    ...(options.replyTo === undefined ? [] : [bellOfNumber(me, options.replyTo)]),
    ...(metadata.thread_id === undefined ? [] : [bellOfThread(me, metadata.thread_id)])
  ]
  const bells = [...new Set(messages.flatMap(bellsOf))]
  const answered = yield* Effect.filter(
    bells,
    (id) => Effect.map(doorbell.ring({ id, doorbell: true }), (ring) => ring === "rung"),
    { concurrency: 16 }
  )
  return messages.filter((message) => !bellsOf(message).some((bell) => answered.includes(bell)))
})
