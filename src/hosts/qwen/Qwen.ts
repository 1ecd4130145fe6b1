/**
 * Qwen Code. Its hooks show messages while it works. While it is idle they are carried into it by its inbox: no hook is called at the
 * beginning of such a turn, so that the messages themselves are put in.
 */
import { Effect, Layer, Redacted } from "effect"
import { HomeFolder } from "../../platform/Platform.ts"
import { variableText } from "../../platform/Variables.ts"
import { type Carrying, Host, type Reception } from "../Host.ts"
import { installedHost } from "../Installed.ts"
import { hasBegunNothing } from "./Beginning.ts"
import { answer, conversationOf, hear } from "./Hooks.ts"
import { type InboxAddress, putInto } from "./Inbox.ts"

const variables = Effect.all({
  home: HomeFolder,
  conversation: variableText("QWEN_CODE_SESSION_ID"),
  folder: variableText("QWEN_HOME"),
  project: variableText("QWEN_CODE_PROJECT_DIR"),
  socket: variableText("QWEN_CODE_MESSAGING_SOCKET"),
  token: Effect.map(variableText("QWEN_CODE_MESSAGING_TOKEN"), (token) => Redacted.make(token))
})
type Variables = Effect.Success<typeof variables>

/** What the user has decided, or is to decide: the session is not asked again. */
const decided = new Set(["held", "refused", "denied"])

/** A prompt that was typed before hooks could be heard stands in the conversation's file after so long, in milliseconds. */
const untilWritten = 1_000

const qwen = (raw: Variables): Host["Service"] => {
  const { home, project, socket, token } = raw
  const inbox: InboxAddress | undefined = socket === "" ? undefined : { path: socket, token }
  // `/clear` and `/resume` change it, and the environment stays as it was.
  let conversation = raw.conversation === "" ? undefined : raw.conversation
  /** A message was not taken, and the next may be. */
  let triesAgain = false

  const carry: Carrying | undefined = inbox && {
    // Not before it is known whether a turn runs.
    when: undefined,
    put: (line, words) =>
      Effect.map(
        Effect.suspend(() => putInto(inbox, home, conversation, `${line}\n\n${words}`)),
        (status) => {
          triesAgain = status === undefined || !decided.has(status)
          return status === "delivered"
        }
      )
  }
  const host = installedHost(
    "qwen",
    home,
    { conversation },
    {
      hear: (input) => {
        conversation = conversationOf(input) ?? conversation
        return hear(input)
      },
      answer,
      carry
    }
  )

  const begin = ({ learn, told }: Reception) =>
    Effect.gen(function* () {
      yield* Effect.sleep(untilWritten)
      const folder = raw.folder === "" ? `${home}/.qwen` : raw.folder
      if (
        raw.conversation !== "" &&
        project !== "" &&
        hasBegunNothing(folder, project, process.ppid, raw.conversation)
      )
        yield* told("idle")
      yield* learn({ carries: "idle" })
    })
  const listen = (reception: Reception) =>
    Effect.gen(function* () {
      const again = Effect.suspend(() => {
        if (!triesAgain) return Effect.void
        triesAgain = false
        return reception.learn({ carries: "idle" })
      })
      // Whatever made a message stick may be over when something is heard of the session.
      yield* host.listen?.({
        ...reception,
        hear: (input) => Effect.tap(reception.hear(input), () => again)
      }) ?? Effect.void
      if (inbox !== undefined) yield* Effect.forkScoped(begin(reception))
    })
  return { ...host, listen }
}

/** The session of Qwen Code that started this server. */
export const Qwen: Layer.Layer<Host> = Layer.effect(
  Host,
  Effect.map(variables, (raw) => Host.of(qwen(raw)))
)
