/** Writing to a Unix socket that answers nothing. */
import { Effect } from "effect"

/** Writes a text to a socket and hangs up. `false`: nobody listens there. */
export const writeToSocket = (path: string, text: string): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const done = (written: boolean) => resume(Effect.succeed(written))
    Bun.connect({
      unix: path,
      socket: {
        open: (socket) => {
          socket.end(text)
          done(true)
        },
        data: () => {},
        error: () => done(false)
      }
    }).catch(() => done(false))
  })
