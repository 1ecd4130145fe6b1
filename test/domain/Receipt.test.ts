/** Reasons of receipts, in sentences of cc-dm: its own as they are, and what somebody else wrote there in quotes. */
import { describe, expect, test } from "bun:test"
import { reasonInWords, reasons } from "../../src/domain/Receipt.ts"
import { quote } from "../../src/domain/Text.ts"
import { inboundAllowList, inboundBlockList, inboundProjects } from "../../src/policy/Inbound.ts"
import { scope } from "../../src/policy/Scope.ts"
import { toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { closes, drives, hides, nasty } from "../support/nasty.ts"

const party = (name: string, project: string | null) => ({ name, role: "worker", project })

describe("a reason", () => {
  test("in words of cc-dm stays as it is, whatever rule it is of", () => {
    const names = new Set([toName("bob")])
    const decisions = [
      inboundAllowList(names)(party("mallory", null)),
      inboundBlockList(names)(party("bob", null)),
      inboundProjects(new Set([toTag("shop")]))(party("bob", null)),
      inboundProjects(new Set([toTag("shop")]))(party("bob", "other")),
      scope({ sender: party("a", "shop"), receiver: party("b", null) }),
      scope({ sender: party("a", "shop"), receiver: party("b", "other") })
    ]
    const said = decisions.flatMap((one) => (one._tag === "Refused" ? [one.reason] : []))
    expect(said.length).toBe(decisions.length)
    for (const reason of [...Object.values(reasons), ...said]) expect(reasonInWords(reason)).toBe(reason)
  })

  it.prop("of somebody else is quoted, and hides, drives and closes nothing", nasty, (text) => {
    const said = [text, `"${text}" is on the receiver's CC_DM_INBOUND_BLOCKLIST`].map(reasonInWords)
    return (
      said[0] === quote(text, 300) &&
      said.every((one) => !hides.test(one) && !drives.test(one) && !closes(one) && one.length < 5_000)
    )
  })
})
