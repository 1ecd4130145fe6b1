/** How a plugin finds out which request of its agent holds what was shown, and whether the model has answered it. */
import { expect, test } from "bun:test"
import { followRequests, type Reply } from "../../src/agents/Requests.ts"
import type { HostEvent } from "../../src/hosts/Host.ts"

const play = () => {
  const told: Array<HostEvent> = []
  const requests = followRequests((event) => {
    told.push(event)
  })
  return {
    ...requests,
    /** What was told since the last look. */
    news: () => told.splice(0)
  }
}
const whole = (id: string): Reply => ({ id, whole: true })
const broken = (id: string): Reply => ({ id, whole: false })
const requested = (count: number, ...holds: ReadonlyArray<string>): HostEvent => ({
  _tag: "Requested",
  request: `request ${count}`,
  holds
})
const replied = (count: number, isWhole = true): HostEvent => ({
  _tag: "Replied",
  request: `request ${count}`,
  whole: isWhole
})

test("a request holds what stands in one of its texts, and its answer is told once", () => {
  const { begin, news, replied: end, shown } = play()
  shown("c1", "words")
  shown("c2", "others")
  begin([], ["hello", "a result\n\nwords"])
  expect(news()).toEqual([requested(1, "c1")])
  end(whole("m1"))
  end(whole("m1"))
  expect(news()).toEqual([replied(1)])
  begin([whole("m1")], ["words", "others"])
  expect(news()).toEqual([requested(2, "c2")])
})

test("an answer that is told of late is known by the next request, and does not count for that one", () => {
  const { begin, news, replied: end } = play()
  begin([], ["a"])
  begin([whole("m1")], ["a", "b"])
  expect(news()).toEqual([requested(1), replied(1), requested(2)])
  end(whole("m1"))
  expect(news()).toEqual([])
  end(whole("m2"))
  expect(news()).toEqual([replied(2)])
})

test("a request that was broken off, or never answered, holds again what it held", () => {
  const { begin, news, replied: end, shown } = play()
  shown("c1", "words")
  begin([], ["words"])
  end(broken("m1"))
  begin([broken("m1")], ["words"])
  begin([broken("m1")], ["words"])
  expect(news()).toEqual([
    requested(1, "c1"),
    replied(1, false),
    requested(2, "c1"),
    replied(2, false),
    requested(3, "c1")
  ])
})

test("what is in no request a turn later was dropped, and not before", () => {
  const { begin, ended, news, shown } = play()
  shown("c1", "words")
  begin([], ["a"])
  expect(news()).toEqual([requested(1)])
  ended()
  begin([whole("m1")], ["a", "b"])
  expect(news()).toEqual([replied(1), { _tag: "Dropped", calls: ["c1"] }, requested(2)])
  begin([whole("m1"), whole("m2")], ["a", "words"])
  expect(news()).toEqual([replied(2), requested(3)])
})

test("if the server did not answer, it is told to offer again what it has shown", () => {
  const { begin, doubt, news } = play()
  doubt()
  begin([], [])
  begin([whole("m1")], [])
  expect(news()).toEqual([{ _tag: "Forgot", cleared: false }, requested(1), replied(1), requested(2)])
})
