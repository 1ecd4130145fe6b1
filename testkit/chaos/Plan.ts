/** What a run will do, decided from its seed alone: the same seed gives the same decisions. */

/** How a session of a run is reached. `dropped`: it was started as a channel, and its client drops the events and logs that. */
export type Kind = "hooked" | "no socket" | "channel" | "dropped" | "plain"

/** Who plays. Everybody but the senders is written to; the senders are plain sessions that always come back. */
export const receivers: ReadonlyArray<{ readonly name: string; readonly kind: Kind }> = [
  { name: "hanna", kind: "hooked" },
  { name: "henry", kind: "hooked" },
  { name: "hugo", kind: "no socket" },
  { name: "carla", kind: "channel" },
  { name: "paul", kind: "plain" }
]
export const senders = ["alice", "arthur"]

export type Decision =
  | {
      readonly _tag: "Send"
      readonly from: string
      readonly to: string
      readonly how: "plain" | "long" | "when idle" | "mail"
    }
  /** The session's user or model does something; what, depends on `roll` and on whether it is at work. */
  | { readonly _tag: "Move"; readonly who: string; readonly roll: number }
  /** `client`: the host dies, and its server's stdin ends without a warning. `back`: starts again after so long. */
  | {
      readonly _tag: "Kill"
      readonly who: string
      readonly what: "server" | "client"
      readonly back: number | undefined
    }

/** A decision, and how long after the one before it, in milliseconds. */
export interface Planned {
  readonly wait: number
  readonly what: Decision
}

/** Numbers from 0 to 1 (mulberry32). */
export const randomOf = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Makes the plan of a run. With `allReturn`, nobody stays dead. */
export const planOf = (seed: number, seconds: number, allReturn: boolean): ReadonlyArray<Planned> => {
  const random = randomOf(seed)
  const pick = <A>(all: ReadonlyArray<A>): A => all[Math.floor(random() * all.length)]!
  const howTo = (roll: number) =>
    roll < 0.65 ? "plain" : roll < 0.77 ? "long" : roll < 0.9 ? "when idle" : "mail"
  const decide = (): Decision => {
    const roll = random()
    if (roll < 0.4)
      return { _tag: "Send", from: pick(senders), to: pick(receivers).name, how: howTo(random()) }
    if (roll < 0.93) return { _tag: "Move", who: pick(receivers).name, roll: random() }
    const sender = random() < 0.2
    const who = sender ? pick(senders) : pick(receivers).name
    const back = random() < 0.2 && !sender && !allReturn ? undefined : Math.floor(random() * 1_500)
    return { _tag: "Kill", who, what: random() < 0.6 ? "server" : "client", back }
  }
  const plan: Array<Planned> = []
  let left = seconds * 1_000
  while (left > 0) {
    // Bursts, with pauses in which turns end and doorbells are rung.
    const wait = Math.floor(random() < 0.05 ? 300 + random() * 900 : random() * 60)
    left -= wait
    plan.push({ wait, what: decide() })
  }
  return plan
}
