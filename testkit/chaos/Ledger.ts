/**
 * What really happened to each message of a run, as the sessions' hosts know it: what stood in which request, and which
 * requests the model answered. What the bus says is held against it.
 */

/** A message of a run. */
export interface Letter {
  /** Stands at its beginning and its end, and nowhere else. */
  readonly token: string
  readonly from: string
  readonly to: string
  /** Its number on the bus; absent where its sender's server died before it said so. */
  id: string | undefined
  /** In a context, and not known to be lost. */
  held: boolean
  /** It is there only since the model asked for it. */
  asked: boolean
  /** No hook told whether it stayed in the context. */
  doubtful: boolean
  heldAt: number
  /** The model answered a request that held it, or that had it in its context; infinite: and no hook has told its server since. */
  answeredAt: number | undefined
  /** How often it was shown without having been asked for. */
  shown: number
  readonly history: Array<string>
}

export interface Ledger {
  /** All that was written, by its token. */
  readonly letters: ReadonlyMap<string, Letter>
  /** What was written to a session, the copies of other letters too, oldest first. */
  readonly of: (to: string) => Iterable<Letter>
  /** The copy of a letter for a session; it is the letter itself where that was written to it. */
  readonly copy: (letter: Letter, to: string) => Letter
  readonly violations: ReadonlyArray<{ readonly what: string; readonly letter: Letter }>
  readonly write: (from: string, to: string) => Letter
  readonly note: (letter: Letter, what: string) => void
  readonly violate: (letter: Letter, what: string) => void
  /** A text stood in a request of a session. `asked`: it is the result of a tool. */
  readonly show: (to: string, text: string, asked: boolean) => void
  /** A text stood before a subagent of a session: the main model has seen nothing of it. */
  readonly aside: (to: string, text: string) => void
  /** The model of a session answered: it has seen all that its context holds, or one letter that it names. */
  readonly answer: (to: string, named?: Letter) => void
  /** A hook has told the session's server of the answers until now. One that names its letter needs none. */
  readonly tell: (to: string) => void
  /** The user pressed Esc. Where the model had said nothing yet, the prompt and what came with it is out of the context; no hook tells. */
  readonly doubt: (to: string) => void
  /** A session's context is gone, or what came into it since a moment. What it had not answered of that may come again. */
  readonly lose: (to: string, why: string, since?: number) => void
  /** A letter was answered or pushed, and the server died before it could write that down. */
  readonly forget: (letter: Letter, why: string) => void
}

/** Whether a letter may be shown to a session that it was not written to, as a copy of a broadcast may. */
export type MayReach = (letter: Letter, to: string) => boolean

export const makeLedger = (mayReach: MayReach = () => false): Ledger => {
  const letters = new Map<string, Letter>()
  const received = new Map<string, Map<string, Letter>>()
  /** What nobody has answered, by its receiver: few of all that a long run writes. */
  const unanswered = new Map<string, Set<Letter>>()
  const violations: Array<{ readonly what: string; readonly letter: Letter }> = []
  const began = performance.now()
  const note = (letter: Letter, what: string) => {
    letter.history.push(`${((performance.now() - began) / 1_000).toFixed(3)} s: ${what}`)
  }
  const violate = (letter: Letter, what: string) => {
    note(letter, `WRONG: ${what}`)
    violations.push({ what, letter })
  }
  const openOf = (to: string) => unanswered.get(to) ?? new Set<Letter>()
  const add = (token: string, from: string, to: string): Letter => {
    const letter: Letter = {
      token,
      from,
      to,
      id: undefined,
      held: false,
      asked: false,
      doubtful: false,
      heldAt: 0,
      answeredAt: undefined,
      shown: 0,
      history: []
    }
    received.set(to, (received.get(to) ?? new Map<string, Letter>()).set(token, letter))
    unanswered.set(to, openOf(to).add(letter))
    return letter
  }
  /** A receiver's copy of what has this token. Where it has none and may have none, that of the one it was written to. */
  const copyOf = (token: string, to: string): Letter | undefined => {
    const mine = received.get(to)?.get(token)
    const written = letters.get(token)
    if (mine !== undefined || written === undefined) return mine
    return mayReach(written, to) ? add(token, written.from, to) : written
  }
  return {
    letters,
    violations,
    of: (to) => received.get(to)?.values() ?? [],
    copy: (letter, to) => received.get(to)?.get(letter.token) ?? add(letter.token, letter.from, to),
    note,
    violate,
    write: (from, to) => {
      const token = `t${letters.size}`
      const letter = add(token, from, to)
      letters.set(token, letter)
      return letter
    },
    show: (to, text, asked) => {
      for (const [, token = ""] of text.matchAll(/\[begin (t\d+)\]/g)) {
        const letter = copyOf(token, to)
        if (letter === undefined) continue
        if (letter.to !== to) violate(letter, `it was shown to ${to}`)
        const whole = text.includes(`[end ${token}]`)
        if (!asked) {
          letter.shown += 1
          // An event of the channel may have been on its way when the model asked.
          const wasOnItsWay = letter.asked && text.startsWith("<channel")
          if (letter.held && !letter.doubtful && !wasOnItsWay)
            violate(letter, "it was shown again, and the model had it before its eyes")
          // An answer to a request that may not have held it proves nothing of what is shown now.
          if (letter.doubtful) {
            letter.answeredAt = undefined
            openOf(to).add(letter)
          }
        }
        note(letter, `${whole ? "shown" : "its beginning was shown"} to ${to}${asked ? ", which asked" : ""}`)
        if (!whole) continue
        letter.asked = letter.held ? letter.asked && asked : asked
        letter.held = true
        letter.doubtful = false
        letter.heldAt = performance.now()
      }
    },
    aside: (to, text) => {
      for (const [, token = ""] of text.matchAll(/\[begin (t\d+)\]/g)) {
        const letter = copyOf(token, to)
        if (letter === undefined) continue
        if (letter.to !== to) violate(letter, `it was shown to a subagent of ${to}`)
        note(letter, `a subagent of ${to} fetched it`)
      }
    },
    tell: (to) => {
      for (const letter of received.get(to)?.values() ?? [])
        if (letter.answeredAt === Number.POSITIVE_INFINITY) letter.answeredAt = performance.now()
    },
    answer: (to, named) => {
      for (const letter of openOf(to))
        if (letter.held && (named ?? letter) === letter) {
          letter.answeredAt = named === undefined ? Number.POSITIVE_INFINITY : performance.now()
          unanswered.get(to)?.delete(letter)
          note(letter, "the model answered a request that held it")
        }
    },
    doubt: (to) => {
      for (const letter of openOf(to))
        if (letter.held) {
          letter.doubtful = true
          note(letter, "Esc")
        }
    },
    lose: (to, why, since = 0) => {
      for (const letter of openOf(to)) {
        if (letter.heldAt < since) continue
        if (letter.history.length > 0) note(letter, `${to}: ${why}`)
        letter.held = false
      }
    },
    forget: (letter, why) => {
      note(letter, why)
      letter.held = false
      letter.answeredAt = undefined
      openOf(letter.to).add(letter)
    }
  }
}
