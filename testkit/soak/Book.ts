/**
 * The model: what the bus should be, as it follows from what was asked of the servers and what they answered. Calls run at
 * the same time, so much is known only as what it may have been between two moments; nothing is left out for that.
 */
import { isAllowed } from "../../src/policy/Decision.ts"
import { scope } from "../../src/policy/Scope.ts"
import type { Actor } from "../chaos/Actor.ts"
import type { Letter } from "../chaos/Ledger.ts"
import type { Role } from "./Plan.ts"
import type { Row } from "./RealBus.ts"

/** Who a session was, from when on at the earliest and until when at the latest. Times are those of `performance.now()`. */
export interface Span {
  readonly name: string
  readonly project: string | undefined
  readonly since: number
  until: number
}

export interface Player extends Role {
  readonly conversation: string
  readonly actor: Actor
  /** All ids that it had, the last one last. */
  readonly ids: Array<string>
  readonly spans: Array<Span>
  /** It lives, and it is known who it is. */
  isSettled: boolean
  isFrozen: boolean
  /** Since when it has lived and not been frozen. */
  awakeSince: number
  /** When its servers stood still for good. */
  readonly deaths: Array<number>
  /** The name that it did not get at its start, and takes once it is free. */
  hopes: string | undefined
  /** A change of its name or project is under way. */
  isChanging: boolean
  /** What was pushed to it: when, and in which of its lives. */
  readonly pushed: Map<string, { readonly at: number; readonly life: number }>
  /** The last message of each sender that its present server pushed. */
  readonly last: Map<string, number>
}

/** What was written, and to whom it may go. */
export interface Writing {
  readonly letter: Letter
  readonly sender: Player
  readonly how: "dm" | "mail" | "reply" | "broadcast"
  /** The name or the id that it was written to. */
  readonly to: string
  readonly meta: Readonly<Record<string, string>>
  readonly since: number
  until: number
  outcome: "under way" | "accepted" | "refused" | "unknown"
  /** The number of the message that it answers. */
  readonly answers: string | undefined
  /** The numbers that the result gave. */
  ids: ReadonlyArray<string>
  /** The numbers that stand on the bus. */
  readonly rows: Set<string>
}

/** One receiver's copy of what was written, as the bus had it at the last look. */
export interface Copy {
  readonly writing: Writing
  row: Row
  /** It stood before its receiver once. Whoever dies with it in hand leaves it as that. */
  wasPushed: boolean
  readonly writtenAt: number
}

/** Something that must not be. */
export interface Violation {
  readonly what: string
  readonly history: ReadonlyArray<string>
}

/** How long it takes until all is as before when the bus could not be reached, in milliseconds. Who stood still then learns it later. */
const recovery = 10_000

const unreached = /the bus can't be used: postgres:.* (is not reached|does not answer|is starting up)/

/** What is kept of the history of one message for a complaint. */
const mostLines = 40

export const nowOf = () => performance.now()

export class Book {
  readonly players: ReadonlyArray<Player>
  readonly writings = new Map<string, Writing>()
  readonly copies = new Map<string, Copy>()
  /** What was accepted since the last look at the bus. */
  readonly accepted: Array<Writing> = []
  /** Words without a token that somebody is about to write. */
  readonly verdictWords = new Set<string>()
  /** The messages that some notice told the loss of, and to whom. */
  readonly told = new Map<string, string>()
  /** Notices that had no room for all that they tell. */
  readonly toldMore = new Set<string>()
  readonly violations: Array<Violation> = []
  /** When servers that were only tried may have held which names. */
  readonly visits: Array<{ readonly name: string; readonly since: number; until: number }> = []
  /** When the bus could not be reached. */
  readonly outages: Array<{ readonly since: number; until: number }> = []
  readonly #owners = new Map<string, Player>()
  readonly #said = new Set<string>()
  readonly #onViolation: (violation: Violation) => void

  constructor(players: ReadonlyArray<Player>, onViolation: (violation: Violation) => void) {
    this.players = players
    this.#onViolation = onViolation
  }

  /** Tells of something that must not be, once, with what is known of the letters that it happened to. */
  complain(what: string, ...letters: ReadonlyArray<Letter | undefined>) {
    if (this.#said.has(what)) return
    this.#said.add(what)
    const lines = new Set(letters.flatMap((letter) => letter?.history ?? []))
    const history = [...lines]
      .sort((one, other) => Number.parseFloat(one) - Number.parseFloat(other))
      .slice(-mostLines)
    const violation = { what, history }
    this.violations.push(violation)
    this.#onViolation(violation)
  }

  /** Whether the bus could not be reached at some time between two moments, or shortly before. */
  wasOut(since: number, until: number): boolean {
    return this.outages.some((outage) => outage.since <= until && outage.until + recovery >= since)
  }

  /** Whether it may be said that the bus is not reached, since some moment, or in a log: who stood still learns it later. */
  isOutage(error: unknown, since?: number): boolean {
    if (typeof error !== "string" || !unreached.test(error)) return false
    return since === undefined ? this.outages.length > 0 : this.wasOut(since, nowOf())
  }

  player(key: string): Player {
    const player = this.players.find((one) => one.key === key)
    if (player === undefined) throw new Error(`nobody plays ${key}`)
    return player
  }

  /** Whose session this is or was. */
  owner(id: string | undefined): Player | undefined {
    return id === undefined ? undefined : this.#owners.get(id)
  }

  /** A session may be this from now on, until it is known. */
  try(player: Player, name: string, project: string | undefined): Span {
    const span = { name, project, since: nowOf(), until: Number.POSITIVE_INFINITY }
    player.spans.push(span)
    return span
  }

  /** A session has not become this. */
  retract(player: Player, span: Span) {
    player.spans.splice(player.spans.indexOf(span), 1)
  }

  /** A session turned out to be this, after a start or a change that began at `since`. */
  settle(player: Player, id: string, name: string, project: string | undefined, since: number) {
    const now = nowOf()
    if (player.ids.at(-1) !== id) player.ids.push(id)
    this.#owners.set(id, player)
    player.hopes = undefined
    const open = player.spans.filter(({ until }) => until === Number.POSITIVE_INFINITY)
    const same = open.find((span) => span.name === name && span.project === project)
    for (const span of open) if (span !== same) span.until = now
    if (same === undefined) player.spans.push({ name, project, since, until: Number.POSITIVE_INFINITY })
  }

  /** Of a session that goes by its id: it may have the name that it wants from now on. */
  hope(player: Player, name: string) {
    player.hopes = name
    const present = this.present(player)
    if (present !== undefined)
      player.spans.splice(-1, 0, { ...present, name, since: nowOf(), until: Number.POSITIVE_INFINITY })
  }

  /** Whether a server that was only tried may have held a name at some time between two moments. */
  wasVisited(name: string, since: number, until: number): boolean {
    return this.visits.some((visit) => visit.name === name && visit.since <= until && visit.until >= since)
  }

  /** Who a session is now, as far as that is known. */
  present(player: Player): Span | undefined {
    return player.spans.findLast(({ until }) => until === Number.POSITIVE_INFINITY)
  }

  /** Who a session was at some time between two moments. */
  spans(player: Player, since: number, until: number): ReadonlyArray<Span> {
    return player.spans.filter((span) => span.since <= until && span.until >= since)
  }

  namesOf(player: Player, since: number, until: number): ReadonlyArray<string> {
    return [...this.spans(player, since, until).map(({ name }) => name), ...player.ids]
  }

  /** Who may have had a name, or has this id. */
  holders(nameOrId: string, since: number, until: number): ReadonlyArray<Player> {
    return this.players.filter((player) => this.namesOf(player, since, until).includes(nameOrId))
  }

  /** Whether a rule of the sender's project may have let it write to a receiver, or may have forbidden it. */
  scope(sender: Player, receiver: Player, since: number, until: number) {
    const party = ({ name, project }: Span) => ({ name, role: "worker", project: project ?? null })
    const decisions = this.spans(sender, since, until).flatMap((from) =>
      this.spans(receiver, since, until).map((to) =>
        isAllowed(scope({ sender: party(from), receiver: party(to) }))
      )
    )
    return { mayAllow: decisions.includes(true), mayRefuse: decisions.includes(false) }
  }

  /** Whether a session is a full member of the bus as this: one within another session is only with a name. */
  isFull({ nestedIn }: Player, { name }: Span): boolean {
    return nestedIn === undefined || !name.startsWith("session-")
  }

  /** Whether a session is a full member now, as far as that is known. */
  isMember(player: Player): boolean {
    const present = this.present(player)
    return present !== undefined && this.isFull(player, present)
  }

  /** Whether what was written may be shown to a session. */
  mayReach(writing: Writing, receiver: Player): boolean {
    const { how, sender, since, to } = writing
    if (receiver === sender) return false
    const until = how === "mail" ? nowOf() : Math.min(writing.until, nowOf())
    if (!this.scope(sender, receiver, since, until).mayAllow) return false
    if (how === "broadcast")
      return this.spans(receiver, since, until).some((span) => this.isFull(receiver, span))
    return this.namesOf(receiver, since, until).includes(to)
  }

  /** Whether a session was surely to be found under the one name and project that it had between two moments. */
  wasThere(player: Player, since: number, until: number): boolean {
    return (
      player.isSettled &&
      !player.isFrozen &&
      !player.isChanging &&
      player.awakeSince + (this.outages.length === 0 ? 0 : recovery) < since &&
      !this.wasOut(since, until) &&
      this.spans(player, since, until).length === 1
    )
  }

  /** What is about to be written. */
  begin(
    letter: Letter,
    sender: Player,
    how: Writing["how"],
    to: string,
    meta: Writing["meta"] = {},
    answers?: string
  ): Writing {
    const writing: Writing = {
      letter,
      sender,
      how,
      to,
      meta,
      since: nowOf(),
      until: Number.POSITIVE_INFINITY,
      outcome: "under way",
      answers,
      ids: [],
      rows: new Set()
    }
    this.writings.set(letter.token, writing)
    return writing
  }

  /** Whether these words were written as mail. */
  isMail(content: string | undefined): boolean {
    return this.writings.get(/\[begin (t\d+)\]/.exec(content ?? "")?.[1] ?? "")?.how === "mail"
  }

  /** What this says was lost. */
  readNotice(to: string, content: string) {
    if (!content.includes("may never be seen")) return
    for (const [, message = ""] of content.matchAll(/^- message (\d+) to "/gm)) this.told.set(message, to)
    if (/^- and \d+ more: see inbox/m.test(content)) this.toldMore.add(to)
  }
}
