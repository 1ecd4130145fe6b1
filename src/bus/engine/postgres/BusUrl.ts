/**
 * The address of a bus in PostgreSQL: `postgres://user@host:5432/database?sslmode=verify-full`, as PostgreSQL's own tools
 * read it (https://www.postgresql.org/docs/current/libpq-connect.html), but stricter: to another machine
 * nothing goes unencrypted, or to a server that nobody vouches for, unless that is asked for by name.
 */
import { readFileSync, statSync } from "node:fs"
import { isIP } from "node:net"
import { checkServerIdentity } from "node:tls"
import type * as PgConnection from "@effect/sql-pg/PgConnection"
import { Duration, Redacted, Result } from "effect"
import { environment } from "../../../platform/Environment.ts"
import { keepAliveAfter } from "./PostgresClient.ts"
import { schema } from "./Schema.ts"

/** Where a bus is, and how to get there. */
export interface BusAddress {
  readonly config: PgConnection.Config
  /** The same for people: without the password. */
  readonly shown: string
}

const modes = ["disable", "prefer", "allow", "require", "verify-ca", "verify-full"] as const
type Mode = (typeof modes)[number]

const isMode = (text: string): text is Mode => (modes as ReadonlyArray<string>).includes(text)

/**
 * A plan is kept as long as the connection, also one that was made while the bus was empty: it must not read whole tables. The few
 * statements that have to seem costly by that, and must not be compiled for it. Nor must the server make a new plan each time that a
 * statement is run, since one for its very values seems better: to plan what writes a message takes it longer than to run that.
 */
const plans = { enable_seqscan: "off", jit: "off", plan_cache_mode: "force_generic_plan" } as const

/** A machine that sleeps, or is cut off, must not keep its locks and its connection for long. Times are in seconds but for the last two. */
const leaving = {
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "60000",
  idle_in_transaction_session_timeout: "20000"
} as const

const localNames = ["", "localhost", "127.0.0.1", "::1"]

/** Whether what is said to a host stays on this machine. */
export const isLocal = (host: string): boolean => host.startsWith("/") || localNames.includes(host)

/** One line of a password file: five fields, in which `\\` keeps the next character from its meaning. */
const fieldsOf = (line: string): ReadonlyArray<string> => {
  const fields: Array<string> = []
  let field = ""
  for (let at = 0; at < line.length; at++) {
    if (line[at] === "\\") field += line[++at] ?? ""
    else if (line[at] === ":" && fields.length < 4) {
      fields.push(field)
      field = ""
    } else field += line[at]
  }
  return [...fields, field]
}

/** The password that a file like `~/.pgpass` has. One that others may read is left alone, as PostgreSQL's tools do. */
const passwordFrom = (file: string, wanted: ReadonlyArray<string>): string | undefined => {
  try {
    if ((statSync(file).mode & 0o077) !== 0) return undefined
    const lines = readFileSync(file, "utf8").split("\n")
    const found = lines
      .filter((line) => !line.startsWith("#"))
      .map(fieldsOf)
      .find(
        (fields) =>
          fields.length === 5 &&
          wanted.every((value, index) => fields[index] === "*" || fields[index] === value)
      )
    return found?.[4]
  } catch {
    return undefined
  }
}

const passwordFor = (url: URL, wanted: ReadonlyArray<string>): string | undefined => {
  if (url.password !== "") return decodeURIComponent(url.password)
  const { HOME = "", PGPASSFILE, PGPASSWORD } = environment
  return PGPASSWORD ?? passwordFrom(PGPASSFILE ?? `${HOME}/.pgpass`, wanted)
}

const readFile = (path: string): Result.Result<string, string> => {
  try {
    return Result.succeed(readFileSync(path, "utf8"))
  } catch {
    // A misplaced password may stand in the name.
    return Result.fail("names a file with sslrootcert that can't be read")
  }
}

const encryption = (
  mode: Mode,
  host: string,
  certificates: string | undefined
): PgConnection.Config["ssl"] => {
  if (mode === "disable") return false
  return {
    // An address is no name that a server can be asked for.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(certificates === undefined ? {} : { ca: certificates }),
    checkServerIdentity: (_, certificate) =>
      mode === "verify-ca" ? undefined : checkServerIdentity(host, certificate)
  }
}

/** The parts of an address, as they are told apart before anything in it is decoded. */
const form = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is

/** An address for people: what can't be seen in it, or what a terminal obeys, stands with percent signs. */
const shownAs = (user: string, host: string, port: number, database: string): string => {
  const [who, what] = [user, database].map((part) => encodeURIComponent(part.toWellFormed()))
  if (host.startsWith("/")) return `postgres://${who}@/${what}?host=${encodeURI(host)}`
  return `postgres://${who}@${isIP(host) === 6 ? `[${host}]` : encodeURI(host)}:${port}/${what}`
}

/**
 * Reads an address. The password may stand in it, in `PGPASSWORD`, or in the file `~/.pgpass`.
 *
 * @returns the address, or a sentence that says what is wrong with it, which has no password in it
 */
export const readBusUrl = (given: string): Result.Result<BusAddress, string> => {
  const text = given.trim()
  const [, scheme, authority, more = ""] = form.exec(text) ?? []
  if (scheme === undefined || authority === undefined)
    return Result.fail("is not an address such as postgres://user@host/database")
  if (!/^postgres(ql)?$/i.test(scheme)) return Result.fail("must begin with postgres://")
  // Else the rest of a password would be taken for the name of a database, and shown.
  if (more.includes("@"))
    return Result.fail(
      "has an @ after its first /, ? or #. In a password or a name, write %2F for /, %3F for ?, %23 for # and %40 for @"
    )
  if (/^[^?#]*:/.test(more)) return Result.fail("has a : after its first /. In a name, write %3A for it")
  if (authority.slice(authority.lastIndexOf("@") + 1).includes(","))
    return Result.fail("names more than one host; give one, which may be a name that moves between servers")
  let url: URL
  try {
    // PostgreSQL's tools allow a user without a host, which stands behind the question mark then.
    url = new URL(text.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?]|$)/, "$1localhost"))
    // A percent sign that encodes nothing makes no address.
    for (const part of [url.username, url.password, url.hostname, url.pathname]) decodeURIComponent(part)
  } catch {
    return Result.fail("is not an address such as postgres://user@host/database")
  }
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname.replace(/^\[|\]$/g, ""))
  if (host.startsWith("/") && host.includes(":"))
    return Result.fail(
      "names a folder with a : in it as its host; there is no socket of PostgreSQL in such a folder"
    )
  const port = url.port === "" ? 5432 : Number(url.port)
  const user = decodeURIComponent(url.username) || (environment["USER"] ?? "")
  const database = decodeURIComponent(url.pathname.slice(1)) || user
  const asked = url.searchParams.get("sslmode")
  if (user === "") return Result.fail("names no user")
  if (asked !== null && !isMode(asked)) return Result.fail(`sslmode must be one of ${modes.join(", ")}`)
  if ((asked === "prefer" || asked === "allow") && !isLocal(host))
    return Result.fail(
      `sslmode=${asked} may send unencrypted data to another machine; write verify-full, or disable if you mean it`
    )
  const mode = asked ?? (isLocal(host) ? "disable" : "verify-full")
  const file = url.searchParams.get("sslrootcert")
  const certificates = file === null ? Result.succeed(undefined) : readFile(file)
  if (Result.isFailure(certificates)) return Result.fail(certificates.failure)
  const password = passwordFor(url, [host.startsWith("/") ? "localhost" : host, String(port), database, user])
  return Result.succeed({
    shown: shownAs(user, host || "localhost", port, database),
    config: {
      host: host || "localhost",
      port,
      username: user,
      database,
      ...(password === undefined ? {} : { password: Redacted.make(password) }),
      ssl: host.startsWith("/")
        ? false
        : encryption(mode === "prefer" || mode === "allow" ? "disable" : mode, host, certificates.success),
      applicationName: "cc-dm",
      connectTimeout: "5 seconds",
      keepAlive: Duration.millis(keepAliveAfter),
      startupParameters: { search_path: schema, ...plans, ...leaving }
    }
  })
}
