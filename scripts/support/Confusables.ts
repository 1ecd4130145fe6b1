/**
 * Unicode's confusables (https://www.unicode.org/Public/security/latest/confusables.txt), as ICU carries them inside Node: no
 * library keeps up with them.
 */
import { readFileSync, realpathSync } from "node:fs"
import { run } from "./run.ts"

export interface Confusables {
  /** The versions of Unicode and of ICU. */
  readonly unicode: string
  readonly icu: string
  /** The prototype of each character that has another one than itself. */
  readonly prototypes: ReadonlyMap<string, string>
}

/** How ICU's `confusables.cfu` begins (uspoof_impl.h): a magic number and the format's version. */
const beginning = Buffer.from([0xef, 0xfd, 0x45, 0x38, 2, 0, 0, 0])

/** Reads them out of the `node` on the PATH. `undefined`: there is none, or it is built without them. */
export const readConfusables = async (): Promise<Confusables | undefined> => {
  const node = Bun.which("node")
  if (node === null) return undefined
  const { stdout } = await run([node, "-p", "process.versions.unicode + ' ' + process.versions.icu"])
  const [unicode = "", icu = ""] = stdout.trim().split(" ")
  const file = readFileSync(realpathSync(node))
  const start = file.indexOf(beginning)
  if (start < 0) return undefined
  const field = (index: number) => file.readUInt32LE(start + 4 * index)
  const [keys, values, strings] = [start + field(3), start + field(5), start + field(7)]
  const text = file.subarray(strings, strings + 2 * field(8)).toString("utf16le")
  const entries = Array.from({ length: field(4) }, (_, index): [string, string] => {
    // The length of the prototype, less one, stands above the code point. One of length one is its own value.
    const key = file.readUInt32LE(keys + 4 * index)
    const value = file.readUInt16LE(values + 2 * index)
    const length = (key >>> 24) + 1
    const prototype = length === 1 ? String.fromCharCode(value) : text.slice(value, value + length)
    return [String.fromCodePoint(key & 0xff_ff_ff), prototype]
  })
  return { unicode, icu, prototypes: new Map(entries) }
}
