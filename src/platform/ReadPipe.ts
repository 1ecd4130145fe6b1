/** What another program says on stdin, for programs that must end soon whatever it does. */
import { fstatSync } from "node:fs"

/** A terminal is left alone, and so is `/dev/null`. */
const isPipe = (): boolean => {
  try {
    const found = fstatSync(0)
    return found.isFIFO() || found.isSocket() || found.isFile()
  } catch {
    return false
  }
}

/**
 * Reads stdin to its end, or as far as it came in time; nothing if it is no pipe and no file.
 *
 * @param timeout in milliseconds
 * @param longest so many characters are read at most
 */
export const readPipe = async (timeout: number, longest: number): Promise<string> => {
  if (!isPipe()) return ""
  let text = ""
  const decoder = new TextDecoder()
  const reading = (async () => {
    for await (const chunk of Bun.stdin.stream()) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > longest) return
    }
  })().catch(() => {})
  let timer: Timer | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeout)
  })
  await Promise.race([reading, late])
  clearTimeout(timer)
  return text
}
