/**
 * The map. One server is one session: what stands on the bus, what this session does with it, and how Claude
 * Code is spoken to. Each block needs only the blocks above it.
 */
import { Layer } from "effect"
import { engine, fileEngine } from "./bus/engine/Engine.ts"
import { SqliteDatabase } from "./bus/engine/sqlite/SqliteDatabase.ts"
import { Bus } from "./bus/messages/Bus.ts"
import { History } from "./bus/messages/History.ts"
import { Receipts } from "./bus/receipts/Receipts.ts"
import { Requests } from "./bus/requests/Requests.ts"
import { Conversations } from "./bus/roster/Conversations.ts"
import { Registry } from "./bus/roster/Registry.ts"
import { ClaudeCode } from "./hosts/claude-code/ClaudeCode.ts"
import { McpChannel, McpServer } from "./mcp/McpServer.ts"
import { McpTransport } from "./mcp/McpTransport.ts"
import { InSession, Serving } from "./mcp/Serving.ts"
import { AccessPolicy } from "./session/AccessPolicy.ts"
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
import { Settings } from "./settings/Settings.ts"

/** What stands on the bus, whatever engine it has. */
export const BusServices = Layer.mergeAll(
  Bus.layer,
  Conversations.layer,
  History.layer,
  Receipts.layer,
  Registry.layer,
  Requests.layer
)

/** The bus: a file that all sessions of this machine share, or a database for several machines. */
export const Storage = BusServices.pipe(Layer.provideMerge(engine(fileEngine(SqliteDatabase.layer))))

/** This session: who it is, what it may do, how messages come in and go out. Needs a channel into Claude Code. */
export const Session = Layer.mergeAll(Outbox.layer, PermissionRelay.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(Inbound.layer, ReceiptWait.layer, Reports.layer)),
  Layer.provideMerge(Layer.mergeAll(AccessPolicy.layer, Courier.layer)),
  Layer.provideMerge(Identity.layer)
)

/** What goes on by itself: messages come in, the roster and the bus are kept tidy. */
export const Background = Layer.mergeAll(Poller, Heartbeat, Expiry, Life)

/** One server, over a transport. The client is answered before there is a session. */
export const Server = Layer.mergeAll(InSession, Background).pipe(
  Layer.provide(Session),
  Layer.provide(Storage),
  Layer.provide(Serving.layer.pipe(Layer.provideMerge(McpChannel))),
  Layer.provide(McpServer.layer)
)

/** The agent that a server serves, and that has started it. */
export const HostLayer = ClaudeCode

/** The server that a plugin runs. Needs its host, which tells {@link Settings} who the session is. */
export const App = Server.pipe(Layer.provide(McpTransport.stdio), Layer.provide(Settings.layer))
