/**
 * Qwen Code. Its hooks show messages while it works. While it is idle they are carried into it by its inbox: no hook is called at the
 * beginning of such a turn, so that the messages themselves are put in.
 */
import { Config, Effect, Layer, Redacted } from "effect"
import { HomeFolder } from "../../platform/Platform.ts"
import { type Carrying, Host } from "../Host.ts"
import { installedHost } from "../Installed.ts"
import { answer, conversationOf, hear } from "./Hooks.ts"
import { type InboxAddress, putInto } from "./Inbox.ts"

const variable = (name: string) => Config.String(name).pipe(Config.withDefault(""))

const variables = Config.all({
  home: HomeFolder,
  conversation: variable("QWEN_CODE_SESSION_ID"),
  socket: variable("QWEN_CODE_MESSAGING_SOCKET"),
  token: Config.Redacted("QWEN_CODE_MESSAGING_TOKEN").pipe(Config.withDefault(Redacted.make("")))
})

/** What the user has decided, or is to decide: the session is not asked again. */
const decided = new Set(["held", "refused", "denied"])

const qwen = (
  home: string,
  conversation: string | undefined,
  inbox: InboxAddress | undefined
): Host["Service"] => {
  // `/clear` and `/resume` change it, and the environment stays as it was.
  let now = conversation
  /** A message was not taken, and the next may be. */
  let triesAgain = false
  const carry: Carrying | undefined = inbox && {
    when: "idle",
    put: (line, words) =>
      Effect.map(
        Effect.suspend(() => putInto(inbox, home, now, `${line}\n\n${words}`)),
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
        now = conversationOf(input) ?? now
        return hear(input)
      },
      answer,
      carry
    }
  )
  const { listen } = host
  return {
    ...host,
    listen:
      listen &&
      ((reception) => {
        const again = Effect.suspend(() => {
          if (!triesAgain) return Effect.void
          triesAgain = false
          return reception.learn({ carries: "idle" })
        })
        // Whatever made a message stick may be over when something is heard of the session.
        return listen({ ...reception, hear: (input) => Effect.tap(reception.hear(input), () => again) })
      })
  }
}

/** The session of Qwen Code that started this server. */
export const Qwen: Layer.Layer<Host, Config.ConfigError> = Layer.effect(
  Host,
  Effect.map(variables, ({ conversation, home, socket, token }) =>
    Host.of(
      qwen(
        home,
        conversation === "" ? undefined : conversation,
        socket === "" ? undefined : { path: socket, token }
      )
    )
  )
)
