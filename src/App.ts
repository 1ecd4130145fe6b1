/**
 * The map. One server is one session: what stands on the bus, what this session does with it, and how Claude
 * Code is spoken to. Each block needs only the blocks above it.
 */
import { Layer } from "effect"
import type { BusClock } from "./bus/engine/BusClock.ts"
import type { Database } from "./bus/engine/Database.ts"
import type { Doorbell } from "./bus/engine/Doorbell.ts"
import type { HeldMail } from "./bus/engine/HeldMail.ts"
import { SqliteDatabase } from "./bus/engine/sqlite/SqliteDatabase.ts"
import type { Upkeep } from "./bus/engine/Upkeep.ts"
import type { Bus } from "./bus/messages/Bus.ts"
import type { History } from "./bus/messages/History.ts"
import type { Pacing } from "./bus/messages/Pacing.ts"
import type { Proofs } from "./bus/Proofs.ts"
import type { Receipts } from "./bus/receipts/Receipts.ts"
import type { Requests } from "./bus/requests/Requests.ts"
import type { Conversations } from "./bus/roster/Conversations.ts"
import type { Registry } from "./bus/roster/Registry.ts"
import { storageOn } from "./bus/Storage.ts"
import type { Host } from "./hosts/Host.ts"
import { HostReception } from "./mcp/HostReception.ts"
import { McpChannel, McpServer } from "./mcp/McpServer.ts"
import { McpTransport } from "./mcp/McpTransport.ts"
import { InSession, Serving } from "./mcp/Serving.ts"
import { AccessPolicy } from "./session/AccessPolicy.ts"
import type { Channel } from "./session/Channel.ts"
import { Courier } from "./session/Courier.ts"
import { Expiry } from "./session/Expiry.ts"
import { Heartbeat } from "./session/Heartbeat.ts"
import { Identity } from "./session/Identity.ts"
import { Inbound } from "./session/Inbound.ts"
import { Life } from "./session/Life.ts"
import { Outbox } from "./session/Outbox.ts"
import { PermissionRelay } from "./session/PermissionRelay.ts"
import { Poller } from "./session/Poller.ts"
import { ReceiptWait } from "./session/ReceiptWait.ts"
import { Reports } from "./session/Reports.ts"
import { WarmUp } from "./session/WarmUp.ts"
import { Settings } from "./settings/Settings.ts"

/** What is said on the bus: messages, how far they came, who is there, and permission requests. */
type SaidOnBus = Bus | Conversations | History | Pacing | Receipts | Registry | Requests

/** What the bus stands on, which each engine has in its own way. */
type Engine = BusClock | Database | Doorbell | HeldMail | Proofs | Upkeep

/**
 * The bus: a file that all sessions of this machine share, or a database for several machines. `bus/Storage.ts` puts it together, for the
 * command line as well; what it gives is named here.
 */
const Storage: Layer.Layer<SaidOnBus | Engine, never, Settings> = storageOn(SqliteDatabase.layer)

/** This session: who it is, what it may do, how messages come in and go out. Needs a channel into Claude Code. */
export const Session = Layer.mergeAll(Outbox.layer, PermissionRelay.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(Inbound.layer, ReceiptWait.layer, Reports.layer)),
  Layer.provideMerge(Layer.mergeAll(AccessPolicy.layer, Courier.layer)),
  Layer.provideMerge(Identity.layer)
)

/** What goes on by itself: messages come in, the roster and the bus are kept tidy. */
export const Background = Layer.mergeAll(Poller, Heartbeat.layer, Expiry, Life, WarmUp)

/** How the client is spoken to: the SDK's server, the port `Channel` on it, and what answers calls. */
const Client: Layer.Layer<Channel | McpServer | Serving, never, Host | McpTransport | Settings> =
  Serving.layer.pipe(Layer.provideMerge(McpChannel), Layer.provideMerge(McpServer.layer))

/** One server, over a transport. The client is answered before there is a session. */
export const Server = Layer.mergeAll(InSession, HostReception, Background).pipe(
  Layer.provide(Session),
  Layer.provide(Storage),
  Layer.provide(Client)
)

/** The server that a plugin runs. Needs its host, which tells {@link Settings} who the session is. */
export const App = Server.pipe(Layer.provide(McpTransport.stdio), Layer.provide(Settings.layer))
