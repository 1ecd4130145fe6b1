/** Names as people write them: any spelling of a normalised name. */
import { Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { Name, Tag } from "../../src/domain/Name.ts"

/** Any text at all. */
export const text = Arbitrary.schema(Schema.String)

// Random text is hardly ever normalised, so tags are made of what they may hold.
const letters = Schema.Literals(["a", "b", "z", "é", "ж", "名", "हि", "န်", "ที่", "٣", "7", "-", "_", ".", "/"])
const parts = Arbitrary.array(Arbitrary.schema(letters), { minLength: 1, maxLength: 12 })

export const tag = Arbitrary.map(parts, (parts) => Tag.make(parts.join("")))
export const name = Arbitrary.map(parts, (parts) => Name.make(Tag.make(parts.join(""))))

/** Texts made of what names are made of, and of what they must not hold, in several scripts. */
export const nearName = Arbitrary.map(
  Arbitrary.array(
    Arbitrary.schema(
      Schema.Literals([
        "a",
        "B",
        "ß",
        "İ",
        "é",
        "e\u0301",
        "i",
        "\u0307",
        "\u0323",
        "हि",
        "Ж",
        "名",
        "٣",
        "7",
        "-",
        "_",
        ".",
        "/",
        " ",
        "\t",
        "\u00a0",
        "@",
        ",",
        '"',
        "\u200b",
        "\u0000",
        "😀",
        "\ud800",
        "ﬁ",
        "Å",
        "K"
      ])
    ),
    { maxLength: 12 }
  ),
  (parts) => parts.join("")
)

const spelling = Schema.Struct({
  before: Schema.Literals(["", " ", "\t\n", "\u00a0"]),
  after: Schema.Literals(["", "  ", "\u3000"]),
  hyphen: Schema.Literals(["-", " ", "  ", "\t", "\u2003"]),
  upper: Schema.Boolean
})

const spell = (text: string, { after, before, hyphen, upper }: typeof spelling.Type) => {
  // Upper case is a spelling of a letter only where lower-casing leads back to it.
  const loud = text.toUpperCase()
  const cased = upper && loud.toLowerCase() === text ? loud : text
  // White space at the ends is trimmed, so only a hyphen inside is another spelling of white space.
  const inside = cased.replace(/(?<=[^-])-(?=[^-])/gu, hyphen)
  return before + inside + after
}

/** A name, and another spelling of it. */
export const spelled = Arbitrary.map(
  Arbitrary.all({ name, how: Arbitrary.schema(spelling) }),
  ({ how, name }) => ({ name, spelling: spell(name, how) })
)
