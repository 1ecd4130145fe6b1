/**
 * `cc-dm status`: one line for a status line or a prompt. `src/status/main.ts` answers it where the bus is a file of this version and the
 * flags are plain; this is the same for any bus, with help and errors.
 */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { BusClock } from "../../bus/engine/BusClock.ts"
import { Database } from "../../bus/engine/Database.ts"
import { selectCounts, selectPresent } from "../../bus/roster/StatusRows.ts"
import { quote } from "../../domain/Text.ts"
import { Settings } from "../../settings/Settings.ts"
import { type Asker, askerOf } from "../../status/Asker.ts"
import { countsFor, emptyStatus, presentFor, type Status, statusOf } from "../../status/Status.ts"
import { placeholders, printed, unknownIn } from "../../status/StatusLine.ts"
import { wrongUse } from "../Failure.ts"
import { maybe, nameFlag } from "../Flags.ts"
import { printLine } from "../Output.ts"
import { ReadOnlyStorage, whereNoBusIs } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

const readStatus = Effect.fnUntraced(function* (asker: Asker) {
  const clock = yield* BusClock
  const database = yield* Database
  const { timing } = yield* Settings
  const now = Date.parse(yield* clock.iso())
  const rows = yield* database.run((sql) => selectPresent.run(sql, presentFor(asker, timing, now)))
  const asked = countsFor(rows, asker, timing, now)
  return statusOf(rows, asker, yield* database.run((sql) => selectCounts.run(sql, asked)))
})

/** What stands in the way of reading is for `doctor`: a status line has no room for it, and no reason to fail. */
const statusFor = (asker: Asker) =>
  readStatus(asker).pipe(
    Effect.provide(ReadOnlyStorage),
    whereNoBusIs(() => "none" as const),
    Effect.catch((error) =>
      Effect.succeed<Status>(emptyStatus(error === "none" ? "none" : "unreadable", asker.kind))
    )
  )

const inBraces = placeholders.map((name) => `{${name}}`).join(" ")

export const status = Command.make(
  "status",
  {
    format: maybe(
      Flag.String("format").pipe(
        Flag.withDescription(`The line, with ${inBraces} in it; {{ is a brace`),
        Flag.withMetavar("text")
      )
    ),
    name: nameFlag,
    json: jsonFlag
  },
  Effect.fnUntraced(function* (options) {
    const unknown = unknownIn(options.format ?? "")
    if (unknown !== undefined)
      return yield* wrongUse(`--format knows no ${quote(`{${unknown}}`)}. What it knows: ${inBraces}`)
    if (options.json && options.format !== undefined)
      return yield* wrongUse("--json and --format exclude each other")
    const asker = yield* Effect.promise(() => askerOf(options.name))
    yield* printLine(printed(yield* statusFor(asker), options))
  })
).pipe(
  Command.withDescription(
    "Print one line: who you are on the bus, what waits for you, and who else is here. Changes nothing. In a session it is about the session; Claude Code can show it as its status line: cc-dm install claude --statusline"
  ),
  Command.withShortDescription("Print one line for a status line or a prompt"),
  Command.withExamples([
    { command: "cc-dm status" },
    { command: "cc-dm status --format '{name} {waiting}'", description: "in a prompt" },
    { command: "cc-dm status --json | jq .waiting" }
  ])
)
