/** Alice, bob and carol on one bus, without servers of their own. */
import { Effect, type Scope } from "effect"
import type { Doorbell } from "../../src/bus/engine/Doorbell.ts"
import { HeldMail } from "../../src/bus/engine/HeldMail.ts"
import { Bus, type Draft } from "../../src/bus/messages/Bus.ts"
import { History } from "../../src/bus/messages/History.ts"
import { Receipts } from "../../src/bus/receipts/Receipts.ts"
import type { Requests } from "../../src/bus/requests/Requests.ts"
import type { Conversations } from "../../src/bus/roster/Conversations.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import type { Tag } from "../../src/domain/Name.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { quiet, type settingsOf, storage, temporaryFolder, toName, toTag } from "./bus.ts"
import type { Instead } from "./engine.ts"
import { outsider } from "./outsider.ts"
import { looseFolder } from "./released.ts"

export const ids = ["session-000000000001", "session-000000000002", "session-000000000003"].map((id) =>
  SessionId.make(id)
)
export const [alice, bob, carol] = ids as [SessionId, SessionId, SessionId]
const names = ["alice", "bob", "carol"]

const make = Effect.fnUntraced(function* (home: string) {
  const bus = yield* Bus
  const history = yield* History
  const mail = yield* HeldMail
  const receipts = yield* Receipts
  const registry = yield* Registry

  /** Puts a session on the roster, under its own name or another. */
  const join = (
    id: SessionId,
    name: string | undefined = names[ids.indexOf(id)],
    project: Tag | null = null
  ) =>
    registry.claim(
      { id, cwd: "/", doorbell: false, presence: quiet },
      { name: name === undefined || name === "" ? undefined : toName(name), role: toTag("worker"), project }
    )
  yield* Effect.forEach(ids, (id) => join(id), { discard: true })

  const { all, run } = yield* outsider(home)

  const write = (draft: Partial<Draft> & Pick<Draft, "to" | "content">) =>
    Effect.flatten(bus.send({ from: alice, kind: "chat", metadata: {}, ...draft }))

  return {
    bus,
    history,
    mail,
    receipts,
    registry,
    join,
    write,
    beat: (id: SessionId) => registry.heartbeat(id),
    /** Writes from alice to bob, and gives the message's id. It is a defect if nothing was written. */
    send: (content: string, more: Partial<Draft> = {}) =>
      Effect.map(write({ to: [bob], content, ...more }), ([sent]) => {
        if (sent === undefined) throw new Error(`nothing was written: ${content}`)
        return sent.messageId
      }),
    /** What somebody reads past cc-dm, and writes. */
    rows: all,
    change: run
  }
})

export type Crowd = Effect.Success<ReturnType<typeof make>>

type Body<A, E> = (
  crowd: Crowd,
  home: string
) => Effect.Effect<A, E, Conversations | Doorbell | Receipts | Requests | Scope.Scope>

/** Runs a test with the three of them, on the bus under `home`. */
export const crowdAt = <A, E>(
  home: string,
  body: Body<A, E>,
  more: Partial<ReturnType<typeof settingsOf>> = {},
  instead?: Instead
) =>
  Effect.scoped(Effect.flatMap(make(home), (all) => body(all, home))).pipe(
    Effect.provide(storage(home, more, instead))
  )

/** Runs a test with the three of them. */
export const crowd = <A, E>(body: Body<A, E>, more: Partial<ReturnType<typeof settingsOf>> = {}) =>
  Effect.flatMap(temporaryFolder, (home) => crowdAt(home, body, more))

/** The same on a bus whose columns take `NULL`. */
export const looseCrowd = <A, E>(body: Body<A, E>) =>
  Effect.flatMap(looseFolder, (home) => crowdAt(home, body))
