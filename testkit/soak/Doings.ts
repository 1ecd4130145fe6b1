/** What the sessions of a soak do, and what the answers of their servers must and must not say. */
import { rmSync } from "node:fs"
import { Effect } from "effect"
import { type Ending, wordsOf } from "../chaos/Actor.ts"
import type { Ledger, Letter } from "../chaos/Ledger.ts"
import { named, sessionsIn, startReady, type ToolResult } from "../host/ClaudeCode.ts"
import { connectionClosed } from "../host/HookedSession.ts"
import { makeAsking } from "./Asking.ts"
import { type Book, nowOf, type Player, type Writing } from "./Book.ts"
import { type Call, makeLooking } from "./Looking.ts"
import type { NewName } from "./Plan.ts"
import { type How, wanted } from "./Plan.ts"
import type { Verdicts } from "./Verdicts.ts"

interface Identity {
  readonly name: string
  readonly project: string | null
}

export interface Counts {
  broadcasts: number
  renames: number
  refused: number
  kills: number
  restarts: number
  pauses: number
  checks: number
  unhooked: number
  /** So often a subagent looked into the inbox. */
  asides: number
  /** So many messages were pushed to a client that dropped them, and then waited again. */
  offeredAgain: number
}

/** How long a broken limit may be called in the words of a refusal. */
const limitForm = /limit|a minute|too many|waiting/i

/** What is not said of a message that was surely not sent. */
const nobodyKnows = /may or may not have been sent|not known whether/

export const makeDoings = (options: {
  readonly home: string
  readonly book: Book
  readonly ledger: Ledger
  readonly verdicts: Verdicts
  readonly counts: Counts
  /** How long an answer may take while its server is awake, in milliseconds. */
  readonly answerWithin: number
  /** How long a message is kept, in milliseconds. */
  readonly history: number
}) => {
  const { book, counts, history, home, ledger, answerWithin, verdicts } = options

  /** Waits for as long as a server may take; the time that it stood still does not count. */
  const awakeFor = (player: Player) =>
    Effect.gen(function* () {
      let waited = 0
      while (waited < answerWithin) {
        yield* Effect.sleep("1 second")
        if (!player.isFrozen) waited += 1_000
      }
    })
  const within = <A>(player: Player, what: string, body: Effect.Effect<A>) =>
    Effect.raceFirst(
      body,
      Effect.as(
        Effect.tap(awakeFor(player), () =>
          Effect.sync(() => book.complain(`${player.key}: ${what} was not over in ${answerWithin / 1_000} s`))
        ),
        undefined
      )
    )

  /** Who a result says that the session is. */
  const checkIdentity = (player: Player, tool: string, since: number, { json }: ToolResult) => {
    const me = json["_identity"] as Identity | undefined
    if (me === undefined) return book.complain(`${player.key}: ${tool} does not say who it is`)
    const names = book.namesOf(player, since, nowOf())
    if (!names.includes(me.name))
      book.complain(`${player.key}: ${tool} calls it "${me.name}", and it was ${names.join(" or ")}`)
    const id = player.ids.at(-1)
    if (me.name === player.hopes && id !== undefined && !player.isChanging)
      book.settle(player, id, me.name, me.project ?? undefined, since)
    return undefined
  }

  const call: Call = (player, tool, input) =>
    Effect.gen(function* () {
      const since = nowOf()
      const result = yield* within(player, tool, player.actor.call(tool, input))
      if (result !== undefined && player.isSettled) checkIdentity(player, tool, since, result)
      return result
    })

  /** Who was surely to be found by a name or id while something was written. */
  const thereAs = (to: string, since: number, until: number) =>
    book.players.find(
      (player) =>
        book.wasThere(player, since, until) && (book.present(player)?.name === to || player.ids.at(-1) === to)
    )

  const checkRefusal = (writing: Writing, error: string) => {
    const { letter, sender, since, to, until } = writing
    counts.refused += 1
    const wrong = (why: string) =>
      book.complain(`${sender.key} may not write to "${to}" (${error}), ${why}`, letter)
    if (error.includes("nobody called")) {
      const there = thereAs(to, since, until)
      // A name may have been taken from its holder in between.
      if (there !== undefined) wrong(`and ${there.key} was there all the time`)
      return
    }
    if (/ is in (no )?project/.test(error)) {
      // A server that is only tried has the name for a moment, and no project.
      const mayBeVisitors = error.includes(" is in no project") && book.wasVisited(to, since, until)
      const may =
        mayBeVisitors ||
        book.holders(to, since, until).some((one) => book.scope(sender, one, since, until).mayRefuse)
      if (!may) wrong("and no project forbids it")
      return
    }
    if (error.includes("is this session itself") && book.namesOf(sender, since, until).includes(to)) return
    if (error.startsWith("reply_to: this session neither")) {
      const answered = book.copies.get(writing.answers ?? "")
      const isKept = answered !== undefined && nowOf() - answered.writtenAt < history - 5_000
      if (isKept && answered.row.to === sender.ids.at(-1)) wrong("and it is on the bus")
      return
    }
    if (sender.isLimited && limitForm.test(error)) return
    wrong("for no reason that is known")
  }

  /** It is known what became of a letter. */
  const finish = (letter: Letter, result: ToolResult | undefined) => {
    const writing = book.writings.get(letter.token)
    if (writing === undefined) return
    writing.until = nowOf()
    if (result === undefined || result.json["error"] === connectionClosed.json["error"]) {
      writing.outcome = "unknown"
    } else if (book.isOutage(result.json["error"], writing.since)) {
      counts.refused += 1
      writing.outcome = nobodyKnows.test(String(result.json["error"])) ? "unknown" : "refused"
    } else if (result.isError) {
      writing.outcome = "refused"
      checkRefusal(writing, String(result.json["error"]))
    } else {
      writing.outcome = "accepted"
      writing.ids = [String(result.json["message_id"])]
      book.accepted.push(writing)
    }
  }

  const write = (
    sender: Player,
    receiver: Player,
    how: How,
    meta: Readonly<Record<string, string>>
  ): Effect.Effect<void> =>
    Effect.gen(function* () {
      const held = book.present(receiver)?.name
      if (!sender.isSettled || sender === receiver || held === undefined) return
      const isMail = how === "mail" || how === "mail for a name"
      const free = wanted[receiver.ids.length % wanted.length] ?? held
      const to = how === "mail for a name" ? free : how === "by id" ? (receiver.ids.at(-1) ?? held) : held
      const letter = ledger.write(sender.key, receiver.key)
      book.begin(letter, sender, isMail ? "mail" : "dm", to, meta)
      const result = yield* call(sender, "dm", {
        to,
        content: wordsOf(letter, how === "long" ? "long" : "plain"),
        ...meta,
        ...(how === "when idle" ? { when: "idle" } : {}),
        ...(isMail ? { expires_in: 60 } : {})
      })
      finish(letter, result)
      if (result === undefined || result.isError) {
        ledger.note(letter, `not accepted: ${result === undefined ? "no answer" : result.json["error"]}`)
        return
      }
      letter.id = String(result.json["message_id"])
      ledger.note(letter, `${sender.key} -> ${receiver.key} ("${to}"): accepted as message ${letter.id}`)
    })

  const broadcast = (sender: Player): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (!sender.isSettled) return
      const letter = ledger.write(sender.key, "everybody")
      const writing = book.begin(letter, sender, "broadcast", "everybody")
      const result = yield* call(sender, "broadcast", { content: wordsOf(letter, "plain") })
      const until = nowOf()
      writing.until = until
      counts.broadcasts += 1
      if (result === undefined || result.isError) {
        const error = String(result?.json["error"])
        writing.outcome = result === undefined || nobodyKnows.test(error) ? "unknown" : "refused"
        if (book.isOutage(error, writing.since)) return
        if (result !== undefined && !(sender.isLimited && limitForm.test(String(result.json["error"]))))
          book.complain(`${sender.key}: a broadcast was refused: ${result.json["error"]}`, letter)
        return
      }
      const receivers = result.json["receivers"] as ReadonlyArray<{ to: string; message_id: string }>
      writing.outcome = "accepted"
      writing.ids = receivers.map(({ message_id }) => message_id)
      book.accepted.push(writing)
      for (const player of book.players) {
        if (player === sender || !book.wasThere(player, writing.since, until)) continue
        const { mayAllow, mayRefuse } = book.scope(sender, player, writing.since, until)
        const got = receivers.some(({ to }) => book.namesOf(player, writing.since, until).includes(to))
        if (mayAllow && !mayRefuse && !got && book.isMember(player))
          book.complain(`a broadcast of ${sender.key} left ${player.key} out, who was there`, letter)
      }
    })

  /** What a session is to be called after a start. */
  const expectedOf = (player: Player, id: string, before: string | undefined) =>
    player.name ?? (player.ids.at(-1) === id ? before : undefined)

  /** Sees whether a session is who it should be after a start. */
  const checkStart = (
    player: Player,
    me: Identity,
    since: number,
    id: string,
    before: string | undefined
  ) => {
    const expected = expectedOf(player, id, before)
    const isNameless = me.name === id
    // Whether somebody is gone can't be said then, nor who a conversation was.
    if (expected === undefined || me.name === expected || book.wasOut(since, nowOf())) return
    const mayHave = book.namesOf(player, since, nowOf()).includes(me.name) && !isNameless
    if (mayHave && player.name === undefined) return
    const others = book.holders(expected, since, nowOf()).filter((one) => one !== player)
    const mayBeTaken = others.length > 0 || book.wasVisited(expected, since, nowOf())
    if (!isNameless || (!mayBeTaken && !/^session-/.test(expected)))
      book.complain(`${player.key} began again as "${me.name}", and should be "${expected}"`)
  }

  /** Asks a session who it is until the bus says it; `undefined`: it does not. */
  const whoIs = Effect.fnUntraced(function* (player: Player) {
    while (true) {
      const since = nowOf()
      const result = yield* within(player, "who", player.actor.call("who"))
      if (result === undefined) return undefined
      if (!result.isError) return result
      const { error } = result.json
      if (!book.isOutage(error, since)) return book.complain(`${player.key}: who failed: ${error}`)
      yield* Effect.sleep("1 second")
    }
  })

  /** Starts a session, and learns who it is. */
  const begin = (player: Player): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (player.actor.isAlive()) return
      const since = nowOf()
      const present = book.present(player)
      const before = present === undefined ? undefined : { ...present, name: player.hopes ?? present.name }
      const name = player.name ?? before?.name
      // Until it has its name again, a session that is taken up stands on the roster under its id, in no project.
      const id = player.ids.at(-1)
      if (id !== undefined) book.try(player, id, undefined)
      if (name !== undefined) book.try(player, name, player.project ?? before?.project)
      player.last.clear()
      yield* within(player, "its start", player.actor.start)
      const result = yield* whoIs(player)
      if (result === undefined) return
      const me = result.json["_identity"] as Identity
      const now = sessionsIn(result.json).find((row) => row.name === me.name)?.id
      if (now === undefined) return book.complain(`${player.key} is not on the roster that it is shown`)
      checkStart(player, me, since, now, before?.name)
      const expected = expectedOf(player, now, before?.name)
      book.settle(player, now, me.name, me.project ?? undefined, since)
      if (me.name === now && expected !== undefined && !/^session-/.test(expected))
        book.hope(player, expected)
      player.isSettled = player.actor.isAlive()
      player.awakeSince = nowOf()
      return undefined
    })

  const end = (player: Player, what: Ending, back: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (!player.isSettled || player.isSteady || (player.isFrozen && what !== "server")) return
      player.isSettled = false
      counts.kills += what === "exit" ? 0 : 1
      counts.restarts += what === "exit" ? 1 : 0
      // What it was doing then, it may not have written down.
      const stoodAt = player.isFrozen ? player.awakeSince : nowOf()
      yield* within(player, "its end", player.actor.kill(what))
      player.deaths.push(what === "server" ? stoodAt : nowOf())
      player.isFrozen = false
      yield* Effect.sleep(back)
      yield* begin(player)
    })

  const freeze = (player: Player, time: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      if (!player.isSettled || player.isSteady || player.isFrozen) return
      counts.pauses += 1
      const life = player.deaths.length
      player.isFrozen = true
      player.awakeSince = nowOf()
      yield* player.actor.freeze
      yield* Effect.sleep(time)
      if (player.deaths.length > life || !player.isFrozen) return
      yield* player.actor.thaw
      player.awakeSince = nowOf()
      player.isFrozen = false
    })

  const register = (
    player: Player,
    wish: NewName,
    others: ReadonlyArray<Player>,
    project: string | undefined
  ): Effect.Effect<void> =>
    Effect.gen(function* () {
      const before = book.present(player)
      if (!player.isSettled || player.isSteady || player.isChanging || before === undefined) return
      const name =
        wish._tag === "Own"
          ? `${player.key}-${wish.number}`
          : wish._tag === "Wanted"
            ? wish.name
            : (book.present(others[wish.who]!)?.name ?? player.key)
      if (name.startsWith("session-")) return
      const wantedProject = project === undefined ? before.project : project === "" ? undefined : project
      const since = nowOf()
      const life = player.deaths.length
      player.isChanging = true
      const tried = book.try(player, name, wantedProject)
      const result = yield* call(player, "register", {
        name,
        role: "worker",
        ...(project === undefined ? {} : { project })
      })
      player.isChanging = false
      // Where its server died, it is known only when it has begun again who it has become.
      if (result === undefined || player.deaths.length > life || !player.isSettled) return
      const until = nowOf()
      if (book.isOutage(result.json["error"], since)) {
        player.isSettled = false
        const now = yield* whoIs(player)
        if (now === undefined || player.deaths.length > life) return
        const { name, project } = now.json["_identity"] as Identity
        book.settle(player, player.ids.at(-1)!, name, project ?? undefined, since)
        player.isSettled = true
        return
      }
      if (result.isError) {
        book.retract(player, tried)
        const error = String(result.json["error"])
        const holders = book.holders(name, since, until).filter((one) => one !== player)
        const mayBeHeld = holders.length > 0 || book.wasVisited(name, since, until)
        if (!error.includes("is held by another session") || !mayBeHeld)
          book.complain(`${player.key} could not become "${name}", which nobody had: ${error}`)
        return
      }
      counts.renames += 1
      const holder = book.players.find(
        (one) => one !== player && book.wasThere(one, since, until) && book.present(one)?.name === name
      )
      if (holder !== undefined)
        book.complain(`${player.key} became "${name}", which ${holder.key} held all the time`)
      const { json } = result
      book.settle(player, String(json["sessionId"]), String(json["name"]), wantedProject, since)
      if (json["name"] !== name || (json["project"] ?? undefined) !== wantedProject)
        book.complain(
          `${player.key} asked to be "${name}" and became "${json["name"]}" of ${json["project"]}`
        )
    })

  /** A client starts a server as for a session, asks it nothing, and ends it at once. */
  const check = (player: Player, name: string | undefined): Effect.Effect<void> =>
    Effect.scoped(
      Effect.gen(function* () {
        counts.checks += 1
        const visit = { name: name ?? player.key, since: nowOf(), until: Number.POSITIVE_INFINITY }
        if (name !== undefined) book.visits.push(visit)
        const server = yield* startReady({
          home,
          env: named(visit.name),
          // The one says by its arguments what it is for, and never comes onto the bus.
          ...(name === undefined ? { clientArguments: ["mcp", "list"] } : {})
        })
        yield* Effect.sleep("150 millis")
        yield* server.kill("SIGINT")
        yield* server.ended
        visit.until = nowOf()
        const got = yield* server.unread
        const mail = got.find(({ params }) => book.isMail(params.content))
        if (mail !== undefined || (name === undefined && got.length > 0))
          book.complain(`a server that was only tried as "${visit.name}" got mail: ${got[0]?.params.content}`)
      })
    )

  const unhook = (player: Player): Effect.Effect<void> =>
    Effect.sync(() => {
      counts.unhooked += 1
      rmSync(`${home}/.cc-dm/doorbell/${player.ids.at(-1)}.sock`, { force: true })
    })

  return {
    ...makeLooking(book, call),
    ...makeAsking(book, verdicts, call),
    finish,
    write,
    broadcast,
    begin,
    end,
    freeze,
    register,
    check,
    unhook,
    within
  }
}

export type Doings = ReturnType<typeof makeDoings>
