/** Statements by name: what they become, and that a wrong one fails at once. */
import { Database } from "bun:sqlite"
import { describe, expect, test } from "bun:test"
import { delivered, isInTime, isOver, isWaiting } from "../../src/bus/engine/Delivered.ts"
import { statement } from "../../src/bus/engine/Statement.ts"

describe("a statement", () => {
  const one = statement<"id" | "now">("SELECT $id, json_extract($now, '$.at'), $id")

  test("has a number for each name, and leaves paths into JSON alone", () => {
    expect(one.text).toBe("SELECT ?1, json_extract(?2, '$.at'), ?1")
    expect(one.parametersOf({ now: "n", id: 7 })).toEqual([7, "n"])
    expect(one.parametersOf({ now: null, id: "" })).toEqual(["", null])
  })

  test("does not run with a name too few, too many, or another one", () => {
    expect(() => one.parametersOf({ id: 7 } as never)).toThrow("nothing is given for $now")
    expect(() => one.parametersOf({ id: 7, time: 1 } as never)).toThrow("nothing is given for $now")
    expect(() => one.parametersOf({ id: 7, now: 1, time: 1 } as never)).toThrow("more is given than id, now")
    // @ts-expect-error: a name is missing.
    expect(() => one.parametersOf({ id: 7 })).toThrow()
    // @ts-expect-error: there is no such name.
    expect(() => one.parametersOf({ id: 7, now: 1, time: 1 })).toThrow()
  })
})

describe("the rule of expiry", () => {
  const rows = new Database(":memory:")
  const read = (rule: string, expiresAt: string | null, createdAt: string) => {
    const { parametersOf, text } = statement<"now" | "oldest" | "expiresAt" | "createdAt">(
      `SELECT ${rule} AS holds FROM (SELECT $expiresAt AS expires_at, $createdAt AS created_at)`
    )
    return rows
      .query<{ holds: number }, Array<string | number | null>>(text)
      .get(...parametersOf({ now: "2026-01-05", oldest: "2026-01-03", expiresAt, createdAt }))?.holds
  }

  test.each([
    ["2026-01-06", "2026-01-01", false],
    ["2026-01-05", "2026-01-04", true],
    [null, "2026-01-04", false],
    [null, "2026-01-03", true]
  ])("of a row that ends %p and was written %p", (expiresAt, createdAt, over) => {
    expect(read(isOver, expiresAt, createdAt)).toBe(over ? 1 : 0)
    expect(read(isInTime, expiresAt, createdAt)).toBe(over ? 0 : 1)
  })
})

test("states are the numbers that 1.3.1 and PostgreSQL's functions know", () => {
  expect(delivered).toEqual({ waitsForAll: 0, taken: 1, waits: 2, ended: 3, shown: 4, moved: 5 })
  expect(isWaiting()).toBe("messages.delivered IN (0, 2)")
})
