/** What a soak does, decided from its seed alone. When it happens depends on the machine. */
import type { Kind } from "../chaos/Plan.ts"
import { randomOf } from "../chaos/Plan.ts"
import type { Abilities } from "./Places.ts"

/** Who asks whom for permissions. */
type Approver = "nobody" | "the project" | { readonly name: string }

/** Who a session is at its start. */
export interface Role {
  /** Names it here, whatever it is called on the bus. */
  readonly key: string
  readonly kind: Kind
  /** What its variables say. */
  readonly name: string | undefined
  readonly project: string | undefined
  readonly approver: Approver
  /** Its servers have the limits that users have. */
  readonly isLimited: boolean
  /** It is left alone by kills and pauses. */
  readonly isSteady: boolean
  /** Its servers see the folder of doorbells empty, as in a sandbox. */
  readonly isSandboxed: boolean
  /** Its servers may not open a Unix socket: they ring nobody, and have no doorbell. */
  readonly isMuffled: boolean
  /** The place in the cast of the session in whose shell it was started. */
  readonly nestedIn: number | undefined
}

/** Sessions are named by their place in the cast. */
export type Decision =
  | {
      readonly _tag: "Write"
      readonly from: number
      readonly to: number
      /** It goes to whoever comes next, in the order of the cast, that the sender's project lets it write to. */
      readonly isNear: boolean
      readonly how: How
      readonly meta: Meta
    }
  | { readonly _tag: "Broadcast"; readonly from: number }
  | { readonly _tag: "Move"; readonly who: number; readonly roll: number }
  | { readonly _tag: "Look"; readonly who: number; readonly tool: "who" | "sent" }
  | {
      readonly _tag: "Register"
      readonly who: number
      readonly name: NewName
      readonly project: string | undefined
    }
  | {
      readonly _tag: "End"
      readonly who: number
      readonly what: "server" | "client" | "exit"
      readonly back: number
    }
  | { readonly _tag: "Freeze"; readonly who: number; readonly time: number }
  /** A client starts a server only to see whether it starts, with a name that many want, or with the variables of a session. */
  | { readonly _tag: "Check"; readonly who: number; readonly name: string | undefined }
  /** Somebody removes the socket of its doorbell. */
  | { readonly _tag: "Unhook"; readonly who: number }
  | { readonly _tag: "Ask"; readonly who: number; readonly id: string }
  /** Answers one of the last requests; `roll` chooses which. */
  | { readonly _tag: "Answer"; readonly who: number; readonly roll: number; readonly behavior: "yes" | "no" }

/** To whom a message goes: a name that is held, an id, or, as mail, a name that nobody may have. */
export type How = "plain" | "by id" | "long" | "when idle" | "mail" | "mail for a name"
type Meta = Readonly<Record<string, string>>

/** A name that is its own, one that many want, or one that somebody has. */
export type NewName =
  | { readonly _tag: "Own"; readonly number: number }
  | { readonly _tag: "Wanted"; readonly name: string }
  | { readonly _tag: "Of"; readonly who: number }

export interface Planned {
  /** How long after the decision before it, in milliseconds. */
  readonly wait: number
  readonly what: Decision
}

/** Names that go from one session to another. */
export const wanted = ["planner", "tester", "writer", "reviewer", "deputy"]

const projects = [undefined, "red", "blue", undefined, "green"]
/** The last one's log stands where clients on Linux have it. */
const kinds: ReadonlyArray<Kind> = [
  "hooked",
  "plain",
  "channel",
  "hooked",
  "no socket",
  "plain",
  "hooked",
  process.platform === "linux" ? "dropped" : "channel"
]

/**
 * The first one is a plain session that nobody ends, so that something can always be looked at. Of the sessions that run within another
 * one, each second is given a name.
 */
export const castOf = (count: number, can: Abilities): ReadonlyArray<Role> =>
  Array.from({ length: count }, (_, index): Role => {
    const key = `p${String(index).padStart(2, "0")}`
    const isNested = can.nested && index % 8 === 3
    // Some are named by their user only, and some by nobody.
    const isNameless = isNested ? index % 16 === 3 : index > 0 && index % 7 === 3
    return {
      key,
      kind: index === 0 ? "plain" : kinds[index % kinds.length]!,
      name: isNameless ? undefined : key,
      // A project is given to it together with a name.
      project: index === 0 || (isNested && isNameless) ? undefined : projects[index % projects.length],
      approver: index % 4 === 1 ? "the project" : index % 4 === 3 ? { name: "p00" } : "nobody",
      isLimited: index === 5 || index === 8,
      isSteady: index === 0,
      isSandboxed: !isNested && index % 6 === 4,
      isMuffled: can.muffled && index > 1 && (index % 8 === 1 || index % 16 === 14),
      nestedIn: isNested ? index - 2 : undefined
    }
  })

const letters = "abcdefghijkmnopqrstuvwxyz"

export interface PlanOptions {
  readonly seed: number
  readonly sessions: number
  readonly seconds: number
  /** Decisions in a second. */
  readonly rate: number
}

/** Makes the decisions one by one; a long run has too many to hold them all. */
export function* planOf({ rate, seconds, seed, sessions }: PlanOptions): Generator<Planned> {
  const random = randomOf(seed)
  const below = (count: number) => Math.floor(random() * count)
  const pick = <A>(all: ReadonlyArray<A>): A => all[below(all.length)]!
  const meta = (): Meta => ({
    ...(random() < 0.2 ? { priority: pick(["urgent", "low"]) } : {}),
    ...(random() < 0.2 ? { thread_id: `thread ${below(8)}` } : {}),
    ...(random() < 0.2 ? { message_type: pick(["task", "question", "status", "review"]) } : {})
  })
  const how = (roll: number): How => {
    if (roll < 0.6) return "plain"
    if (roll < 0.68) return "by id"
    if (roll < 0.72) return "long"
    if (roll < 0.82) return "when idle"
    return roll < 0.93 ? "mail" : "mail for a name"
  }
  const newName = (roll: number): NewName => {
    if (roll < 0.5) return { _tag: "Own", number: below(4) }
    if (roll < 0.85) return { _tag: "Wanted", name: pick(wanted) }
    return { _tag: "Of", who: below(sessions) }
  }
  // Pauses of more than 15 s make messages expire; a short run has no time for them.
  const pause = () => (seconds > 60 && random() < 0.15 ? 16_000 + below(6_000) : 500 + below(5_000))
  const decide = (): Decision => {
    const roll = random()
    const who = below(sessions)
    if (roll < 0.4)
      return {
        _tag: "Write",
        from: who,
        to: below(sessions),
        isNear: random() < 0.85,
        how: how(random()),
        meta: meta()
      }
    if (roll < 0.41) return { _tag: "Broadcast", from: who }
    if (roll < 0.85) return { _tag: "Move", who, roll: random() }
    if (roll < 0.89) return { _tag: "Look", who, tool: random() < 0.6 ? "who" : "sent" }
    if (roll < 0.91)
      return {
        _tag: "Register",
        who,
        name: newName(random()),
        project: random() < 0.3 ? pick(["", "red", "blue"]) : undefined
      }
    if (roll < 0.935) {
      const what = random() < 0.5 ? "server" : random() < 0.5 ? "client" : "exit"
      return { _tag: "End", who, what, back: below(random() < 0.1 ? 15_000 : 2_000) }
    }
    if (roll < 0.945) return { _tag: "Freeze", who, time: pause() }
    if (roll < 0.949) return { _tag: "Check", who, name: random() < 0.5 ? pick(wanted) : undefined }
    if (roll < 0.952) return { _tag: "Unhook", who }
    if (roll < 0.965)
      return {
        _tag: "Ask",
        who,
        id: Array.from({ length: 5 }, () => letters[below(letters.length)]).join("")
      }
    return { _tag: "Answer", who, roll: random(), behavior: random() < 0.5 ? "yes" : "no" }
  }
  let left = seconds * 1_000
  while (left > 0) {
    // Bursts, with pauses in which turns end and doorbells are rung.
    const wait = Math.floor(random() * (random() < 0.1 ? 6_500 : 1_500) * (1 / rate))
    left -= wait
    yield { wait, what: decide() }
  }
}
