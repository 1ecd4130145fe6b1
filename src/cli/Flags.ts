/** Flags and arguments that several commands have. */
import { Effect, Option, Result } from "effect"
import { Argument, CliError, Flag } from "effect/cli"
import { MessageType, Priority, ThreadId } from "../domain/Message.ts"
import { isSessionId, normalise, parseTag } from "../domain/Name.ts"
import { parseSpan } from "../domain/Span.ts"
import { wrongUse } from "./Failure.ts"

const day = 24 * 3_600_000

/** Reads a span of time such as `30s`, `10m` or `2h`, and gives milliseconds. */
export const asSpan =
  (name: string, longest: number) =>
  (flag: Flag.Flag<string>): Flag.Flag<number> =>
    flag.pipe(
      Flag.withMetavar("span"),
      Flag.mapEffect((raw) => {
        const span = parseSpan(raw, longest)
        return Result.isSuccess(span) && span.success > 0
          ? Effect.succeed(span.success)
          : Effect.fail(
              new CliError.InvalidValue({
                option: name,
                value: raw,
                expected: `a number followed by s, m, h or d, such as 30s, and at most ${longest / day} days`,
                kind: "flag"
              })
            )
      })
    )

const span = (name: string, longest: number, description: string) =>
  Flag.String(name).pipe(
    Flag.withDescription(description),
    asSpan(name, longest),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )

/** A flag that may be left out. */
export const maybe = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** How long a message may wait for its receiver. */
const longestLife = 7 * day

/** Any time that somebody may want to wait or look back. */
const longest = 30 * day

export const textArgument = Argument.String("text").pipe(
  Argument.withDescription("The message; without it, or with -, it is read from standard input"),
  Argument.optional,
  Argument.map(Option.getOrUndefined)
)

/** What is too long for a message. */
export const fileFlag = maybe(
  Flag.String("file").pipe(
    Flag.withMetavar("path"),
    Flag.withDescription(
      "Send the path of a file, and say so, instead of what is in it; the text goes before"
    )
  )
)
export const splitFlag = Flag.Boolean("split").pipe(
  Flag.withDescription("Send a text that is too long for one message in parts, in one thread"),
  Flag.withoutNegation,
  Flag.withDefault(false)
)

/** Who is at the command line. */
export const fromFlag = maybe(
  Flag.String("from").pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("Your own name on the bus, to which they answer (default: your user name and -cli)")
  )
)
export const nameFlag = maybe(
  Flag.String("name").pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("Your own name on the bus (default: your user name and -cli)")
  )
)

export const projectFlag = maybe(
  Flag.String("project").pipe(Flag.withDescription("Only sessions of this project"))
)

/** What goes with a message. */
export const labelFlags = {
  priority: maybe(
    Flag.Literals("priority", Priority.literals).pipe(Flag.withDescription("A label for the receiver"))
  ),
  type: maybe(
    Flag.Literals("type", MessageType.literals).pipe(Flag.withDescription("A label for the receiver"))
  ),
  thread: maybe(
    Flag.String("thread").pipe(
      Flag.withMetavar("id"),
      Flag.withDescription("Ties the messages of one conversation together"),
      Flag.withSchema(ThreadId)
    )
  )
}

export const threadFlag = maybe(
  Flag.String("thread").pipe(
    Flag.withMetavar("id"),
    Flag.withDescription("Only this conversation"),
    Flag.withSchema(ThreadId)
  )
)

/** Whom a message goes to. */
export const receiverArgument = Argument.String("name").pipe(
  Argument.withDescription("A session's name or id, or somebody at a terminal")
)

/** A message, by the number that lists show: `12`, or `#12`. */
export const numberArgument = Argument.String("number").pipe(
  Argument.withDescription("The message's number, as log and inbox show it"),
  Argument.mapEffect((raw) => {
    const [, digits] = /^#?([1-9]\d{0,14})$/.exec(raw.trim()) ?? []
    return digits === undefined
      ? Effect.fail(
          new CliError.InvalidValue({
            option: "number",
            value: raw,
            expected: "the number of a message, such as 12; cc-dm log shows them",
            kind: "argument"
          })
        )
      : Effect.succeed(Number(digits))
  })
)

export const expiresFlag = span(
  "expires",
  longestLife,
  "How long the message may wait, e.g. 10m, even for a name that no session has yet"
)

export const waitFlag = Flag.String("wait").pipe(
  Flag.withOptionalValue("30s"),
  Flag.withDescription("Wait until it is seen, for at most this long (default: 30s)"),
  asSpan("wait", longest),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)

export const timeoutFlag = span("timeout", longest, "Give up if nothing comes for this long, e.g. 5m")

/** Reads a name, a role or a project tag as everywhere, and says which flag it was. */
export const readTag = (what: string, raw: string) =>
  Effect.mapError(Effect.fromResult(parseTag(raw)), (why) => wrongUse(`${what} ${why}`))

/** Reads whom a message goes to: a name in any spelling, or an id. */
export const readReceiver = (raw: string) => {
  const id = normalise(raw)
  return isSessionId(id) ? Effect.succeed<string>(id) : readTag("the name", raw)
}
