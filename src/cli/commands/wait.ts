/** `cc-dm wait`: ends when a message comes for the session that it runs in. An agent that nothing else wakes runs it in the background. */
import { Effect, Option } from "effect"
import { Command } from "effect/cli"
import { say, socketsOfSession } from "../../hook/SessionSocket.ts"
import { failed, notFound, timedOut } from "../Failure.ts"
import { timeoutFlag } from "../Flags.ts"
import { printLine } from "../Output.ts"

/** Gives the first line that wakes the session; `undefined`: its server is gone. */
const wakeUpAt = (path: string) =>
  Effect.callback<string | undefined>((resume) => {
    let hangUp: (() => void) | undefined
    const onLine = (line: string | undefined) => {
      if (line === undefined) return resume(Effect.succeed(undefined))
      const { wakeUp } = JSON.parse(line)
      if (typeof wakeUp === "string") resume(Effect.succeed(wakeUp))
    }
    say(path, { v: 1, subscribe: true }, onLine).then((close) => {
      hangUp = close
      if (close === undefined) resume(Effect.succeed(undefined))
    })
    return Effect.sync(() => hangUp?.())
  })

export const wait = Command.make("wait", { timeout: timeoutFlag }, ({ timeout }) =>
  Effect.gen(function* () {
    const [path] = socketsOfSession()
    if (path === undefined)
      return yield* notFound(
        "this command does not run in a session of cc-dm: run it in the shell of an agent that `cc-dm install` has set up"
      )
    const line = yield* Effect.timeoutOption(wakeUpAt(path), timeout ?? Number.POSITIVE_INFINITY)
    if (Option.isNone(line)) return yield* timedOut("no message came in time")
    if (line.value === undefined) return yield* failed("the session has ended")
    yield* printLine(line.value)
  })
).pipe(
  Command.withDescription(
    "Wait until a message comes for the session that this runs in, and print who wrote. The message itself is shown to the session. For agents that are woken by a command that ends in the background"
  ),
  Command.withShortDescription("Wait until a message comes for the session that this runs in"),
  Command.withExamples([{ command: "cc-dm wait", description: "in the background of an agent's shell" }])
)
