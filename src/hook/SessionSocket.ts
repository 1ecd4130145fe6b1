/** Finds the server of the session that a command runs in, and speaks to it. */
import { hookSocketsOf } from "../hosts/HookPlaces.ts"
import { ancestorIds } from "../platform/Ancestors.ts"
import { environment } from "../platform/Environment.ts"
import { homeOf } from "../platform/Home.ts"
import { textLines } from "../platform/TextLines.ts"

/** The sockets of the servers of the nearest agent above this process. */
export const socketsOfSession = (): ReadonlyArray<string> =>
  hookSocketsOf(homeOf(environment["HOME"]) ?? "", ancestorIds())

/** A line that came; `undefined`: the connection has ended. */
type OnLine = (line: string | undefined) => void

/** Connects, and writes one line. Gives what ends the connection, or `undefined`: nobody listens there. */
export const say = async (path: string, line: object, onLine: OnLine): Promise<(() => void) | undefined> => {
  const take = textLines(onLine)
  const decoder = new TextDecoder()
  try {
    const socket = await Bun.connect({
      unix: path,
      socket: {
        data: (_, chunk) => void take(decoder.decode(chunk, { stream: true })),
        close: () => onLine(undefined),
        error: () => onLine(undefined)
      }
    })
    socket.write(`${JSON.stringify(line)}\n`)
    return () => socket.terminate()
  } catch {
    return undefined
  }
}
