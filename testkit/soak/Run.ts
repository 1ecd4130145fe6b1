/**
 * A soak: many sessions write, rename, restart, die and stand still on one bus, for long, while a model beside it says what
 * must and must not be. Whatever differs is a violation.
 */
import { randomUUID } from "node:crypto"
import { Effect, Fiber, Queue, Schedule } from "effect"
import { system } from "../../src/domain/Message.ts"
import { makeActor } from "../chaos/Actor.ts"
import { type Ledger, makeLedger } from "../chaos/Ledger.ts"
import type { ClaudeCode } from "../host/ClaudeCode.ts"
import { temporaryHome } from "../host/TemporaryHome.ts"
import { Audit } from "./Audit.ts"
import { Book, type Copy, nowOf, type Player, type Violation } from "./Book.ts"
import { type Counts, type Doings, makeDoings } from "./Doings.ts"
import type { Fault, Planted } from "./Faults.ts"
import { abilities, commandOf, environmentOf } from "./Places.ts"
import { castOf, type Decision, planOf } from "./Plan.ts"
import { postgresBus } from "./PostgresBus.ts"
import { type RealBus, sqliteBus } from "./RealBus.ts"
import { whyNotOver } from "./Rest.ts"
import { sightingsIn } from "./Sighting.ts"
import { lineOf, type Totals } from "./Totals.ts"
import { Verdicts } from "./Verdicts.ts"
import { unwritten, Watch } from "./Watch.ts"

export interface Options {
  readonly seed: number
  readonly sessions: number
  readonly seconds: number
  /** Decisions in a second. */
  readonly rate: number
  /** How long messages are kept, in seconds. */
  readonly history: number
  /** Whether the bus is in PostgreSQL. */
  readonly postgres: boolean
  /** Whether the way to it is interrupted now and then. */
  readonly outages: boolean
  /** How long an answer may take while its server is awake, in seconds. */
  readonly answerWithin: number
  /** How long it may take in the end until everything is settled, in seconds. */
  readonly endWithin: number
  readonly fault: Fault | undefined
  /** Tells of violations as they are found. */
  readonly onViolation: (violation: Violation) => void
  /** Tells how it goes, each minute. */
  readonly onProgress: (line: string) => Effect.Effect<void>
}

export interface Outcome {
  readonly totals: Totals
  readonly violations: ReadonlyArray<Violation>
  /** The fault that was planted. */
  readonly planted: Planted | undefined
}

/** The totals of a run, as one line. */
export const totalsLine = ({ totals, violations }: Outcome) => lineOf(totals, violations.length)

/** Everything that a planted fault may want to lay its hands on. */
export interface World {
  readonly home: string
  readonly bus: RealBus
  readonly book: Book
  readonly ledger: Ledger
  readonly doings: Doings
  readonly verdicts: Verdicts
}

/** The first fault is planted once so much has happened, in seconds. */
const faultless = 8
/** Long enough for the model to be sure of most things most of the time. */
const betweenOutages = "30 seconds"
/** How long a fault may stay unfound once it is planted, in seconds. */
const findIn = 100

export const run = (options: Options): Effect.Effect<Outcome> =>
  Effect.scoped(
    Effect.gen(function* () {
      const {
        answerWithin,
        endWithin,
        fault,
        history,
        onProgress,
        onViolation,
        postgres,
        rate,
        seconds,
        seed,
        sessions
      } = options
      const home = yield* temporaryHome
      const bus = yield* postgres ? postgresBus(home) : sqliteBus(home)
      const counts: Counts = {
        broadcasts: 0,
        renames: 0,
        refused: 0,
        kills: 0,
        restarts: 0,
        pauses: 0,
        checks: 0,
        unhooked: 0,
        asides: 0,
        offeredAgain: 0
      }
      const ledger = makeLedger((letter, to) => {
        const writing = book.writings.get(letter.token)
        return writing !== undefined && book.mayReach(writing, book.player(to))
      })
      const told: Ledger = {
        ...ledger,
        show: (to, text, asked) => {
          for (const sighting of sightingsIn(text)) {
            // A notice quotes what its reader wrote itself.
            const words = text.startsWith("<channel") ? `<channel>${sighting.content}` : sighting.content
            if (sighting.from !== system) ledger.show(to, words, asked)
            watch.see(book.player(to), sighting)
          }
        },
        aside: (to, text) => {
          counts.asides += 1
          for (const sighting of sightingsIn(text)) {
            if (sighting.from !== system) ledger.aside(to, sighting.content)
            watch.see(book.player(to), sighting)
          }
        }
      }
      const cast = castOf(sessions, abilities)
      const started = yield* Effect.forEach(cast, () => Queue.unbounded<ClaudeCode>())
      const players = cast.map((role, index): Player => {
        const conversation = randomUUID()
        const outer = role.nestedIn === undefined ? undefined : cast[role.nestedIn]
        const usual = commandOf(role, { home, conversation, hasSockets: !postgres })
        const command = fault?.command?.(role.key, usual) ?? usual
        const player: Player = {
          ...role,
          isSteady: role.isSteady || role.key === fault?.victim,
          conversation,
          actor: makeActor({
            home,
            name: role.key,
            kind: role.kind,
            ledger: told,
            conversation,
            env: environmentOf(role, outer, { home, history }),
            command: () => command,
            tellsProcess: outer !== undefined,
            unwritten,
            // A letter without a number can't be looked up: its sender died over it.
            stateOf: ({ id }) =>
              id === undefined
                ? Effect.succeed("gone")
                : Effect.map(bus.messages([id]), ([row]) => row?.state ?? "gone"),
            // The audit reads the line, too.
            onStray: () => {},
            onStart: (server) => void Queue.offerUnsafe(started[index]!, server),
            onNotification: (notification) => watch.hear(player, notification),
            onReply: (reply, original) => {
              const answered = book.copies.get(original.id ?? "")?.row.senderId
              const to = answered ?? book.player(original.from).ids.at(-1) ?? original.from
              book.begin(reply, player, "reply", to, {}, original.id)
            },
            onResult: (letter, result) => doings.finish(letter, result)
          }),
          ids: [],
          spans: [],
          isSettled: false,
          isFrozen: false,
          hopes: undefined,
          awakeSince: 0,
          deaths: [],
          isChanging: false,
          pushed: new Map(),
          last: new Map()
        }
        return player
      })
      const book = new Book(players, onViolation)
      const verdicts = new Verdicts(book)
      const watch = new Watch(book, ledger, verdicts)
      const doings = makeDoings({
        home,
        book,
        ledger,
        verdicts,
        counts,
        answerWithin: answerWithin * 1_000,
        history: history * 1_000
      })
      const audit = new Audit({ bus, book, ledger, watch, counts, history: history * 1_000 })
      const scope = yield* Effect.scope
      /** A server that ends while nobody wants it to. */
      const watchEnds = (player: Player, index: number) =>
        Effect.gen(function* () {
          const server = yield* Queue.take(started[index]!)
          const { code, signal } = yield* server.ended
          if (player.actor.isAlive() && player.actor.server() === server)
            book.complain(`the server of ${player.key} ended by itself: ${signal ?? `code ${code}`}`)
        }).pipe(Effect.forever, Effect.forkScoped)
      yield* Effect.forEach(players, watchEnds, { discard: true })

      yield* Effect.addFinalizer(() =>
        Effect.forEach(players, ({ actor }) => actor.end, { discard: true, concurrency: "unbounded" })
      )
      yield* Effect.forEach(players, doings.begin, { discard: true, concurrency: 4 })

      const began = nowOf()
      const lookSafely = audit.look.pipe(
        Effect.catchDefect((defect) => Effect.sync(() => book.complain(`the bus can't be read: ${defect}`)))
      )
      const auditing = yield* Effect.forkScoped(
        Effect.repeat(lookSafely, Schedule.spaced("1 second")).pipe(Effect.asVoid)
      )

      const carryOut = (decision: Decision): Effect.Effect<unknown> => {
        switch (decision._tag) {
          case "Write": {
            const sender = players[decision.from]!
            const others = [...players.slice(decision.to), ...players.slice(0, decision.to)]
            const near = others.find(
              (one) => one !== sender && book.scope(sender, one, nowOf(), nowOf()).mayAllow
            )
            const receiver = (decision.isNear ? near : undefined) ?? others[0]!
            return doings.write(sender, receiver, decision.how, decision.meta)
          }
          case "Broadcast":
            return doings.broadcast(players[decision.from]!)
          case "Move": {
            const player = players[decision.who]!
            // A session that stands still, or is at a step, would do many at once later.
            if (player.isFrozen || player.actor.isBusy()) return Effect.void
            return doings.within(player, "a step", player.actor.move(decision.roll))
          }
          case "Look":
            return decision.tool === "who"
              ? doings.lookAround(players[decision.who]!)
              : doings.lookBack(players[decision.who]!)
          case "Register":
            return doings.register(players[decision.who]!, decision.name, players, decision.project)
          case "End":
            return doings.end(players[decision.who]!, decision.what, decision.back)
          case "Freeze":
            return doings.freeze(players[decision.who]!, decision.time)
          case "Check":
            return doings.check(players[decision.who]!, decision.name)
          case "Unhook":
            return postgres ? Effect.void : doings.unhook(players[decision.who]!)
          case "Ask":
            return doings.ask(players[decision.who]!, decision.id)
          case "Answer":
            return doings.answer(players[decision.who]!, decision.roll, decision.behavior)
        }
      }

      const totals = (): Totals => {
        const copies = [...book.copies.values()].filter(({ writing }) => writing.outcome === "accepted")
        const count = (holds: (copy: Copy) => boolean) => copies.filter(holds).length
        const seen = count(({ row }) => row.state === "seen")
        const pushed = count(({ row }) => row.state === "pushed")
        const ended = count(({ row }) => row.state === "expired" || row.state === "refused")
        return {
          ...counts,
          written: book.writings.size,
          accepted: copies.length,
          seen,
          pushed,
          told: ended,
          waiting: copies.length - seen - pushed - ended,
          shownAgain: count(({ row, writing }) => {
            const receiver = book.owner(row.to)
            return receiver !== undefined && ledger.copy(writing.letter, receiver.key).shown > 1
          }),
          requests: verdicts.requests.length,
          verdicts: verdicts.requests.filter(({ passedOn }) => passedOn.length > 0).length,
          looks: audit.looks,
          outages: book.outages.length,
          nested: players.filter(({ nestedIn }) => nestedIn !== undefined).length,
          muffled: players.filter(({ isMuffled }) => isMuffled).length,
          memory: Math.round(audit.mostMemory / 1e6),
          bus: Math.round(audit.biggest / 1e5) / 10
        }
      }
      yield* Effect.suspend(() =>
        onProgress(
          `${Math.round((nowOf() - began) / 60_000)} min: ${lineOf(totals(), book.violations.length)}`
        )
      ).pipe(Effect.delay("1 minute"), Effect.repeat(Schedule.forever), Effect.forkScoped)

      const world: World = { home, bus, book, ledger, doings, verdicts }
      let planted: Planted | undefined
      const isFound = () => fault !== undefined && book.violations.some(({ what }) => fault.finds.test(what))
      if (fault !== undefined && fault.plant !== undefined) {
        const { plant } = fault
        yield* Effect.forkScoped(
          Effect.gen(function* () {
            yield* Effect.sleep(`${faultless} seconds`)
            while (planted === undefined) {
              // Where nothing is there that it could be done to, it waits for something.
              const what = yield* Effect.scoped(plant(world))
              if (what !== undefined) planted = { what, at: nowOf() - began, before: book.violations.length }
              else yield* Effect.sleep("300 millis")
            }
          })
        )
      }

      if (options.outages && bus.outages !== undefined) {
        const { outages } = bus
        yield* Effect.forkScoped(
          Effect.forever(
            Effect.gen(function* () {
              yield* Effect.sleep(betweenOutages)
              const outage = { since: nowOf(), until: Number.POSITIVE_INFINITY }
              const next = outages[book.outages.length % outages.length]!
              book.outages.push(outage)
              yield* next
              outage.until = nowOf()
            })
          )
        )
      }

      let isOver = false
      const running = new Set<Fiber.Fiber<unknown>>()
      for (const { wait, what } of planOf({ seed, sessions, seconds, rate })) {
        yield* Effect.sleep(wait)
        if (isFound()) break
        const fiber = yield* Effect.forkIn(carryOut(what), scope)
        running.add(fiber)
        fiber.addObserver((exit) => {
          running.delete(fiber)
          if (exit._tag === "Failure" && !isOver) book.complain(`the soak itself failed: ${exit.cause}`)
        })
      }
      if (!isFound()) yield* Effect.forEach([...running], Fiber.await, { discard: true })
      for (const player of players) {
        if (player.isFrozen) yield* player.actor.thaw
        player.isFrozen = false
      }

      const settle = Effect.gen(function* () {
        yield* Effect.forEach(
          players.filter(({ isSettled }) => isSettled),
          (player) => doings.within(player, "a last step", player.actor.tidy),
          { concurrency: 8, discard: true }
        )
        yield* lookSafely
        return [...book.copies.values()].flatMap((copy) => {
          const why = whyNotOver(book, copy)
          return why === undefined ? [] : [{ copy, why }]
        })
      })

      if (fault === undefined) {
        yield* Effect.forEach(players, doings.begin, { discard: true, concurrency: 4 })
        const deadline = nowOf() + endWithin * 1_000
        const left = yield* Effect.repeat(settle, {
          until: (open) => open.length === 0 || nowOf() > deadline,
          schedule: Schedule.spaced("1 second")
        })
        for (const { copy, why } of left) audit.complain(copy, why)
        verdicts.settle()
      } else {
        // What is spoilt in the end is found in the end.
        const deadline = nowOf() + (fault.spoils === true ? 0 : findIn * 1_000)
        yield* Effect.repeat(Effect.void, {
          until: () => isFound() || nowOf() > deadline,
          schedule: Schedule.spaced("500 millis")
        })
      }
      isOver = true
      yield* Fiber.interrupt(auditing)
      yield* audit.measure
      for (const player of players) player.isSettled = false
      yield* Effect.forEach(
        players,
        (player) => doings.within(player, "its end", player.actor.kill("client")),
        { discard: true, concurrency: "unbounded" }
      )
      const final = totals()
      if (fault?.spoils === true) {
        yield* bus.spoil
        planted = {
          what: "rubbish in the middle of the file",
          at: nowOf() - began,
          before: book.violations.length
        }
      }
      const damage = yield* bus.damage
      if (damage !== "") book.complain(`the bus is damaged: ${damage}`)
      return { totals: final, violations: book.violations, planted }
    })
  )
