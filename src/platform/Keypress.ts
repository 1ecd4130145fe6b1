/** One key, pressed by somebody who has read the question. */
import { Effect } from "effect"

/** How long keys are thrown away before the question, in milliseconds: whatever was typed ahead answers nothing. */
const deafness = 200

/**
 * Shows a question and waits for the next key. What was typed before it was shown does not count. The terminal is as it
 * was afterwards, also if this is interrupted.
 *
 * @returns what the terminal sent: one key, or all of a paste
 */
export const askForKey = (question: string): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const { stdin, stdout } = process
    let asked = false
    const onData = (data: Buffer) => {
      if (!asked) return
      restore()
      stdout.write("\n")
      resume(Effect.succeed(data.toString()))
    }
    const restore = () => {
      clearTimeout(timer)
      stdin.off("data", onData)
      stdin.setRawMode(false)
      stdin.pause()
    }
    const timer = setTimeout(() => {
      asked = true
      stdout.write(question)
    }, deafness)
    stdin.setRawMode(true)
    stdin.on("data", onData).resume()
    return Effect.sync(restore)
  })
