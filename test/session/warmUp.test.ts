/** What signs and checks is loaded before the first message, by who is likely to get one. */
import { afterEach, beforeEach, describe, expect, spyOn } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Name } from "../../src/domain/Name.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { joined } from "../support/bus.ts"
import { it } from "../support/it.ts"

let loads = spyOn(process, "getBuiltinModule")
beforeEach(() => {
  loads = spyOn(process, "getBuiltinModule")
})
afterEach(() => loads.mockRestore())

const hasLoaded = () => loads.mock.calls.some(([module]) => module === "node:crypto")

describe("a session that has been there for a moment", () => {
  it.effect(
    "is ready to sign and to check, if it has a name",
    Effect.gen(function* () {
      yield* joined(yield* temporaryHome, { name: Name.make("alice") })
      yield* TestClock.adjust("499 millis")
      expect(hasLoaded()).toBe(false)
      yield* TestClock.adjust("1 millis")
      expect(hasLoaded()).toBe(true)
    })
  )

  it.effect(
    "loads nothing for messages that hardly come, if it has none",
    Effect.gen(function* () {
      yield* joined(yield* temporaryHome)
      yield* TestClock.adjust("10 seconds")
      expect(hasLoaded()).toBe(false)
    })
  )
})
