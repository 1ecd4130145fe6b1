/**
 * stdin and stdout of a server, by Bun's own means. Node's streams, `process.stdin` and `process.stdout`, take 10 ms of a start to load, and
 * some megabytes for as long as the server runs.
 */

/** What the client writes. */
export interface Input {
  /** Hands on what comes from now on. What came while nobody listened waits. Gives what stops it. */
  readonly listen: (onChunk: (chunk: Buffer) => void) => () => void
  /** Calls back once, when nothing more will come. It is noticed while somebody listens. */
  readonly onEnd: (callback: () => void) => void
}

/** What the client reads. */
export interface Output {
  /**
   * Writes a text, and waits until the system has taken it, which a slow reader delays. It never fails. Texts that come in the same moment
   * are written at once: a system call costs more than the making of a line.
   */
  readonly write: (text: string) => Promise<void>
  /** Calls back when the reader is gone. */
  readonly onBroken: (callback: () => void) => void
}

const callAll = (callbacks: ReadonlyArray<() => void>) => {
  for (const callback of callbacks) callback()
}

const makeInput = (): Input => {
  const atEnd: Array<() => void> = []
  let listener: ((chunk: Buffer) => void) | undefined
  let isReading = false
  let reader: { readonly read: () => Promise<{ readonly value?: Uint8Array | undefined }> } | undefined
  /** What was read for a listener that stopped meanwhile. */
  let left: Buffer | undefined
  let hasEnded = false

  const read = async () => {
    isReading = true
    const from = reader ?? Bun.stdin.stream().getReader()
    reader = from
    while (listener !== undefined) {
      if (left !== undefined) {
        const chunk = left
        left = undefined
        listener(chunk)
        continue
      }
      // An input that breaks has ended.
      const { value } = await from.read().catch(() => ({ value: undefined }))
      if (value === undefined) {
        hasEnded = true
        return callAll(atEnd.splice(0))
      }
      left = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
    isReading = false
  }

  return {
    listen: (onChunk) => {
      listener = onChunk
      if (!isReading) void read()
      return () => {
        if (listener === onChunk) listener = undefined
      }
    },
    onEnd: (callback) => {
      if (hasEnded) callback()
      else atEnd.push(callback)
    }
  }
}

const makeOutput = (): Output => {
  const whenBroken: Array<() => void> = []
  let sink: ReturnType<typeof Bun.stdout.writer> | undefined
  /** What was written in this moment, and the promise that it will be out. */
  let texts: Array<string> = []
  let flushed = Promise.resolve()

  const flush = async () => {
    const text = texts.join("")
    texts = []
    try {
      sink ??= Bun.stdout.writer()
      sink.write(text)
      await sink.flush()
    } catch {
      callAll(whenBroken)
    }
  }

  return {
    write: (text) => {
      texts.push(text)
      if (texts.length === 1) flushed = Promise.resolve().then(flush)
      return flushed
    },
    onBroken: (callback) => void whenBroken.push(callback)
  }
}

/** This process's own. */
export const input: Input = makeInput()
export const output: Output = makeOutput()
