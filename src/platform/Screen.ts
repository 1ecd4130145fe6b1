/** The terminal as something that draws whole frames sees it. */
import { writeSync } from "node:fs"

const beginFrame = "\u001b[?2026h"
const endFrame = "\u001b[?2026l"

const wrapOff = "\u001b[?7l"
const wrapOn = "\u001b[?7h"

/** Leaves the alternate screen, shows the cursor, wraps lines again, and ends the marking of pastes. */
const restoring = `\u001b[?2026l\u001b[?2004l${wrapOn}\u001b[?1049l\u001b[?25h`

/**
 * Stdout, where everything between the marks of a synchronised frame goes out as one write: a terminal that does not know
 * the marks shows no half frames either.
 */
export const oneWriteAFrame = (): NodeJS.WriteStream => {
  const { stdout } = process
  let frame: Array<string> | undefined
  const write = (chunk: string | Uint8Array, ...rest: ReadonlyArray<unknown>): boolean => {
    if (typeof chunk === "string" && rest.length === 0) {
      if (chunk === beginFrame) {
        frame = [chunk]
        return true
      }
      if (frame !== undefined) {
        frame.push(chunk)
        if (chunk !== endFrame) return true
        const text = frame.join("")
        frame = undefined
        return stdout.write(text)
      }
    }
    return (stdout.write as (...args: ReadonlyArray<unknown>) => boolean)(chunk, ...rest)
  }
  return new Proxy(stdout, {
    get: (target, key) => {
      if (key === "write") return write
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === "function" ? value.bind(target) : value
    }
  })
}

/**
 * Has the terminal cut lines that are too wide. Terminals do not agree on how wide some characters are: where one takes them for wider
 * than they were measured, its line must not push the others down.
 *
 * @returns wraps them again
 */
export const withoutLineWrap = (): (() => void) => {
  process.stdout.write(wrapOff)
  return () => void process.stdout.write(wrapOn)
}

/**
 * Restores the terminal if the program ends in a way that lets nothing else do it, such as an error that nobody caught.
 *
 * @returns takes the precaution back
 */
export const restoreAtExit = (): (() => void) => {
  const restore = () => {
    try {
      process.stdin.setRawMode(false)
      writeSync(1, restoring)
    } catch {
      // The terminal itself is gone.
    }
  }
  process.once("exit", restore)
  return () => process.off("exit", restore)
}

/** Whether the terminal can place a cursor. */
export const canDraw = (process.env["TERM"] ?? "") !== "dumb"

/** The time of day, for people. */
export const timeOfDay = (iso: string): string => {
  const date = new Date(iso)
  const two = (part: number) => String(part).padStart(2, "0")
  return Number.isNaN(date.getTime())
    ? "?"
    : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** A time that only rises, in milliseconds. */
export const monotonic = (): number => performance.now()
