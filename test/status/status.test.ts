/** Whose row it is, of those that a status line reads. */
import { describe, expect, test } from "bun:test"
import type { PresentRow } from "../../src/bus/roster/StatusRows.ts"
import { hostName } from "../../src/platform/System.ts"
import { mine } from "../../src/status/Status.ts"

const row = (id: string, more: Partial<PresentRow>): PresentRow => ({
  id,
  name: id,
  role: "worker",
  project: null,
  doing: null,
  kind: "session",
  status: "named",
  doorbell: 1,
  pid: null,
  host: null,
  mine: 0,
  ...more
})

const inShell = { kind: "session", conversation: "", servers: ["41", "42"] } as const

const found = (...rows: ReadonlyArray<PresentRow>) => mine(rows, inShell)?.id

describe("the session of a shell", () => {
  test("is that of a server that its agent has started", () => {
    expect(found(row("other", { pid: "7" }), row("one", { pid: "42" }))).toBe("one")
    expect(found(row("other", { pid: "7" }))).toBeUndefined()
  })

  test("is on this machine: elsewhere the same number is another process", () => {
    const elsewhere = row("elsewhere", { pid: "42", host: `not-${hostName()}` })
    expect(found(elsewhere)).toBeUndefined()
    expect(found(elsewhere, row("here", { pid: "42", host: hostName() }))).toBe("here")
  })

  test("is none where two rows say that the same server is theirs", () =>
    expect(
      found(row("one", { pid: "42", host: hostName() }), row("two", { pid: "42", host: hostName() }))
    ).toBeUndefined())

  test("is the one of the conversation that the agent names, whatever others say", () => {
    const named = row("named", { pid: "42", host: hostName(), mine: 1 })
    expect(found(row("other", { pid: "42", host: hostName() }), named)).toBe("named")
  })
})
