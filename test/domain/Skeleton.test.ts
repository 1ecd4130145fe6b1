/** Which names look alike: Unicode's own data say so, and the table that is built in says the same. */
import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { readConfusables } from "../../scripts/support/Confusables.ts"
import { normalise, parseName } from "../../src/domain/Name.ts"
import { lookAlike, skeleton } from "../../src/domain/Skeleton.ts"
import { it } from "../support/it.ts"
import { name, nearName, text } from "../support/names.ts"

/** Some of Unicode's data, for machines without a Node that holds all. */
const sample = [
  ["0", "O"],
  ["1", "l"],
  ["m", "rn"],
  ["а", "a"],
  ["е", "e"],
  ["о", "o"],
  ["ο", "o"],
  ["ӏ", "l"],
  ["ո", "n"],
  ["ѕ", "s"],
  ["ａ", "a"],
  ["𝐚", "a"],
  ["ſ", "f"],
  ["ꞌ", "'"],
  ["١", "l"],
  ["٠", "."],
  ["エ", "工"]
] as const

const unicode = await readConfusables()

describe("names that look alike", () => {
  test.each([
    ["аlice", "alice"],
    ["ａlice", "alice"],
    ["ｂｏｂ", "bob"],
    ["𝐚𝐥𝐢𝐜𝐞", "alice"],
    ["dev1", "devl"],
    ["dev0", "devo"],
    ["modern", "modem"],
    ["рауроӏ", "paypol"],
    ["ﬁx", "fix"],
    ["al\u3164ice", "alice"],
    ["ко́т", "кόт"]
  ])("%s and %s", (one, other) => expect(lookAlike(normalise(one), normalise(other))).toBe(true))

  test.each([
    ["test1", "test2"],
    ["worker-1", "worker-2"],
    ["worker-1", "worker-11"],
    ["alice", "alicia"],
    ["café", "cafe"],
    ["a-b", "a_b"],
    ["жук", "жуки"],
    ["名", "各"],
    ["backend", "backend-2"],
    ["v1.0", "v1.1"]
  ])("not %s and %s", (one, other) => expect(lookAlike(normalise(one), normalise(other))).toBe(false))

  test.each(sample)("%s is %s in Unicode's data", (character, prototype) => {
    expect(skeleton(character)).toBe(skeleton(prototype.toLowerCase()))
    if (unicode !== undefined) expect(unicode.prototypes.get(character)).toBe(prototype)
  })

  test.skipIf(unicode === undefined)("are all that Unicode's data say, of what a name may hold", () => {
    // UTS #39 decomposes first, so that what it says of a composed character counts nowhere.
    const ofNames = [...(unicode?.prototypes ?? [])].filter(
      ([character]) =>
        character === normalise(character) &&
        character === character.normalize("NFD") &&
        /^[\p{L}\p{Nd}]$/u.test(character)
    )
    expect(ofNames.length).toBeGreaterThan(3_000)
    for (const [character, prototype] of ofNames)
      expect(skeleton(character), `${character} looks like ${prototype}`).toBe(
        skeleton(prototype.toLowerCase())
      )
  })

  it.prop("have a skeleton that is its own", name, (name) => skeleton(skeleton(name)) === skeleton(name))
  it.prop("have one whatever they hold", text, (raw) => skeleton(skeleton(raw)) === skeleton(raw))
  it.prop("have one in any spelling", nearName, (raw) => lookAlike(normalise(raw), normalise(normalise(raw))))
})

describe("a name that looks like one that nobody may have", () => {
  const refusal = (raw: string) => Result.getFailure(parseName(raw))

  test.each([
    ["сс-dm", 'must not look like "cc-dm", which is reserved, as "сс-dm" (with U+0441) does'],
    ["cc-drn", 'must not look like "cc-dm", which is reserved, as "cc-drn" does'],
    ["a1l", 'must not look like "all", which is reserved, as "a1l" does'],
    ["аll", 'must not look like "all", which is reserved, as "аll" (with U+0430) does'],
    ["session-o123456789ab", 'must not look like the id of a session, as "session-o123456789ab" does'],
    ["ѕession-0123456789ab", expect.stringContaining("the id of a session")]
  ])("%s is refused, and says so", (raw, why) => expect(refusal(raw)).toMatchObject({ value: why }))

  test("is none where it holds more", () => {
    expect(Result.isSuccess(parseName("session-1"))).toBe(true)
    expect(Result.isSuccess(parseName("a1l-of-us"))).toBe(true)
  })

  test.each(["al\u3164ice", "\u115f", "\uffa0a"])("%j is refused: it holds what nobody sees", (raw) =>
    expect(refusal(raw)).toMatchObject({ value: expect.stringContaining("holds something else") })
  )
})
