/**
 * What is looked at again and again is looked at in one moment: a process that wakes twice a second for all of it costs half of one that
 * wakes for each.
 */

/** How far apart the moments are, in milliseconds. */
const apart = 500

interface Look {
  readonly call: () => void
  /** At every so many moments. */
  readonly every: number
}

const looks = new Map<Look, number>()
let timer: ReturnType<typeof setInterval> | undefined

const beat = () => {
  for (const [look, left] of looks) {
    looks.set(look, left === 1 ? look.every : left - 1)
    if (left === 1) look.call()
  }
}

/**
 * Calls back every so many milliseconds, until it is stopped; what is no multiple of 500 has a timer of its own. The first time is at most
 * that far away.
 *
 * @returns what stops it
 */
export const every = (milliseconds: number, call: () => void): (() => void) => {
  if (milliseconds % apart !== 0) {
    const own = setInterval(call, milliseconds)
    return () => clearInterval(own)
  }
  const look: Look = { call, every: milliseconds / apart }
  looks.set(look, look.every)
  timer ??= setInterval(beat, apart)
  return () => {
    looks.delete(look)
    if (looks.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
