/** The machine's limits. Times are in milliseconds. */

/** The client puts the end of a turn off 8 times in a row at most; two sessions must not keep each other awake. */
export const mostContinuations = 3
/** The least time between two wake-ups: the client drops bursts. */
export const wakeUpSpacing = 2_000
/** A wake-up that was taken is answered by a hook within some 0.1 s. */
export const wakeUpTimeout = 3_000
/** Esc ends a turn without telling: a session from which nothing is heard for so long may be idle, and is woken once. */
export const silence = 120_000
/** The host's own file may tell of the moment before a hook called. */
export const settling = 1_000
/** How often that file is read while a session is at work: if something waits for it, and if nothing does. */
export const lookWaiting = 1_000
export const lookQuiet = 5_000
/** So many calls of a tool may have answered messages before it is known whose they were. */
export const mostAnswers = 20
/** So many messages that were seen are remembered: more than one inbox can name. */
export const mostSeen = 1_000

/** Of what had waited, so many characters are pushed within so many milliseconds: a context has room for little more. */
export const roomForBacklog = 40_000
export const backlogSpacing = 600_000
