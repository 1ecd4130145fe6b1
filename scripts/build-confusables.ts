/**
 * Makes src/domain/confusables.ts, the table of what looks alike in names, of the data in the `node` on the PATH. Wanted when
 * Unicode has a new version, and a Node that knows it is out.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { readConfusables } from "./support/Confusables.ts"

const target = join(import.meta.dir, "../src/domain/confusables.ts")

const data = await readConfusables()
if (data === undefined) throw new Error("the node on the PATH holds no confusables: take one from nodejs.org")
const { icu, prototypes, unicode } = data

const invisible = /\p{Default_Ignorable_Code_Point}/gu

/** A round of the skeleton by Unicode's own data. What that leaves as it is counts as what it is made of. */
const round = (text: string) =>
  Array.from(text.normalize("NFD").replace(invisible, ""), (character) =>
    (prototypes.get(character) ?? character.normalize("NFKD")).toLowerCase()
  ).join("")

const settled = (text: string): string => {
  const next = round(text)
  return next === text ? text : settled(next)
}

/** What src/domain/Skeleton.ts does with a character that is not in the table. */
const untold = (character: string): string => {
  const parts = character.normalize("NFKD").toLowerCase()
  return parts === character ? character : Array.from(parts, settled).join("")
}

/** What a name may hold, decomposed; ASCII stands in Skeleton.ts. */
const isOfNames = (character: string) =>
  character > "\u007f" &&
  /^[\p{L}\p{Nd}\p{M}]$/u.test(character) &&
  character.toLowerCase() === character &&
  character.normalize("NFD") === character

const rows = new Map<string, Array<number>>()
for (const character of [...prototypes.keys()].filter(isOfNames).sort()) {
  const prototype = settled(character)
  if (prototype === untold(character)) continue
  rows.set(prototype, [...(rows.get(prototype) ?? []), character.codePointAt(0)!])
}

const digits = (value: number) => value.toString(36)
const text = [...rows]
  .map(([prototype, points]) => {
    const sorted = points.sort((one, other) => one - other)
    const distances = sorted.map((point, index) => digits(point - (sorted[index - 1] ?? 0)))
    return `${Array.from(prototype, (part) => digits(part.codePointAt(0)!)).join(".")}=${distances.join(",")}`
  })
  .join(";")

const lines = (all: string): ReadonlyArray<string> => all.match(/.{1,104}/g) ?? []

writeFileSync(
  target,
  `/**
 * Made by scripts/build-confusables.ts: do not edit. The confusables of Unicode ${unicode}, as ICU ${icu} holds them, as far as they
 * concern names; Skeleton.ts reads them.
 *
 * Copyright © 1991-2025 Unicode, Inc. SPDX-License-Identifier: Unicode-3.0 (plugin/UNICODE-LICENSE.txt)
 */
export const confusables: string = [
${lines(text)
  .map((line) => `  "${line}"`)
  .join(",\n")}
].join("")
`
)
console.log(`${target}: ${[...rows.values()].flat().length} characters, ${text.length} bytes`)
