/** Real storage in a temporary folder, and sessions on it, in this process. */
import { Database as Sqlite } from "bun:sqlite"
import { join } from "node:path"
import { Context, Effect, Layer, Queue, type Scope } from "effect"
import { Background, Session } from "../../src/App.ts"
import { Bus } from "../../src/bus/messages/Bus.ts"
import { History } from "../../src/bus/messages/History.ts"
import { Requests } from "../../src/bus/requests/Requests.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import type { Message } from "../../src/domain/Message.ts"
import { Name, Tag } from "../../src/domain/Name.ts"
import type { Behavior, PermissionRequest } from "../../src/domain/Permission.ts"
import type { Presence } from "../../src/domain/Receipt.ts"
import { Channel } from "../../src/session/Channel.ts"
import { Courier } from "../../src/session/Courier.ts"
import { Identity } from "../../src/session/Identity.ts"
import { Inbound } from "../../src/session/Inbound.ts"
import { Outbox } from "../../src/session/Outbox.ts"
import { PermissionRelay } from "../../src/session/PermissionRelay.ts"
import { defaults, Settings } from "../../src/settings/Settings.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { busUrlOf, type Instead, prepareBus, storageAt } from "./engine.ts"
import { QuietHost } from "./host.ts"

/** A home folder of its own with a bus, on the engine that the tests run on; both go with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.tap(
  temporaryHome,
  prepareBus
)

export const toName = (text: string) => Name.make(Tag.make(text))
export const toTag = (text: string) => Tag.make(text)

type Values = Settings["Service"]

/** Settings as an environment without variables would give, but for what a test says. */
export const settingsOf = (home: string, more: Partial<Values> = {}): Values => ({
  ...defaults(home, "/somewhere"),
  // Under the test clock all is said at once: limits hold where a test says so.
  rateLimit: undefined,
  queueLimit: undefined,
  busUrl: busUrlOf(home),
  ...more
})

/** The storage of the bus under `home`. */
export const storage = (home: string, more: Partial<Values> = {}, instead?: Instead) =>
  Layer.fresh(storageAt(home, instead).pipe(Layer.provide(Layer.succeed(Settings, settingsOf(home, more)))))

/** What a session's server wrote to its client. */
export interface Pushed {
  readonly messages: Array<Message>
  readonly verdicts: Array<{ readonly requestId: string; readonly behavior: Behavior }>
  readonly ask: (request: PermissionRequest) => void
}

/** What a session says of itself that nobody has spoken to. */
export const quiet: Presence = { reach: "when it asks", doing: undefined, since: undefined }

/**
 * A whole session on its own connection, with a channel that notes what is pushed. Its background fibers run
 * only where `background` is set; else a test does their work by hand. `beforePush`: what a slow client waits for.
 */
export const session = (
  home: string,
  more: Partial<Values> = {},
  options: { readonly background: boolean; readonly beforePush?: Effect.Effect<void> } = { background: true }
) =>
  Effect.gen(function* () {
    const requests = yield* Queue.unbounded<PermissionRequest>()
    const pushed: Pushed = {
      messages: [],
      verdicts: [],
      ask: (request) => void Queue.offerUnsafe(requests, request)
    }
    const channel = Layer.succeed(
      Channel,
      Channel.of({
        ready: Effect.void,
        push: (messages) =>
          Effect.andThen(
            options.beforePush ?? Effect.void,
            Effect.sync(() => void pushed.messages.push(...messages))
          ),
        verdict: (requestId, behavior) =>
          Effect.sync(() => void pushed.verdicts.push({ requestId, behavior })),
        requests
      })
    )
    const layer = (options.background ? Background : Layer.empty).pipe(
      Layer.provideMerge(Session),
      Layer.provideMerge(storageAt(home)),
      Layer.provide(channel),
      Layer.provide([Layer.succeed(Settings, settingsOf(home, more)), QuietHost])
    )
    const context = yield* Layer.build(Layer.fresh(layer))
    return {
      pushed,
      bus: Context.get(context, Bus),
      history: Context.get(context, History),
      identity: Context.get(context, Identity),
      inbound: Context.get(context, Inbound),
      outbox: Context.get(context, Outbox),
      courier: Context.get(context, Courier),
      registry: Context.get(context, Registry),
      requests: Context.get(context, Requests),
      relay: Context.get(context, PermissionRelay)
    }
  })

/** A whole session that is on the roster. */
export const joined = (home: string, more: Partial<Values> = {}) =>
  Effect.tap(session(home, more), ({ identity }) => identity.current)

/** A session at rest: it is on the roster, and nothing goes on in it but what a test does. */
export const atRest = (home: string, more: Partial<Values> = {}) =>
  Effect.tap(session(home, more, { background: false }), ({ identity }) => identity.current)

/** Reads and writes a bus file as people and 1.3.1 servers do: with SQLite alone. */
export const sqlite = (home: string): Effect.Effect<Sqlite, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const database = new Sqlite(join(home, ".cc-dm/bus.db"))
      database.run("PRAGMA busy_timeout = 2000")
      return database
    }),
    (database) => Effect.sync(() => database.close())
  )

/** Whether a ring waits; takes it if so. */
export const isRung = (nextRing: Effect.Effect<void>): Effect.Effect<boolean> =>
  Effect.raceFirst(Effect.as(nextRing, true), Effect.as(Effect.yieldNow, false))
