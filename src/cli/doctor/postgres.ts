/** A bus in PostgreSQL: whether it can be reached, is made, lets this user in, and has room for more. */
import { Effect, Redacted, Result } from "effect"
import type { BusReport } from "../../bus/engine/postgres/Setup.ts"
import { worded } from "../../domain/Text.ts"
import type { Settings } from "../../settings/Settings.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"

/** A clock that differs by more is worth knowing, in milliseconds. */
const notable = 2_000

/** From this share of its connections on, a server is nearly full: each session keeps one. */
const nearlyFull = 0.8

const checkSchema = (shown: string, report: BusReport): Finding => {
  const { isMember, isWatcher, latest, schema, user } = report
  if (schema === undefined)
    return attention(
      "bus",
      `${worded(shown)} has no bus, or does not show it to ${worded(user)}`,
      "Ask the owner of the database to run this once: cc-dm bus init. It says what to grant to each user."
    )
  if (schema !== latest)
    return attention(
      "bus",
      `${worded(shown)} has a bus of ${schema > latest ? "a newer" : "an older"} version (${schema}, and this is ${latest})`,
      schema > latest
        ? "Update cc-dm on this machine."
        : "Ask the owner of the database to run this once: cc-dm bus init. It brings the bus up to date."
    )
  if (isMember) return ok("bus", `${worded(shown)} has a bus, in which ${worded(user)} takes part`)
  return isWatcher
    ? hint(
        "bus",
        `${worded(user)} may look at the bus in ${worded(shown)}, but not take part`,
        "GRANT cc_dm_member to take part."
      )
    : attention(
        "bus",
        `${worded(user)} may not take part in the bus in ${worded(shown)}`,
        "Run there: GRANT cc_dm_member TO the user."
      )
}

const checkEncryption = ({ encrypted }: BusReport, isLocal: boolean): Finding => {
  if (encrypted) return ok("encryption", "the connection to the server is encrypted")
  return isLocal
    ? ok("encryption", "the server is on this machine, so the connection is not encrypted")
    : attention(
        "encryption",
        "the connection to the server is not encrypted",
        "Remove sslmode=disable from the address."
      )
}

const checkClocks = ({ ahead }: BusReport): Finding =>
  Math.abs(ahead) < notable
    ? ok("clocks", "this machine's clock and the server's agree")
    : hint(
        "clocks",
        `this machine's clock is ${Math.round(Math.abs(ahead) / 1_000)} s ${ahead > 0 ? "ahead of" : "behind"} the server's`,
        "That does no harm: the bus goes by the server's clock."
      )

const checkRoom = ({ connections: { most, used } }: BusReport): Finding =>
  used < nearlyFull * most
    ? ok("connections", `${used} of the server's ${most} connections are in use`)
    : attention(
        "connections",
        `${used} of the server's ${most} connections are in use, and each session keeps one`,
        "Raise max_connections."
      )

/** What is to be said of the bus at an address. */
export const checkPostgres = Effect.fnUntraced(function* (
  busUrl: NonNullable<Settings["Service"]["busUrl"]>
): Effect.fn.Return<ReadonlyArray<Finding>> {
  const { isLocal, readBusUrl } = yield* Effect.promise(() => import("../../bus/engine/postgres/BusUrl.ts"))
  const { inspect } = yield* Effect.promise(() => import("../../bus/engine/postgres/Setup.ts"))
  const address = Result.flatMap(busUrl, (url) => readBusUrl(Redacted.value(url)))
  if (Result.isFailure(address))
    return [
      attention(
        "bus",
        `the address of the bus ${address.failure}`,
        "Correct CC_DM_BUS_URL or ~/.cc-dm/config.json."
      )
    ]
  const { config, shown } = address.success
  return yield* inspect(address.success).pipe(
    Effect.map((report) => [
      checkSchema(shown, report),
      checkEncryption(report, isLocal(config.host ?? "")),
      checkRoom(report),
      checkClocks(report)
    ]),
    Effect.catch((error) =>
      Effect.succeed([attention("bus", `${worded(error.file)} ${error.problem}`, error.advice)])
    )
  )
})
