/** Notices that an answer does not come. It goes by real time, whatever the clock of a test says: what it waits for is real. */

/** What is waited for, as it begins and ends. */
export interface AnswerTimer {
  readonly begins: () => void
  readonly ends: () => void
  /** Nothing is waited for any more. */
  readonly stop: () => void
}

/** Calls `tell` once, as soon as something is waited for and nothing has ended for so long, in milliseconds. */
export const answerTimer = (timeout: number, tell: () => void): AnswerTimer => {
  let waiting = 0
  /** When the last one ended, or the only one began. */
  let moved = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = (time: number) => {
    timer = setTimeout(look, time)
    timer.unref()
  }
  const look = () => {
    timer = undefined
    if (waiting === 0) return
    const left = moved + timeout - performance.now()
    if (left > 0) wait(left)
    else tell()
  }
  return {
    begins: () => {
      if (waiting === 0) moved = performance.now()
      waiting += 1
      // One timer serves all: it is set anew only if it finds that something still runs.
      if (timer === undefined) wait(timeout)
    },
    ends: () => {
      waiting -= 1
      moved = performance.now()
    },
    stop: () => clearTimeout(timer)
  }
}
