/** What proves that a message was seen where the host tells of each request to the model, and of its answer. */
import { expect, test } from "bun:test"
import type { Event } from "../../src/session/routes/Event.ts"
import { arrived, atWork, batchEnded, message, play, prompted, stopped } from "../support/machine.ts"

const requested = (request: string, holds?: ReadonlyArray<number>): Event => ({
  _tag: "Requested",
  request,
  ...(holds === undefined ? {} : { holds })
})
const replied = (request: string, whole = true): Event => ({ _tag: "Replied", request, whole })
const toolEnded = (call: number): Event => ({ _tag: "ToolEnded", call, turn: "" })

test("a request holds what was shown before it, and its whole answer proves that", () => {
  const { does } = atWork()
  does(requested("a"))
  expect(does(toolEnded(2))).toEqual(["Show 1", "handed over 1"])
  expect(does(replied("a"))).toEqual([])
  does(requested("b"))
  expect(does(replied("b"))).toEqual(["seen 1"])
})

test("an answer that was broken off proves nothing, and the next request's does", () => {
  const { does } = atWork()
  does(toolEnded(2))
  does(requested("a"))
  expect(does(replied("a", false))).toEqual([])
  expect(does(replied("a"))).toEqual([])
  does(requested("b"))
  expect(does(replied("b"))).toEqual(["seen 1"])
})

test("once requests were told of, neither batches nor the end of a turn prove anything", () => {
  const { does } = atWork({ socket: false })
  does(requested("a"))
  does(toolEnded(2))
  expect(does(batchEnded(3))).toEqual([])
  expect(does(stopped(4))).toEqual(["BecameIdle"])
  expect(does({ _tag: "Ended" })).toEqual(["BecameIdle"])
})

test("a host that says which answers a request holds is believed: what was typed ahead stands in a later one", () => {
  const { does } = play()
  does(requested("a", []))
  does(arrived(message(1)))
  expect(does(prompted(2))).toEqual(["Show 1", "handed over 1"])
  does(requested("b", []))
  expect(does(replied("b"))).toEqual([])
  does(requested("c", [2]))
  expect(does(replied("c"))).toEqual(["seen 1"])
})

test("what the tool inbox returned is in the next request, whatever that says of hooks", () => {
  const { does } = play({ callers: true })
  does(requested("a", []))
  does(arrived(message(1)))
  does({ _tag: "Fetched", messages: [message(1)], call: 70, use: "x" })
  does({ _tag: "Called", use: "x", byMain: true })
  does(requested("b", []))
  expect(does(replied("b"))).toEqual(["seen 1"])
})

test("an answer to a hook that the host has dropped is offered again", () => {
  const { does } = atWork()
  expect(does(toolEnded(2))).toEqual(["Show 1", "handed over 1"])
  expect(does({ _tag: "Cancelled", call: 2 })).toEqual(["queued 1"])
  does(requested("a", [2]))
  expect(does(replied("a"))).toEqual([])
  expect(does(toolEnded(3))).toEqual(["Show 1", "handed over 1"])
})
