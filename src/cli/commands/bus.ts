/** `cc-dm bus`: which bus this is, and what it takes to have one for several machines. */
import { Effect, Redacted, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { busPaths, isThere } from "../../bus/engine/sqlite/BusPaths.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import { BusUnavailable } from "../../domain/Errors.ts"
import { quote, worded } from "../../domain/Text.ts"
import { Settings } from "../../settings/Settings.ts"
import { wrongUse } from "../Failure.ts"
import { maybe } from "../Flags.ts"
import { BusJson } from "../Json.ts"
import { note, printJson, printLine } from "../Output.ts"
import { ReadOnlyStorage } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

const loadPostgres = Effect.promise(async () => ({
  ...(await import("../../bus/engine/postgres/BusUrl.ts")),
  ...(await import("../../bus/engine/postgres/Setup.ts")),
  ...(await import("../../bus/engine/postgres/HistoryCopy.ts"))
}))

const unreadable = (why: string) =>
  new BusUnavailable({ file: "CC_DM_BUS_URL", problem: why, advice: "Correct it." })

/** The address that a flag gives, or else the settings. */
const addressOf = Effect.fnUntraced(function* (flag: string | undefined, name: string) {
  const { busUrl } = yield* Settings
  const { readBusUrl } = yield* loadPostgres
  const given = flag === undefined ? busUrl : Result.succeed(Redacted.make(flag))
  if (given === undefined)
    return yield* wrongUse(
      `which bus? Give it with --${name} postgres://user@host/database, or set CC_DM_BUS_URL`
    )
  const address = Result.flatMap(given, (url) => readBusUrl(Redacted.value(url)))
  if (Result.isSuccess(address)) return address.success
  return yield* flag === undefined ? unreadable(address.failure) : wrongUse(`--${name} ${address.failure}`)
})

const urlFlag = (name: string, description: string) =>
  maybe(Flag.String(name).pipe(Flag.withMetavar("url"), Flag.withDescription(description)))

const init = Command.make(
  "init",
  {
    url: urlFlag(
      "url",
      "The database, with a user who may create schemas and roles there (default: CC_DM_BUS_URL)"
    )
  },
  Effect.fn("bus init")(function* ({ url }) {
    const address = yield* addressOf(url, "url")
    const { grantsFor, initialise, watcherRole } = yield* loadPostgres
    const made = yield* initialise(address)
    yield* printLine(
      {
        made: `The bus is in ${worded(address.shown)}.`,
        "brought up to date": `The bus in ${worded(address.shown)} is brought up to date.`,
        "there already": `There is a bus in ${worded(address.shown)} already.`
      }[made]
    )
    yield* printLine(
      "Run this there, for each user who takes part, and for one who may only look at all of it:"
    )
    yield* printLine(`  ${grantsFor("NAME")}\n  GRANT ${watcherRole} TO "NAME";`)
  }, Effect.provide(Settings.commandLine))
).pipe(
  Command.withDescription(
    "Create a bus in a database, or bring an older one up to date, and say what to grant to its users"
  ),
  Command.withExamples([
    { command: 'cc-dm bus init --url "postgres://postgres@db.example.com/ccdm?sslmode=verify-full"' }
  ])
)

const statusOfFile = Effect.gen(function* () {
  const paths = busPaths((yield* Settings).folder)
  const registry = yield* Registry
  const there = isThere(paths)
  const sessions = there ? (yield* registry.roster).length : 0
  return {
    engine: "file" as const,
    bus: paths.database,
    there,
    schema: null,
    server: null,
    user: null,
    encrypted: null,
    sessions,
    messages: null
  }
})

const statusOfPostgres = Effect.gen(function* () {
  const address = yield* addressOf(undefined, "url")
  const { inspect } = yield* loadPostgres
  const report = yield* inspect(address)
  return {
    engine: "postgres" as const,
    bus: address.shown,
    there: report.schema !== undefined,
    schema: report.schema ?? null,
    server: report.serverVersion,
    user: report.user,
    encrypted: report.encrypted,
    sessions: report.sessions,
    messages: report.messages
  }
})

const statusLines = (status: typeof BusJson.Type): string => {
  if (status.engine === "file")
    return status.there
      ? `The bus is the file ${worded(status.bus)}: ${status.sessions} on the roster.`
      : `The bus is the file ${worded(status.bus)}, which the first session creates. Nobody is here yet. Start a session: cc-dm launch NAME`
  const way = status.encrypted ? "encrypted" : "not encrypted"
  return status.there
    ? `The bus is ${worded(status.bus)} (PostgreSQL ${worded(status.server ?? "")}, schema ${status.schema}, ${way}): ${status.sessions} on the roster; ${status.messages} messages that ${quote(status.user ?? "")} may see.`
    : `${worded(status.bus)} has no bus for ${quote(status.user ?? "")}: cc-dm bus init creates one, and says what to grant.`
}

const status = Command.make(
  "status",
  { json: jsonFlag },
  Effect.fn("bus status")(function* ({ json }) {
    const { busUrl } = yield* Settings
    const found = yield* busUrl === undefined ? statusOfFile : statusOfPostgres
    yield* json ? printJson(BusJson, found) : printLine(statusLines(found))
  }, Effect.provide(ReadOnlyStorage))
).pipe(
  Command.withDescription("Show which bus this is, and who is on it"),
  Command.withExamples([{ command: "cc-dm bus status" }])
)

const counted = (count: number, what: string) => (count === 1 ? `1 ${what}` : `${count} ${what}s`)

const move = Command.make(
  "move",
  { to: urlFlag("to", "The bus to copy it to, with the user whose history it is") },
  Effect.fn("bus move")(function* ({ to }) {
    const paths = busPaths((yield* Settings).folder)
    if (!isThere(paths))
      return yield* wrongUse(`there is no bus in ${worded(paths.folder)}, so there is nothing to copy`)
    const address = yield* addressOf(to, "to")
    const { carryOver } = yield* loadPostgres
    const { conversations, messages, stillThere } = yield* carryOver(paths, address)
    yield* printLine(
      `Copied ${counted(messages, "message")} and ${counted(conversations, "conversation")} to ${worded(address.shown)}.`
    )
    if (stillThere.length > 0)
      yield* note(
        `Still on the file: ${stillThere.slice(0, 20).map(worded).join(", ")}${stillThere.length > 20 ? " and others" : ""}. Restart them with CC_DM_BUS_URL; what they write until then stays in the file.`
      )
  }, Effect.provide(Settings.commandLine))
).pipe(
  Command.withDescription("Copy your history from the file to a bus in PostgreSQL. The file stays as it is"),
  Command.withShortDescription("Copy your history to a bus in PostgreSQL"),
  Command.withExamples([
    { command: 'cc-dm bus move --to "postgres://ada@db.example.com/ccdm?sslmode=verify-full"' }
  ])
)

export const bus = Command.make("bus").pipe(
  Command.withDescription("Show which bus this is, or set one up for several machines, in PostgreSQL"),
  Command.withExamples([
    { command: "cc-dm bus status" },
    { command: 'cc-dm bus init --url "postgres://postgres@db.example.com/ccdm"' }
  ]),
  Command.withSubcommands([init, status, move])
)
