/** What is wrong with a bus in PostgreSQL, as people are told, and what they are advised to do. */
import type { SqlError } from "effect/sql/SqlError"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { quote } from "../../../domain/Text.ts"
import { answerTimeout, notEncrypted } from "./PostgresClient.ts"

interface Fault {
  readonly code: string
  readonly message: string
}

/** The code for what the client itself has found, which has none. */
const ownCode = (error: SqlError, message: string): string => {
  // There is no password at all.
  if (error.reason._tag === "AuthenticationError") return "28P01"
  return message === "Connection timed out" ? "ETIMEDOUT" : ""
}

const faultOf = (error: SqlError): Fault => {
  const { cause } = error.reason
  const has = typeof cause === "object" && cause !== null
  const inner = has && "cause" in cause && typeof cause.cause === "object" ? cause.cause : undefined
  const code = [cause, inner].flatMap((one) =>
    typeof one === "object" && one !== null && "code" in one && typeof one.code === "string" ? [one.code] : []
  )
  const message = has && "message" in cause ? String(cause.message) : error.message
  return { code: code[0] ?? ownCode(error, message), message }
}

const advice: ReadonlyArray<readonly [code: RegExp, problem: string, advice: string]> = [
  [
    new RegExp(`^${notEncrypted}$|^ERR_SSL|^EPROTO$`),
    "answers without encryption, so cc-dm does not trust it",
    "Check the host and the port, and that the server has ssl = on; another program may be answering in its place."
  ],
  [
    /^28P01|^28000/,
    "does not let this user in ($message)",
    "Check the user, the password (URL, PGPASSWORD or ~/.pgpass) and pg_hba.conf."
  ],
  [/^3D000/, "names a database that does not exist", "Create it with createdb, then run: cc-dm bus init"],
  [
    /^3F000|^42P01|^42883/,
    "has no bus in it",
    "Ask the owner of the database to run this once: cc-dm bus init"
  ],
  [/^42501/, "does not give this user the rights it needs", "Grant them: cc-dm bus init says how."],
  [
    /^53300/,
    "has no connection left",
    "Raise max_connections, or end some sessions; cc-dm tries again by itself."
  ],
  [/^55P03/, "is held by another program", "Try again, or end the program that holds it."],
  [/^57P03|^57P0[12]/, "is starting up or shutting down", "cc-dm tries again by itself."],
  [/^55000/, "takes no connections now ($message)", "cc-dm tries again by itself."],
  [
    /ECONNREFUSED|ENOENT|ETIMEDOUT/,
    "does not answer",
    "Start the server, or check the address; cc-dm tries again by itself."
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    "can't be found",
    "Check the host's name and the network; cc-dm tries again by itself."
  ],
  [
    /ALTNAME/,
    "has a certificate for another name",
    "Check the host's name in the address; another program may be answering in its place."
  ],
  [
    /CERT|SSL|TLS|VERIFY/,
    "has a certificate from an unknown authority",
    "Give its authority's certificate with sslrootcert=FILE."
  ]
]

/** What is wrong with a bus that PostgreSQL does not give, and what to do. */
export const unavailable = (shown: string, error: SqlError): BusUnavailable => {
  const { code, message } = faultOf(error)
  const [, problem, what] = advice.find(([pattern]) => pattern.test(code)) ?? [
    undefined,
    "can't be used ($message)",
    "cc-dm tries again by itself."
  ]
  return new BusUnavailable({
    file: shown,
    problem: problem.replace("$message", () => quote(message)),
    advice: what
  })
}

/** Whether nothing more comes over the connection on which this happened. */
export const isLoss = (error: SqlError): boolean =>
  error.reason._tag === "ConnectionError" || /^57P0|^08|^25P02/.test(faultOf(error).code)

/** What is said if the connection was lost after something was asked. */
export const lost = (shown: string) =>
  new BusUnavailable({
    file: shown,
    problem: `is not reached: the connection was lost, or nothing was answered for ${answerTimeout / 1_000} s`,
    advice: "cc-dm tries again by itself.",
    uncertain: true
  })
