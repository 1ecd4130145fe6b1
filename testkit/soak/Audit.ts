/** Holds the bus as it is against the model, every second while everything goes on, and once more in the end. */
import { existsSync, readFileSync } from "node:fs"
import { Effect } from "effect"
import type { Ledger, Letter } from "../chaos/Ledger.ts"
import type { ClaudeCode } from "../host/ClaudeCode.ts"
import { type Book, type Copy, nowOf, type Player } from "./Book.ts"
import type { Counts } from "./Doings.ts"
import type { RealBus, RosterRow, Row, WrittenRow } from "./RealBus.ts"
import type { Watch } from "./Watch.ts"

/** Behind these there are no others. */
const settled: ReadonlySet<string> = new Set(["seen", "expired", "refused"])

/** How often the messages that are done with are looked at again, and the servers' memory, in seconds. */
const slowly = 15

/** How long a server that is awake may leave a message alone that it need only push, in milliseconds. */
const lazy = 60_000

/** The most memory that a server may take, in bytes. */
const mostMemory = 500_000_000
/** What a server may take more than it did at first. */
const mostGrowth = 200_000_000
/** The bus may take so much, and so much more for each message: its words, its row in two tables, and five indexes. */
const emptyBus = 20_000_000
const perMessage = 6_000

/** What servers may say on stderr in a run like this. */
const expectedLines = [
  /permission request \w+ reached nobody/,
  /a permission request never reached/,
  /^cc-dm info: the name ".*" is free, and this session's now$/,
  /^\s*$/
]

/** What the servers that may open no Unix socket say of that. */
const muffledLine = /^cc-dm warn: no doorbell \(.*\): messages arrive by the poll alone/
/** What a shell says of the server that it ran. */
const shellLine = /^(.*: \d+: )?(Killed|Terminated|Interrupt)\s*$/

const memoryOf = (pid: number): number | undefined => {
  const file = `/proc/${pid}/statm`
  if (!existsSync(file)) return undefined
  try {
    return Number(readFileSync(file, "utf8").split(" ")[1]) * 4_096
  } catch {
    // It has just ended.
    return undefined
  }
}

export interface AuditOptions {
  readonly bus: RealBus
  readonly book: Book
  readonly ledger: Ledger
  readonly watch: Watch
  readonly counts: Counts
  /** How long messages are kept, in milliseconds. */
  readonly history: number
}

export class Audit {
  /** How often the model was held against the bus. */
  looks = 0
  mostMemory = 0
  biggest = 0
  readonly #bus: RealBus
  readonly #book: Book
  readonly #ledger: Ledger
  readonly #watch: Watch
  readonly #counts: Counts
  readonly #history: number
  #last = "0"
  /** So many of the ledger's violations were told. */
  #heard = 0
  /** What may still change. */
  readonly #open = new Map<string, Copy>()
  /** What is done with. */
  readonly #done = new Map<string, Copy>()
  /** How often in a row somebody was missing on the roster, or nobody here was found there. */
  readonly #missing = new Map<string, number>()
  readonly #strangers = new Map<string, number>()
  readonly #read = new WeakMap<ClaudeCode, { lines: number; errors: number; memory: number | undefined }>()

  constructor({ book, bus, counts, history, ledger, watch }: AuditOptions) {
    this.#bus = bus
    this.#book = book
    this.#ledger = ledger
    this.#watch = watch
    this.#counts = counts
    this.#history = history
  }

  /** What was accepted and is not seen, pushed, refused or expired by now. */
  get open(): Iterable<Copy> {
    return this.#open.values()
  }

  get all(): Iterable<Copy> {
    return this.#book.copies.values()
  }

  /** One look at everything that may have changed. */
  readonly look = Effect.gen({ self: this }, function* () {
    this.looks += 1
    for (;;) {
      const rows = yield* this.#bus.after(this.#last)
      if (rows.length === 0) break
      for (const row of rows) this.#enter(row)
      this.#last = rows.at(-1)?.id ?? this.#last
    }
    yield* this.#lookAtOpen()
    yield* this.#lookAtAccepted()
    yield* this.#lookAtShown()
    this.#lookAtRoster(yield* this.#bus.roster)
    for (const { letter, what } of this.#ledger.violations.slice(this.#heard))
      this.#book.complain(
        `${letter.id === undefined ? "a message" : `message ${letter.id}`}: ${what}`,
        letter
      )
    this.#heard = this.#ledger.violations.length
    for (const player of this.#book.players) this.#listen(player)
    if (this.looks % slowly !== 0) return
    yield* this.#lookAtDone()
    yield* this.measure
  })

  /** Memory, and the size of the bus. */
  readonly measure = Effect.gen({ self: this }, function* () {
    for (const player of this.#book.players) this.#weigh(player)
    const size = yield* this.#bus.size
    this.biggest = Math.max(this.biggest, size)
    if (size > emptyBus + perMessage * Number(this.#last))
      this.#book.complain(`the bus has grown to ${Math.round(size / 1e6)} MB for ${this.#last} messages`)
  })

  /** A row is there that was not before. */
  #enter(row: WrittenRow) {
    const sender = this.#book.owner(row.senderId)
    const what = `message ${row.id} (${row.kind}, from "${row.from}")`
    const words = JSON.stringify(row.content.slice(0, 60))
    if (row.kind === "notice") {
      if (row.senderId === undefined) this.#book.readNotice(row.to, row.content)
      return undefined
    }
    if (row.kind !== "chat") {
      if (sender === undefined)
        this.#book.complain(`${what} stands on the bus, and nobody wrote it: ${words}`)
      return undefined
    }
    const writing = this.#book.writings.get(/\[begin (t\d+)\]/.exec(row.content)?.[1] ?? "")
    if (writing === undefined) {
      if (sender === undefined || !this.#book.verdictWords.has(row.content))
        this.#book.complain(`${what} stands on the bus, and nobody wrote it: ${words}`)
      return undefined
    }
    const { letter } = writing
    const until = Math.min(writing.until, nowOf())
    if (row.senderId === undefined || !writing.sender.ids.includes(row.senderId))
      this.#book.complain(`${what} stands on the bus as that of ${row.senderId ?? "nobody"}`, letter)
    else if (!this.#book.namesOf(writing.sender, writing.since, until).includes(row.from))
      this.#book.complain(`${what} has a sender's name that ${writing.sender.key} did not have`, letter)
    const others = [...writing.rows].map((id) => this.#book.copies.get(id)?.row)
    if (others.some((other) => writing.how !== "broadcast" || other?.to === row.to))
      this.#book.complain(`${what} stands on the bus a second time`, letter)
    writing.rows.add(row.id)
    const copy: Copy = { writing, row: { ...row, state: "queued" }, wasPushed: false, writtenAt: nowOf() }
    this.#book.copies.set(row.id, copy)
    this.#open.set(row.id, copy)
    this.#checkReceiver(copy, row)
    this.#follow(copy, row)
    return undefined
  }

  /** A message is only for those to whom it may have been written. */
  #checkReceiver({ writing }: Copy, row: Row) {
    const receiver = this.#book.owner(row.to)
    if (row.to === "" && row.isMail) return
    // A session that is just beginning is not known yet; the next look finds it.
    if (receiver === undefined) return
    if (!this.#book.mayReach(writing, receiver))
      this.#book.complain(
        `message ${row.id} is addressed to ${receiver.key}, to whom it was not written, or who is out of its scope`,
        writing.letter
      )
  }

  /** What a message has become since the last look. */
  #follow(copy: Copy, row: Row) {
    const before = copy.row
    if (row.to !== before.to) {
      if (!row.isMail) this.complain(copy, "was re-addressed on its way")
      this.#checkReceiver(copy, row)
    }
    if (row.state !== before.state) {
      if (before.state === "pushed" && row.state === "queued") this.#counts.offeredAgain += 1
      this.#ledger.note(this.#letterOf(copy) ?? copy.writing.letter, `message ${row.id} is ${row.state}`)
      if (settled.has(before.state) || (before.state === "pushed" && this.#isTakenBack(row)))
        this.complain(copy, `was ${before.state}, and then ${row.state}`)
    }
    copy.row = row
    copy.wasPushed ||= row.state === "pushed"
    if (row.state === "seen") this.#checkSeen(copy)
    if (settled.has(row.state) && (row.state !== "seen" || this.#isAnswered(copy))) {
      this.#open.delete(row.id)
      this.#done.set(row.id, copy)
    }
  }

  /** What was pushed waits again only where the client drops it. */
  #isTakenBack({ state, to }: Row): boolean {
    return ["queued", "accepted"].includes(state) && this.#book.owner(to)?.kind !== "dropped"
  }

  /** Tells what is wrong with a message, with its history. */
  complain(copy: Copy, what: string) {
    this.#book.complain(`message ${copy.row.id} ${what}`, copy.writing.letter, this.#letterOf(copy))
  }

  #letterOf({ row, writing }: Copy): Letter | undefined {
    const receiver = this.#book.owner(row.to)
    return receiver === undefined ? undefined : this.#ledger.copy(writing.letter, receiver.key)
  }

  #isAnswered(copy: Copy): boolean {
    return this.#letterOf(copy)?.answeredAt !== undefined
  }

  /** A step that is under way may have shown it to the model already. */
  #checkSeen(copy: Copy) {
    const receiver = this.#book.owner(copy.row.to)
    if (receiver === undefined || receiver.actor.isBusy() || this.#isAnswered(copy)) return
    this.complain(
      copy,
      `is called seen, and no model of ${receiver.key} answered a request that held all of it`
    )
    this.#open.delete(copy.row.id)
  }

  /** Whether history need not keep a message any more. */
  #mayBeGone({ row, wasPushed, writtenAt }: Copy): boolean {
    return nowOf() - writtenAt > this.#history - 5_000 && (settled.has(row.state) || wasPushed)
  }

  #lose(copy: Copy) {
    const { row, writing } = copy
    this.#open.delete(row.id)
    this.#done.delete(row.id)
    // What was taken back was never accepted: its receiver turned out to be dead.
    const isTakenBack =
      writing.outcome === "refused" ||
      writing.outcome === "unknown" ||
      (writing.outcome === "accepted" && !writing.ids.includes(row.id))
    if (isTakenBack) {
      this.#book.copies.delete(row.id)
      return
    }
    if (!this.#mayBeGone(copy)) this.complain(copy, `was ${row.state}, and the bus does not hold it any more`)
  }

  *#lookAtOpen() {
    const asked = [...this.#open.values()]
    const rows = yield* this.#bus.messages(asked.map(({ row }) => row.id))
    const found = new Map(rows.map((row) => [row.id, row]))
    for (const copy of asked) {
      const row = found.get(copy.row.id)
      // The result of a call that is under way may take a message back.
      if (row !== undefined) this.#follow(copy, row)
      else if (copy.writing.outcome !== "under way") this.#lose(copy)
      if (row !== undefined) this.#checkProgress(copy)
    }
  }

  *#lookAtDone() {
    const asked = [...this.#done.values()]
    const rows = yield* this.#bus.messages(asked.map(({ row }) => row.id))
    const found = new Map(rows.map((row) => [row.id, row]))
    for (const copy of asked) {
      const row = found.get(copy.row.id)
      if (row === undefined) this.#lose(copy)
      else this.#follow(copy, row)
    }
  }

  /** What need only be pushed does not wait for anything. */
  #checkProgress(copy: Copy) {
    const { row, writing, writtenAt } = copy
    const receiver = this.#book.owner(row.to)
    if (writing.outcome === "refused" && nowOf() - writing.until > lazy / 4)
      this.complain(copy, "was said not to be sent, and the bus holds it")
    if (receiver === undefined || (receiver.kind !== "plain" && receiver.kind !== "channel")) return
    const since = Math.max(writtenAt, receiver.awakeSince)
    if (receiver.isSettled && !receiver.isFrozen && row.state === "queued" && nowOf() - since > lazy)
      this.complain(copy, `waits for ${receiver.key}, which does not take it`)
  }

  *#lookAtAccepted() {
    const asked = this.#book.accepted
      .splice(0)
      .flatMap((writing) => writing.ids.map((id) => ({ id, letter: writing.letter })))
      .filter(({ id, letter }) => this.#book.copies.get(id)?.writing.letter !== letter)
    const rows = yield* this.#bus.messages(asked.map(({ id }) => id))
    for (const { id, letter } of asked) {
      const copy = this.#book.copies.get(id)
      const isThere = rows.some((row) => row.id === id)
      // It may have been written since the new rows were read, and is entered with the next ones.
      const isUnread = isThere && Number(id) > Number(this.#last)
      if (!isUnread && copy?.writing.letter !== letter)
        this.#book.complain(`message ${id} was said to be sent, and the bus does not hold it`, letter)
    }
  }

  *#lookAtShown() {
    const shown = this.#watch.shown
    this.#watch.shown = []
    const rows = yield* this.#bus.messages([...new Set(shown.map(({ id }) => id))])
    for (const { id, player, writing } of shown) {
      const row = rows.find((one) => one.id === id)
      if (row === undefined && this.#book.copies.get(id)?.writing !== writing)
        this.#book.complain(
          `message ${id} was shown to ${player.key}, and the bus never held it`,
          writing.letter
        )
      // Mail goes on to the next holder of its name where nobody knows that it was seen.
      if (row === undefined || row.isMail) continue
      if (!player.ids.includes(row.to))
        this.#book.complain(
          `message ${id} was shown to ${player.key}, and is addressed to ${this.#book.owner(row.to)?.key}`,
          writing.letter
        )
    }
  }

  #lookAtRoster(rows: ReadonlyArray<RosterRow>) {
    const ids = new Map<string, string>()
    for (const { id, name } of rows) {
      const other = ids.get(name)
      if (other !== undefined) this.#book.complain(`two sessions are called "${name}": ${other} and ${id}`)
      ids.set(name, id)
    }
    const isBeginning = this.#book.players.some(({ isSettled }) => !isSettled)
    for (const { id, name } of rows) {
      if (this.#book.owner(id) !== undefined) continue
      const count = (this.#strangers.get(id) ?? 0) + 1
      this.#strangers.set(id, count)
      if (count > 20 && !isBeginning)
        this.#book.complain(`"${name}" (${id}) is on the roster, and nobody here is`)
    }
    for (const player of this.#book.players) {
      const present = this.#book.present(player)
      if (!this.#book.wasThere(player, nowOf() - 1_000, nowOf()) || present === undefined) continue
      const row = rows.find(({ id }) => id === player.ids.at(-1))
      if (row === undefined) {
        const count = (this.#missing.get(player.key) ?? 0) + 1
        this.#missing.set(player.key, count)
        if (count > 2) this.#book.complain(`${player.key} lives, and is not on the roster`)
        continue
      }
      this.#missing.delete(player.key)
      if (row.isNested === this.#book.isMember(player))
        this.#book.complain(`${player.key} is ${row.isNested ? "no" : "a"} full member on the roster`)
      if (row.name !== present.name || row.project !== present.project)
        this.#book.complain(
          `${player.key} is "${row.name}" of ${row.project ?? "no project"} on the roster, and should be "${present.name}" of ${present.project ?? "no project"}`
        )
    }
  }

  /** What a server wrote since the last look. */
  #listen({ actor, isMuffled, key, nestedIn }: Player) {
    const server = actor.server()
    if (server === undefined) return
    const read = this.#read.get(server) ?? { lines: 0, errors: 0, memory: undefined }
    this.#read.set(server, read)
    for (const line of server.lines().slice(read.lines))
      if (!line.startsWith('{"') || !line.includes('"jsonrpc":"2.0"'))
        this.#book.complain(`${key} wrote to stdout what is no JSON-RPC: ${line.slice(0, 80)}`)
    read.lines = server.lines().length
    const errors = server.stderr().slice(read.errors)
    const whole = errors.slice(0, errors.lastIndexOf("\n") + 1)
    read.errors += whole.length
    const expectedHere = [
      ...expectedLines,
      ...(isMuffled ? [muffledLine] : []),
      ...(nestedIn === undefined ? [] : [shellLine])
    ]
    for (const line of whole.split("\n"))
      if (!expectedHere.some((expected) => expected.test(line)) && !this.#book.isOutage(line))
        this.#book.complain(`${key} logged: ${line.slice(0, 300)}`)
  }

  #weigh({ actor, awakeSince, isSettled, key }: Player) {
    const server = actor.server()
    const read = server === undefined ? undefined : this.#read.get(server)
    const memory = server === undefined || !isSettled ? undefined : memoryOf(server.pid)
    if (read === undefined || memory === undefined) return
    this.mostMemory = Math.max(this.mostMemory, memory)
    if (nowOf() - awakeSince > slowly * 1_000) read.memory ??= memory
    const isMore = memory - (read.memory ?? memory) > mostGrowth
    if (memory > mostMemory || isMore)
      this.#book.complain(`the server of ${key} has grown to ${Math.round(memory / 1e6)} MB`)
  }
}
