/** Sessions that write to each other, and what the bus knows of it: what the tests of routes share. */
import { expect } from "bun:test"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { type ClaudeCode, type Json, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import {
  type HookedSession,
  type ModelRequest,
  type SessionOptions,
  startSession
} from "../../testkit/host/HookedSession.ts"
import { temporaryFolder } from "./bus.ts"
import { it } from "./it.ts"
import { outsider } from "./outsider.ts"

/** What the user saw of hooks beside the one line on each message. */
export const complaints = ({ systemMessages }: HookedSession) =>
  systemMessages.filter((line) => !/^cc-dm: \d+ messages? from /.test(line))

/** A session whose user must never see a complaint about a hook. */
export const quietSession = (options: SessionOptions) =>
  Effect.tap(startSession(options), (session) =>
    Effect.addFinalizer(() => Effect.sync(() => expect(complaints(session)).toEqual([])))
  )

/** The session bob, with the routes that are named, and alice, who writes to it. */
export const aliceAndBob = Effect.fnUntraced(function* (
  options: Omit<SessionOptions, "home" | "env"> & {
    readonly env?: Readonly<Record<string, string>>
    readonly both?: Readonly<Record<string, string>>
  } = {}
) {
  const { both = {}, env = named("bob"), ...more } = options
  const home = yield* temporaryFolder
  const bob = yield* quietSession({ home, ...more, env: { ...env, ...both } })
  const alice = yield* startReady({ home, env: named("alice", both) })
  return { home, alice, bob }
})

/** What a sender is told at once. */
export interface Accepted {
  readonly id: string
  readonly json: Json
}

/** The client's own file of a session says what it does. `more` stands in it, too. */
export const tellStatus = (home: string, { server }: HookedSession, status: string, more: object = {}) =>
  Effect.sync(() => {
    const fieldsOf = (pid: string) => {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    }
    const client = fieldsOf(String(server.pid))[1] ?? ""
    const folder = join(home, ".claude/sessions")
    mkdirSync(folder, { recursive: true })
    const text = JSON.stringify({
      pid: Number(client),
      sessionId: "another one",
      procStart: fieldsOf(client)[19],
      status,
      ...more
    })
    // The client replaces the file, so that nobody reads half of it.
    writeFileSync(join(folder, "next"), text)
    renameSync(join(folder, "next"), join(folder, `${client}.json`))
  })

/** Sends a dm, to bob where nobody else is named. */
export const send = (from: ClaudeCode, content: string, more: object = {}): Effect.Effect<Accepted> =>
  Effect.map(from.call("dm", { to: "bob", content, ...more }), ({ isError, json }) => {
    expect(json).toMatchObject({ success: true })
    expect(isError).toBe(false)
    return { id: String(json["message_id"]), json }
  })

/** A message as `inbox` shows it. */
export interface Letter {
  readonly message_id: string
  readonly state: string
  readonly content: string
  readonly reason?: string
  readonly thread_id?: string
  readonly reply_to?: string
  readonly from?: string
  readonly to?: string
}

export const lettersIn = (json: Json) => json["messages"] as ReadonlyArray<Letter>

export const inboxOf = (session: ClaudeCode, input: object = {}) =>
  Effect.map(session.call("inbox", input), ({ json }) => lettersIn(json))

/** How far a message that a session sent has come. */
export const stateOf = (sender: ClaudeCode, id: string) =>
  Effect.map(
    inboxOf(sender, { sent: true, limit: 100 }),
    (letters) => letters.find(({ message_id }) => message_id === id)?.state
  )

/** Waits until the sender's bus says this of a message. */
export const becomes = (sender: ClaudeCode, id: string, state: string) =>
  eventually(stateOf(sender, id), (now) => now === state)

/** Waits until a message was taken, as the bus says. */
const takenOn = (home: string, id: string) =>
  Effect.scoped(
    Effect.flatMap(outsider(home), ({ all }) =>
      eventually(
        all<{ delivered: number }>("SELECT delivered FROM messages WHERE id = ?", Number(id)),
        ([row]) => row?.delivered === 1 || row?.delivered === 4
      )
    )
  )

/** Waits until the receiver's server has taken a message and can show it. */
export const taken = (home: string, receiver: HookedSession, id: string) =>
  // It was taken a moment before; when this is answered, it has been handed on.
  Effect.andThen(takenOn(home, id), receiver.server.request("ping"))

/**
 * Sends to a session, and waits until its server has taken the message, so that the hook that calls next can show it: `dm` itself waits
 * a moment for a receipt, and a session that works gives none. Gives the message's number.
 */
export const sendTaken = (home: string, from: ClaudeCode, to: string, content: string) =>
  Effect.tap(
    Effect.map(send(from, content, { to }), ({ id }) => id),
    (id) => takenOn(home, id)
  )

/** Sends to bob, and waits until bob's server has it. */
export const deliver = (
  { alice, bob, home }: { readonly home: string; readonly alice: ClaudeCode; readonly bob: HookedSession },
  content: string,
  more: object = {}
) =>
  Effect.tap(
    Effect.map(send(alice, content, more), ({ id }) => id),
    (id) => taken(home, bob, id)
  )

/** Whether a request holds this text. */
export const holds = (request: ModelRequest | undefined, part: string) =>
  request?.texts.some((text) => text.includes(part)) ?? false

/** In how many requests a text stood. */
export const timesShown = ({ requests }: HookedSession, part: string) =>
  requests.filter((request) => holds(request, part)).length

/** The lines on the socket that were meant to begin a turn. */
export const wakeUps = ({ socketLines }: HookedSession) =>
  socketLines.filter(({ fate }) => fate !== "authenticated")

/** What `who` says of a session. */
export const rowOf = (session: ClaudeCode, name: string) =>
  Effect.map(session.call("who"), ({ json }) =>
    (json["sessions"] as ReadonlyArray<Readonly<Record<string, unknown>>>).find((row) => row["name"] === name)
  )

/** The words of the next event that a session is sent. */
export const nextWords = (session: ClaudeCode) =>
  Effect.map(session.next, ({ params }) => String(params.content))

/** Fails unless a request holds this text. */
export const expectHolds = (request: ModelRequest | undefined, part: string) =>
  expect(request?.texts.join("\n")).toContain(part)

/** Fails unless a request shows alice's message with this number. */
export const expectShown = (request: ModelRequest | undefined, id: string) =>
  expectHolds(request, `Message ${id} from "alice"`)

/** Alice, who writes, and bob, who is written to, with what most tests ask of them. */
const sceneOf = Effect.fnUntraced(function* (options: Parameters<typeof aliceAndBob>[0]) {
  const all = yield* aliceAndBob(options)
  const { alice, bob } = all
  const deliverToBob = (content: string, more: object = {}) => deliver(all, content, more)
  const becomesForAlice = (id: string, state: string) => becomes(alice, id, state)
  return {
    ...all,
    /** Alice writes to bob. */
    send: (content: string, more: object = {}) => send(alice, content, more),
    /** The same, and bob's server has it. Gives the message's number. */
    deliver: deliverToBob,
    /** The same, while bob works: the user has given it something to do. */
    deliverAtWork: (content: string, more: object = {}) =>
      Effect.andThen(bob.prompt("work"), deliverToBob(content, more)),
    /** How far a message of alice's has come. */
    stateOf: (id: string) => stateOf(alice, id),
    /** Waits until alice's bus says this of a message. */
    becomes: becomesForAlice,
    /** Bob's turn ends, and with it the message is seen. */
    seenAtStop: (id: string) => Effect.andThen(bob.stop, becomesForAlice(id, "seen")),
    /** What `who` tells alice of bob. */
    bobsRow: rowOf(alice, "bob")
  }
})

type Scene = Effect.Success<ReturnType<typeof sceneOf>>
type SceneOptions = NonNullable<Parameters<typeof aliceAndBob>[0]>
type Body = (scene: Scene) => Generator<Effect.Effect<any, any, Scope.Scope>, void, any>

/** A test on real servers between alice and bob. `options`: which routes lead to bob. */
export function between(name: string, body: Body): void
export function between(name: string, options: SceneOptions, body: Body): void
export function between(name: string, ...rest: readonly [Body] | readonly [SceneOptions, Body]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest
  it.live(
    name,
    Effect.flatMap(sceneOf(options), (scene) => Effect.gen(() => body(scene)))
  )
}
