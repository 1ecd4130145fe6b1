/** `cc-dm serve`: the server of one session. It is another built file, which start.ts loads instead. */
import { Command } from "effect/cli"
import { wrongUse } from "../Failure.ts"

export const serve = Command.make("serve", {}, () => wrongUse("serve takes no arguments: cc-dm serve")).pipe(
  Command.withDescription(
    "Run the server of one session over stdin and stdout. Claude Code starts it; at a terminal it waits for a client"
  ),
  Command.withShortDescription("Run the server of one session; Claude Code starts it"),
  Command.withExamples([{ command: "cc-dm serve" }])
)
