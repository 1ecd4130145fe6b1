/**
 * The inbox of a session of Qwen Code, as its documentation ("Cross-session protocol", frame version 1) has it, and as version 0.24.4 was
 * seen to behave: one connection a message, of two lines, and what became of it is told to the sender's own socket.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { Effect, Queue, type Scope } from "effect"

export interface Frame {
  readonly msgId: string
  readonly from: string
  readonly replyToken: string
  readonly toSessionId?: string
  readonly message: { readonly role: string; readonly content: string }
}

export interface QwenInbox {
  /** What the environment of the session's servers has. */
  readonly env: Readonly<Record<string, string>>
  readonly token: string
  /** The next message; waits for it. */
  readonly next: Effect.Effect<Frame>
  /** What the session says of each message from now on; `undefined`: nothing. */
  readonly say: (status: string | undefined) => void
  /** Says something of a message, with whatever word it is given. */
  readonly report: (frame: Frame, status: string, token: string) => void
}

const report = ({ from, msgId }: Frame, status: string, token: string): void => {
  const socket = connect(from)
  socket.on("error", () => socket.destroy())
  const lines = [
    { msgV: 1, type: "auth", token },
    { msgV: 1, msgId: "r1", type: "control", action: "delivery_status", status, origMsgId: msgId }
  ]
  socket.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
}

/**
 * Opens it, beside the file in which the session says since when it runs. It goes with the scope.
 *
 * @param began whether the conversation's file was written to since then
 */
export const openQwenInbox = (
  folder: string,
  session: () => string,
  began = false
): Effect.Effect<QwenInbox, never, Scope.Scope> =>
  Effect.gen(function* () {
    const path = join(folder, "qwen.sock")
    const token = crypto.randomUUID()
    const frames = yield* Queue.unbounded<Frame>()
    let status: string | undefined = "delivered"
    const project = join(folder, ".qwen/projects/p")
    mkdirSync(join(folder, ".qwen/sessions"), { recursive: true })
    mkdirSync(join(project, "chats"), { recursive: true })
    const record = { schemaVersion: 1, pid: process.pid, sessionId: session(), startedAt: Date.now() }
    writeFileSync(join(folder, `.qwen/sessions/${process.pid}.json`), JSON.stringify(record))
    if (began) writeFileSync(join(project, `chats/${session()}.jsonl`), "{}\n")

    const take = (text: string) => {
      const [auth, frame] = text.trim().split("\n")
      // Without the word the connection is dropped silently.
      if (auth === undefined || frame === undefined || JSON.parse(auth).token !== token) return
      const message: Frame = JSON.parse(frame)
      Queue.offerUnsafe(frames, message)
      const verdict =
        message.toSessionId === undefined || message.toSessionId === session() ? status : "misaddressed"
      if (verdict !== undefined) report(message, verdict, message.replyToken)
    }
    yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((socket) => {
          let text = ""
          socket.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk
          })
          socket.on("end", () => take(text))
          socket.on("error", () => socket.destroy())
        })
        server.listen(path, () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => void server.close())
    )
    return {
      env: {
        QWEN_CODE_MESSAGING_SOCKET: path,
        QWEN_CODE_MESSAGING_TOKEN: token,
        QWEN_CODE_SESSION_ID: session(),
        QWEN_CODE_PROJECT_DIR: project
      },
      token,
      next: Queue.take(frames),
      say: (now) => {
        status = now
      },
      report
    }
  })
