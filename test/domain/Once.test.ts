/** What is made once, and what is kept of a pure function. */
import { expect, test } from "bun:test"
import { once, remembering } from "../../src/domain/Once.ts"

test("what is made once is made when it is first asked for, also if that is nothing", () => {
  let made = 0
  const get = once(() => {
    made += 1
    return undefined
  })
  expect(made).toBe(0)
  expect([get(), get(), made]).toEqual([undefined, undefined, 1])
})

test("what was found of a text is found again, for so many texts and no long ones", () => {
  const asked: Array<string> = []
  const of = remembering(2, (text) => {
    asked.push(text)
    return text.length
  })
  const long = "x".repeat(257)
  expect(["a", "a", "bb", "a", long, long].map(of)).toEqual([1, 1, 2, 1, 257, 257])
  expect(asked).toEqual(["a", "bb", long, long])
  expect(["ccc", "a"].map(of)).toEqual([3, 1])
  expect(asked.slice(4)).toEqual(["ccc", "a"])
})
