/** `cc-dm demo`: sessions that write to each other, on a bus of their own. It is another built file, which start.ts loads instead. */
import { Command } from "effect/cli"
import { wrongUse } from "../Failure.ts"

export const demo = Command.make("demo", {}, () => wrongUse("demo takes no arguments: cc-dm demo")).pipe(
  Command.withDescription(
    "Watch sessions write to each other: real servers on a bus of their own, which is removed at the end. Needs no Claude Code"
  ),
  Command.withShortDescription("Watch sessions write to each other, without Claude Code"),
  Command.withExamples([{ command: "cc-dm demo" }])
)
