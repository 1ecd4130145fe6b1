/** The ledger against which the soak and the kill test hold the bus: what it takes for a fault, and what not. */
import { expect, test } from "bun:test"
import { makeLedger } from "../../testkit/chaos/Ledger.ts"

const written = () => {
  const ledger = makeLedger()
  const { token } = ledger.write("alice", "bob")
  return { ledger, show: () => ledger.show("bob", `[begin ${token}] hello [end ${token}]`, false) }
}

test("a message that is shown again is a fault", () => {
  const { ledger, show } = written()
  show()
  ledger.answer("bob")
  show()
  expect(ledger.violations.length).toBe(1)
})

test("after Esc, and after the context was lost, it is none", () => {
  const { ledger, show } = written()
  show()
  ledger.doubt("bob")
  show()
  ledger.lose("bob", "cleared")
  show()
  expect(ledger.violations).toEqual([])
})

test("what was shown again after Esc can be lost again, though the model answered in between", () => {
  const { ledger, show } = written()
  show()
  ledger.doubt("bob")
  ledger.answer("bob")
  show()
  ledger.lose("bob", "compacted")
  show()
  expect(ledger.violations).toEqual([])
})

test("an answer counts as told from the moment on at which a hook told of it", () => {
  const { ledger, show } = written()
  const [letter] = ledger.of("bob")
  show()
  ledger.answer("bob")
  expect(letter?.answeredAt).toBe(Number.POSITIVE_INFINITY)
  const before = performance.now()
  ledger.tell("bob")
  const told = letter?.answeredAt
  expect(told).toBeGreaterThanOrEqual(before)
  expect(told).toBeLessThan(Number.POSITIVE_INFINITY)
  ledger.tell("bob")
  expect(letter?.answeredAt).toBe(told)
})
