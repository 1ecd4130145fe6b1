/** The address of a bus in PostgreSQL: whatever it is, it is read or refused in words, and its password stands in neither. */
import { describe, expect, test } from "bun:test"
import { Redacted, Result, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { readBusUrl } from "../../src/bus/postgres/BusUrl.ts"
import { property } from "../support/it.ts"

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

const saidOf = (text: string): string => {
  const read = readBusUrl(text)
  return Result.isFailure(read) ? read.failure : read.success.shown
}

describe("the address of a bus", () => {
  property("is read or refused, whatever it is", address, (text) => saidOf(text).length > 0)
  property("is never shown with its password", address, (text) => !saidOf(text).includes("secret-word"))

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
    expect(saidOf("postgres://ada@db.example.com/ccdm?sslmode=prefer")).toContain("may go unencrypted")
  })

  test("may lead to a socket, with or without a host before it", () => {
    for (const text of ["postgres://ada@/ccdm?host=/run/pg", "postgres://ada@localhost/ccdm?host=/run/pg"])
      expect(Result.getOrThrow(readBusUrl(text))).toMatchObject({
        shown: "postgres://ada@/ccdm?host=/run/pg",
        config: { host: "/run/pg", ssl: false }
      })
  })
})
