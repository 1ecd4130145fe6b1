/** `cc-dm demo`: sessions that write to each other, on a bus of their own. A built file beside this one plays it. */
import { Effect, FileSystem } from "effect"
import { Command } from "effect/cli"
import { become, builtFile, bun } from "../../platform/Programs.ts"
import { failed } from "../Failure.ts"

const file = builtFile("cc-dm-demo.js")

export const demo = Command.make(
  "demo",
  {},
  Effect.fnUntraced(function* () {
    const files = yield* FileSystem.FileSystem
    const isThere = yield* Effect.orElseSucceed(files.exists(file), () => false)
    if (!isThere) return yield* failed(`${file} is missing. In a checkout: ./dev demo`)
    return yield* become(bun.path, [file])
  })
).pipe(
  Command.withDescription(
    "Watch sessions write to each other: real servers on a bus of their own, which is removed at the end. Needs no Claude Code"
  ),
  Command.withShortDescription("Watch sessions write to each other, without Claude Code"),
  Command.withExamples([{ command: "cc-dm demo" }])
)
