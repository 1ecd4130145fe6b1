/**
 * A run: sessions write to each other while their servers and hosts are killed. In the end each message that was
 * accepted has been seen, or waits for a session that lives, or its sender was told; and none was shown twice for no reason.
 */
import { Database } from "bun:sqlite"
import { join } from "node:path"
import { Effect, Fiber, Schedule } from "effect"
import { temporaryHome } from "../host/TemporaryHome.ts"
import { type Actor, makeActor } from "./Actor.ts"
import { type Letter, makeLedger } from "./Ledger.ts"
import { type Decision, planOf, receivers, senders } from "./Plan.ts"

export interface Options {
  readonly seed: number
  readonly seconds: number
  /** Everybody who was killed comes back, so that nothing is told only after some minutes. */
  readonly allReturn: boolean
}

export interface Totals {
  readonly written: number
  readonly accepted: number
  readonly seen: number
  readonly pushed: number
  readonly waiting: number
  readonly told: number
  readonly shownAgain: number
  readonly kills: number
}

export interface Outcome {
  readonly seed: number
  readonly totals: Totals
  readonly violations: ReadonlyArray<string>
}

interface Row {
  readonly state: string
  readonly to_session: string
  readonly live: number
}

/** How long news may take to reach a sender in the end, in seconds: a session that died is given up after two minutes. */
const settledWithin = { allReturn: 38, some: 170 }

export const run = ({ allReturn, seconds, seed }: Options): Effect.Effect<Outcome> =>
  Effect.scoped(
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const ledger = makeLedger()
      let database: Database | undefined
      const open = (): Database => {
        database ??= new Database(join(home, ".cc-dm/bus.db"))
        database.run("PRAGMA busy_timeout = 2000")
        return database
      }
      const lookUp = (id: string): Row | undefined =>
        open()
          .query<Row, [number]>(
            `SELECT coalesce(state, 'queued') AS state, to_session,
              to_session IN (SELECT id FROM sessions) AS live
            FROM messages LEFT JOIN receipts ON message_id = id WHERE id = ?`
          )
          .get(Number(id)) ?? undefined
      /** The number of a letter whose sender died before it was told; by its words it is on the bus, or nowhere. */
      const numberOf = ({ token }: Letter): string => {
        const found = open()
          .query<{ id: number }, [string]>("SELECT id FROM messages WHERE instr(content, ?)")
          .get(`[begin ${token}]`)
        return String(found?.id ?? 0)
      }
      yield* Effect.addFinalizer(() => Effect.sync(() => database?.close()))

      const cast = [...receivers, ...senders.map((name) => ({ name, kind: "plain" as const }))]
      const actors = new Map<string, Actor>(
        cast.map(({ kind, name }) => [
          name,
          makeActor({
            home,
            name,
            kind,
            ledger,
            stateOf: (letter) => Effect.sync(() => lookUp(letter.id ?? numberOf(letter))?.state ?? "gone")
          })
        ])
      )
      const actor = (name: string) => actors.get(name)!
      const everybody = [...actors.values()]
      yield* Effect.addFinalizer(() => Effect.forEach(everybody, ({ end }) => end, { discard: true }))
      yield* Effect.forEach(everybody, ({ start }) => start, { concurrency: "unbounded", discard: true })

      let kills = 0
      const carryOut = (decision: Decision): Effect.Effect<unknown> => {
        switch (decision._tag) {
          case "Send": {
            const letter = ledger.write(decision.from, decision.to)
            return actor(decision.from).send(letter, decision.how)
          }
          case "Move":
            return actor(decision.who).move(decision.roll)
          case "Kill": {
            kills += 1
            const killed = actor(decision.who).kill(decision.what)
            return decision.back === undefined
              ? killed
              : Effect.andThen(killed, Effect.delay(actor(decision.who).start, decision.back))
          }
        }
      }
      const plan = planOf(seed, seconds, allReturn)
      const doings = yield* Effect.forEach(plan, ({ wait, what }) =>
        Effect.andThen(Effect.sleep(wait), Effect.forkScoped(carryOut(what)))
      )
      yield* Effect.forEach(doings, Fiber.await, { discard: true })
      yield* Effect.forEach(senders, (name) => actor(name).start, { discard: true })

      const accepted = () => [...ledger.letters.values()].filter(({ id }) => id !== undefined)
      const rowOf = (letter: Letter) => lookUp(letter.id ?? "")
      const wasTold = ({ from, id }: Letter) =>
        actor(from).events.some(
          (words) => words.includes("may never be seen") && words.includes(`message ${id} to`)
        )

      /** Why a letter may not stay as it is; `undefined`: it may. */
      const wrong = (letter: Letter, inboxes: ReadonlyMap<string, ReadonlyArray<string>>) => {
        const row = rowOf(letter)
        const { isAlive, kind } = actor(letter.to)
        if (row === undefined) return "the bus does not hold it any more"
        if (row.state === "seen") return undefined
        if (wasTold(letter)) return undefined
        if (row.state === "pushed" && kind === "channel") return undefined
        // What a plain session does not ask for waits in its inbox. The sender of an answer is not told by an event.
        if (kind === "plain" && isAlive() && inboxes.get(letter.to)?.includes(letter.id ?? ""))
          return undefined
        if (!senders.includes(letter.from) && !isAlive()) return undefined
        return `it ended ${row.state}, ${isAlive() ? "and its receiver lives" : "its receiver is gone, and nobody was told"}`
      }

      const settle = Effect.gen(function* () {
        yield* Effect.forEach(
          everybody.filter(({ isAlive }) => isAlive()),
          ({ tidy }) => tidy,
          { concurrency: "unbounded", discard: true }
        )
        const plain = everybody.filter(({ kind }) => kind === "plain")
        const inboxes = new Map(
          yield* Effect.forEach(plain, ({ inbox, name }) => Effect.map(inbox, (ids) => [name, ids] as const))
        )
        return accepted().flatMap((letter) => {
          const why = wrong(letter, inboxes)
          return why === undefined ? [] : [{ letter, why }]
        })
      })
      // Whoever looks for a dead session notices that it is dead, long before its time is over.
      const probe = Effect.forEach(
        everybody.filter(({ isAlive }) => !isAlive()),
        ({ name }) => actor(senders[0]!).send(ledger.write(senders[0]!, name), "plain")
      )
      yield* probe
      const deadline = performance.now() + 1_000 * (allReturn ? settledWithin.allReturn : settledWithin.some)
      const left = yield* Effect.repeat(settle, {
        until: (open) => open.length === 0 || performance.now() > deadline,
        schedule: Schedule.spaced("500 millis")
      })
      for (const { letter, why } of left) ledger.violate(letter, why)

      for (const letter of accepted())
        if (
          rowOf(letter)?.state === "seen" &&
          letter.answeredAt === undefined &&
          actor(letter.to).kind !== "plain"
        )
          ledger.violate(letter, "the bus says seen, and no model answered a request that held all of it")

      const all = accepted()
      const count = (holds: (letter: Letter) => boolean) => all.filter(holds).length
      const stateIs = (state: string) => (letter: Letter) => rowOf(letter)?.state === state
      const seen = count(stateIs("seen"))
      const pushed = count((letter) => stateIs("pushed")(letter) && !wasTold(letter))
      const told = count((letter) => !stateIs("seen")(letter) && wasTold(letter))
      return {
        seed,
        totals: {
          written: ledger.letters.size,
          accepted: all.length,
          seen,
          pushed,
          told,
          waiting: all.length - seen - pushed - told,
          shownAgain: count(({ shown }) => shown > 1),
          kills
        },
        violations: ledger.violations.map(({ letter, what }) =>
          [
            `message ${letter.id ?? "(never accepted)"} from ${letter.from} to ${letter.to}: ${what}`,
            ...letter.history
          ].join("\n    ")
        )
      }
    })
  )
