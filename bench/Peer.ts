/**
 * A server process as the bench sees it. While something is measured, its output is only counted and kept, with the
 * moment at which each piece was read; it is looked at afterwards, so that reading it does not cost the servers
 * the processor that they share with the bench. (The stand-in host of the tests parses every line at once.)
 */
import { Deferred, Effect, Exit, type Scope } from "effect"
import type { Subject } from "./Subject.ts"

/** A line that a server wrote. */
export interface Line {
  readonly text: string
  /** When it was read, by `performance.now()`. */
  readonly at: number
}

export interface Peer {
  readonly pid: number
  /** When its process was started, by `performance.now()`. */
  readonly startedAt: number
  /** Writes to its stdin, in one go. The result is the moment before that. */
  readonly write: (text: string) => Effect.Effect<number>
  /** How many lines there are so far: a mark for `lines`. */
  readonly mark: Effect.Effect<number>
  /**
   * Waits until there are `count` lines behind a mark that contain a text. After some seconds without them, it
   * gives what there is.
   */
  readonly lines: (since: number, count: number, containing: string) => Effect.Effect<ReadonlyArray<Line>>
  /** What it wrote to stderr so far. */
  readonly log: () => string
}

/** What is measured is how fast messages go, not how many somebody may write. */
const withoutLimits = { CC_DM_RATE_LIMIT: "off", CC_DM_QUEUE_LIMIT: "off" }

/** How long lines are waited for. The slowest promise that a bus of messages makes is half a second. */
const linesWithin = "10 seconds"

/** How long a server may take to end after a SIGINT; Claude Code gives it 480 ms. */
const grace = "480 millis"

const newline = 10

const countLines = (chunk: Uint8Array): number => {
  let lines = 0
  for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) lines++
  return lines
}

/** The output of a server: chunks at first, and lines as soon as somebody asks for them. */
const makeRecord = () => {
  const decoder = new TextDecoder()
  const lines: Array<Line> = []
  let chunks: Array<{ readonly chunk: Uint8Array; readonly at: number }> = []
  let rest = ""
  let count = 0
  let waiting: Array<{ readonly count: number; readonly there: Deferred.Deferred<void> }> = []

  const add = (chunk: Uint8Array, at: number) => {
    chunks.push({ chunk, at })
    count += countLines(chunk)
    if (!waiting.some((one) => one.count <= count)) return
    for (const one of waiting) if (one.count <= count) Deferred.doneUnsafe(one.there, Exit.void)
    waiting = waiting.filter((one) => one.count > count)
  }

  const read = (): ReadonlyArray<Line> => {
    for (const { at, chunk } of chunks) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n")
      rest = parts.pop() ?? ""
      for (const text of parts) lines.push({ text, at })
    }
    chunks = []
    return lines
  }

  const reach = (wanted: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (count >= wanted) return Effect.void
      const there = Deferred.makeUnsafe<void>()
      waiting.push({ count: wanted, there })
      return Deferred.await(there)
    })

  return { add, read, reach, count: () => count }
}

/** Starts a server, and ends it with the scope as Claude Code does. */
export const start = Effect.fnUntraced(function* (
  subject: Subject,
  home: string,
  env: Readonly<Record<string, string>>
): Effect.fn.Return<Peer, never, Scope.Scope> {
  const startedAt = performance.now()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      Bun.spawn([...subject.command], {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        env: { PATH: process.env["PATH"] ?? "", HOME: home, CLAUDECODE: "1", ...withoutLimits, ...env }
      })
    ),
    (child) => {
      const exited = Effect.promise(() => child.exited)
      const kill = Effect.andThen(
        Effect.sync(() => child.kill("SIGKILL")),
        exited
      )
      return Effect.sync(() => child.kill("SIGINT")).pipe(
        Effect.andThen(Effect.timeoutOrElse(exited, { duration: grace, orElse: () => kill }))
      )
    }
  )

  const record = makeRecord()
  let errors = ""
  const readOutput = async () => {
    const stdout = child.stdout.getReader()
    for (;;) {
      const { done, value } = await stdout.read()
      if (done) return
      record.add(value, performance.now())
    }
  }
  const readErrors = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stderr) errors += decoder.decode(chunk, { stream: true })
  }
  // A stream that breaks is a server that is gone: its lines don't come, which is noticed.
  readOutput().catch(() => {})
  readErrors().catch(() => {})

  const lines = (since: number, count: number, containing: string) => {
    const found = () =>
      record
        .read()
        .slice(since)
        .filter(({ text }) => text.includes(containing))
    const search: Effect.Effect<void> = Effect.suspend(() => {
      const missing = count - found().length
      return missing <= 0 ? Effect.void : Effect.andThen(record.reach(record.count() + missing), search)
    })
    // At first nothing is read but the number of lines.
    return record.reach(since + count).pipe(
      Effect.andThen(search),
      Effect.timeoutOption(linesWithin),
      Effect.map(() => found())
    )
  }

  return {
    pid: child.pid,
    startedAt,
    write: (text) =>
      Effect.sync(() => {
        const at = performance.now()
        child.stdin.write(text)
        child.stdin.flush()
        return at
      }),
    mark: Effect.sync(() => record.count()),
    lines,
    log: () => errors
  }
})
