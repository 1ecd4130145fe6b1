/** One signature for several texts holds for each of them, and for nothing else. */
import { describe, expect, test } from "bun:test"
import { Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { signTogether, verifyingShared } from "../../src/platform/SharedSignature.ts"
import { randomSigningKey, readPublicKey } from "../../src/platform/Signing.ts"
import { it } from "../support/it.ts"

const key = await randomSigningKey()
const another = await randomSigningKey()
const verifier = () => verifyingShared(readPublicKey(key.publicKey) ?? (() => false))

const texts = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.String), { minLength: 1, maxLength: 40 }),
  // No two are the same, as no two messages are.
  (some) => some.map((text, index) => `${index} ${text.toWellFormed()}`)
)

describe("texts that are signed together", () => {
  it.prop(
    "are each proven by their signature, and no other text is",
    texts,
    (some) => {
      const verifies = verifier()
      const signatures = signTogether(key.sign, some)
      return (
        signatures.length === some.length &&
        some.every((text, index) => {
          const signature = signatures[index] ?? ""
          const group = Math.floor(index / 16)
          return some
            .concat("another text")
            .every(
              (other, at) =>
                verifies(other, signature) ===
                (other === text || (at < some.length && Math.floor(at / 16) === group))
            )
        })
      )
    },
    100
  )

  test("share a signature, up to sixteen of them; one that is alone has its own", () => {
    let made = 0
    const counting = (text: string) => {
      made += 1
      return key.sign(text)
    }
    const signatures = signTogether(
      counting,
      Array.from({ length: 33 }, (_, index) => `text ${index}`)
    )
    expect(made).toBe(3)
    expect(new Set(signatures).size).toBe(3)
    expect(signatures[32]).toBe(key.sign("text 32"))
    expect(signTogether(counting, [])).toEqual([])
  })

  test("are not proven by a list that was changed, lengthened or signed by somebody else", () => {
    const verifies = verifier()
    const [shared = ""] = signTogether(key.sign, ["one", "two"])
    const [signature = "", one = "", two = ""] = shared.split(".")
    const [ofThree = ""] = signTogether(another.sign, ["three", "four"])
    const [strange = "", three = ""] = ofThree.split(".")
    expect(verifies("one", shared)).toBe(true)
    for (const [text, changed] of [
      ["one", `${signature}.${two}.${one}`],
      ["one", `${signature}.${one}`],
      ["three", `${shared}.${three}`],
      ["three", `${strange}.${three}.${one}`],
      ["three", ofThree],
      ["one", signature],
      ["one", `.${one}.${two}`],
      ["one", `${key.sign("one")}.${one}`]
    ] as const)
      expect(verifies(text, changed)).toBe(false)
    // What was found of one list says nothing of another.
    expect(verifies("two", shared)).toBe(true)
  })
})
