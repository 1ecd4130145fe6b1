/** Which characters have variants that a selector behind them picks, as Unicode lists them. */
import { variants } from "./variants.ts"

/** Reads the table: selectors in hexadecimal digits, with the distances between the characters that have them. */
const readTable = (): ReadonlyMap<number, string> => {
  const table = new Map<number, string>()
  for (const row of variants.split(";")) {
    const [selectors = "", distances = ""] = row.split("=")
    let point = 0
    for (const run of distances.split(",")) {
      const [count, distance] = run.includes("*") ? run.split("*") : ["1", run]
      for (let left = Number(count); left > 0; left--) {
        point += Number.parseInt(distance ?? "", 36)
        table.set(point, selectors)
      }
    }
  }
  return table
}

let table: ReadonlyMap<number, string> | undefined

/** Whether a selector, U+FE00 to U+FE0F, has a meaning behind a character. */
export const hasVariant = (character: string, selector: string): boolean => {
  table ??= readTable()
  const digit = (selector.charCodeAt(0) - 0xfe00).toString(16)
  return table.get(character.codePointAt(0) ?? 0)?.includes(digit) ?? false
}
