/** Reading files that others write, as far as they are files, and not all of what might be in them. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs"

/** The beginning of a file, at most so many bytes; `undefined` if there is none that can be read. No link is followed. */
export const beginningOf = (path: string, bytes: number): string | undefined => {
  let file: number | undefined
  try {
    // A pipe of that name must not keep this process waiting.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!fstatSync(file).isFile()) return undefined
    const buffer = Buffer.alloc(bytes)
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, bytes, 0))
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** The JSON in a small file; `undefined` if there is none. */
export const jsonOf = (path: string, bytes: number): unknown => {
  const text = beginningOf(path, bytes)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
