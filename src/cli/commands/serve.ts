/** `cc-dm serve`: the server of one session. It is another built file, which start.ts loads instead. */
import { Command, Flag } from "effect/cli"
import { agents } from "../../domain/Agent.ts"
import { wrongUse } from "../Failure.ts"
import { maybe } from "../Flags.ts"

const agentFlag = maybe(
  Flag.Literals("agent", agents).pipe(Flag.withDescription("Which agent starts it (default: claude)"))
)

export const serve = Command.make("serve", { agent: agentFlag }, () =>
  wrongUse("serve takes nothing but one agent: cc-dm serve --agent codex")
).pipe(
  Command.withDescription(
    "Run the server of one session over stdin and stdout. An agent starts it; at a terminal it waits for a client"
  ),
  Command.withShortDescription("Run the server of one session; agents start it"),
  Command.withExamples([{ command: "cc-dm serve" }])
)
