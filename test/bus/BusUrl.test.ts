/** The address of a bus in PostgreSQL: whatever it is, it is read or refused in words, and its password stands in neither. */
import { describe, expect, test } from "bun:test"
import { Redacted, Result, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { readBusUrl } from "../../src/bus/engine/postgres/BusUrl.ts"
import { it } from "../support/it.ts"

// Random text hardly ever is an address.
const parts = Schema.Literals([
  "postgres://",
  "postgresql:///",
  "ada",
  ":secret-word",
  "@",
  "db.example.com",
  "127.0.0.1",
  "[::1]",
  ":5433",
  ":99999",
  "/ccdm",
  "?sslmode=",
  "verify-full",
  "disable",
  "&host=/tmp",
  "&sslrootcert=/nowhere",
  "%zz",
  "%00",
  " ",
  "\n",
  "#"
])
const address = Arbitrary.map(Arbitrary.array(Arbitrary.schema(parts), { maxLength: 9 }), (all) =>
  all.join("")
)

// Whatever a password holds, unescaped, wherever it ends by that, and whatever comes before or behind it.
const word = "secret-word"
const broken = Arbitrary.map(
  Arbitrary.schema(
    Schema.Struct({
      scheme: Schema.Literals([
        "postgres://",
        "postgresql://",
        "postgres:/",
        "postgres:",
        "POSTGRES://",
        " postgres://",
        "postgres:\n//",
        ""
      ]),
      user: Schema.Literals(["ada:", "ada:12", "ada:1", ":", "ada%zz:", "ada\u001b[2J:"]),
      before: Schema.Literals([
        "",
        "/",
        "?",
        "#",
        "@",
        "%",
        "%2",
        ":",
        ",",
        " ",
        "\\",
        "[",
        "]",
        "/../",
        "//",
        "&host=",
        "?host=/"
      ]),
      behind: Schema.Literals(["", "/", "?", "#", "@", "%", "%zz", ":", ",", "\t", "'"]),
      rest: Schema.Literals([
        "@db.example.com/ccdm",
        "@db.example.com:5432,other:5433/ccdm",
        "@[::1]/ccdm?sslmode=sometimes",
        "@/ccdm?host=/tmp",
        "@db.example.com:99999/ccdm",
        "@db.example.com/ccdm?sslmode=prefer",
        "@db.example.com/ccdm?sslrootcert=/nowhere",
        "@"
      ])
    })
  ),
  ({ before, behind, rest, scheme, user }) => `${scheme}${user}${before}${word}${behind}${rest}`
)

const saidOf = (text: string): string => {
  const read = readBusUrl(text)
  return Result.isFailure(read) ? read.failure : read.success.shown
}

describe("the address of a bus", () => {
  it.prop("is read or refused, whatever it is", address, (text) => saidOf(text).length > 0)
  it.prop("is never shown with its password", address, (text) => !saidOf(text).includes("secret-word"))

  it.prop(
    "is never shown with a password that was not escaped",
    broken,
    (text) => !saidOf(text).includes(word),
    2_000
  )
  it.prop(
    "is never shown with what a terminal obeys",
    broken,
    (text) => !/[\u0000-\u001f\u007f-\u009f]/.test(saidOf(text))
  )

  test("with an @ behind its first / is refused in words that show nothing of it", () => {
    for (const text of [
      "postgres://ada:12/secret-word@db.example.com/ccdm",
      "postgres://ada:12?secret-word@db.example.com/ccdm",
      "postgres://ada:12#secret-word@db.example.com/ccdm",
      "postgres:///ada:secret-word@db.example.com/ccdm"
    ]) {
      expect(Result.isFailure(readBusUrl(text))).toBe(true)
      expect(saidOf(text)).toStartWith(
        "has an @ after its first /, ? or #. In a password or a name, write %2F for /"
      )
    }
    const escaped = Result.getOrThrow(readBusUrl("postgres://ada:12%2Fsecret%40word@db.example.com/cc%40dm"))
    expect(escaped.shown).toBe("postgres://ada@db.example.com:5432/cc%40dm")
    expect(Redacted.value(escaped.config.password as Redacted.Redacted)).toBe("12/secret@word")
  })

  test("with a password in another place is refused in words that show nothing of it", () => {
    for (const text of [
      "postgres://ada@db.example.com/ccdm:secret-word",
      "postgres://ada@/ccdm?host=/tmp:secret-word",
      "postgres://ada@db.example.com/ccdm?sslrootcert=/nowhere:secret-word"
    ]) {
      expect(Result.isFailure(readBusUrl(text))).toBe(true)
      expect(saidOf(text)).not.toContain("secret-word")
    }
  })

  test("names one host", () => {
    expect(saidOf("postgres://ada:secret-word@one.example.com,two.example.com/ccdm")).toBe(
      "names more than one host; give one, which may be a name that moves between servers"
    )
  })

  test("goes encrypted and checked to another machine, and as it is to this one", () => {
    const there = Result.getOrThrow(readBusUrl("postgres://ada:x@db.example.com/ccdm"))
    expect(there.config).toMatchObject({
      username: "ada",
      database: "ccdm",
      ssl: { servername: "db.example.com" }
    })
    expect(Redacted.value(there.config.password as Redacted.Redacted)).toBe("x")
    expect(Result.getOrThrow(readBusUrl("postgres://ada@localhost/ccdm")).config.ssl).toBe(false)
    expect(
      Result.getOrThrow(readBusUrl("postgres://ada@db.example.com/ccdm?sslmode=disable")).config.ssl
    ).toBe(false)
    expect(saidOf("postgres://ada@db.example.com/ccdm?sslmode=prefer")).toContain("may send unencrypted")
  })

  test("may lead to a socket, with or without a host before it", () => {
    for (const text of ["postgres://ada@/ccdm?host=/run/pg", "postgres://ada@localhost/ccdm?host=/run/pg"])
      expect(Result.getOrThrow(readBusUrl(text))).toMatchObject({
        shown: "postgres://ada@/ccdm?host=/run/pg",
        config: { host: "/run/pg", ssl: false }
      })
  })
})
