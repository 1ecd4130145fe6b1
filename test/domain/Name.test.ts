import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { isSessionId, maxNameLength, normalise, parseName, parseTag } from "../../src/domain/Name.ts"
import { quote } from "../../src/domain/Text.ts"
import { it } from "../support/it.ts"
import { name, nearName, spelled, text } from "../support/names.ts"

const read = (raw: string) => Result.getOrThrow(parseName(raw))
const refusal = (raw: string) => Result.getFailure(parseName(raw))

describe("names", () => {
  test("are trimmed, lower-cased and hyphenated", () => {
    expect(read("  Night   Intern\t")).toBe(read("night-intern"))
    expect(String(read("MyApp/Backend_1.2"))).toBe("myapp/backend_1.2")
  })

  test("may be of any script, and composed or decomposed", () => {
    expect(String(read("Жук-名-٣"))).toBe("жук-名-٣")
    expect(read("caf\u0065\u0301")).toBe(read("caf\u00e9"))
  })

  test.each([
    "हिन्दी",
    "বাংলা",
    "தமிழ்",
    "ខ្មែរ",
    "မြန်မာ",
    "ภาษาไทย",
    "ที่นี่",
    "ລາວ",
    "བོད་".slice(0, 3),
    "తెలుగు",
    "עִבְרִית",
    "العَرَبِيَّة"
  ])("are written with marks where a script has them: %s", (raw) => {
    expect(String(read(raw))).toBe(raw.normalize("NFC"))
    expect(Result.isSuccess(parseTag(raw))).toBe(true)
  })

  test("have no dot that nobody sees", () => {
    for (const raw of ["İzmir", "izmir", "i\u0307zmir", "I\u0307ZMIR"])
      expect(String(read(raw))).toBe("izmir")
    expect(read("j\u0307")).toBe(read("j"))
  })

  test.each([
    "\u0301",
    "a-\u0301",
    "7\u0301",
    "a\u0301\u0301\u0301x",
    "x\u0325\u0325",
    "a\u0300\u0301\u0302\u0303\u0304\u0305",
    "a\u034f",
    "a\u20dd"
  ])("refuse marks that stand on nothing, twice, in heaps or around: %j", (raw) =>
    expect(refusal(raw)).toBeTruthy()
  )

  test.each([
    "",
    "   ",
    "a,b",
    'a"b',
    "a@b",
    "a\u0000b",
    "a\u200bb",
    "a\u202eb",
    "😀",
    "a:b",
    "a\\b",
    "\ud800"
  ])("refuse %j", (raw) => expect(refusal(raw)).toBeTruthy())

  test("have at most 64 characters, counted as code points", () => {
    expect(Result.isSuccess(parseName("𐐨".repeat(maxNameLength)))).toBe(true)
    expect(refusal("a".repeat(maxNameLength + 1))).toMatchObject({ value: "must have at most 64 characters" })
  })

  test.each(["all", "CC-DM", " All ", "session-0123456789ab"])("refuse the reserved %j", (raw) =>
    expect(refusal(raw)).toMatchObject({ value: expect.stringContaining("reserved") })
  )

  test("reserve nothing for roles and projects", () => {
    expect(Result.isSuccess(parseTag("cc-dm"))).toBe(true)
  })

  test("quote foreign text so that control characters show", () => {
    expect(quote("a\u001b[2J")).toBe('"a\\u001b[2J"')
    expect([...quote("x".repeat(500))].length).toBe(82)
  })

  it.prop("normalising is idempotent", nearName, (raw) => normalise(normalise(raw)) === normalise(raw))
  it.prop("normalising any text is idempotent", text, (raw) => normalise(normalise(raw)) === normalise(raw))
  it.prop("a name that was read is read again as itself", nearName, (raw) => {
    const first = parseName(raw)
    return Result.isFailure(first) || read(first.success) === first.success
  })
  it.prop("every spelling of a name is that name", spelled, ({ name, spelling }) => read(spelling) === name)
  it.prop("reading never throws, and a refusal says why", nearName, (raw) => {
    const result = parseName(raw)
    return Result.isSuccess(result) || result.failure.length > 0
  })
  it.prop("no name is a session id", name, (name) => !isSessionId(name))
})
