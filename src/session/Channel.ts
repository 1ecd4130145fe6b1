/** What a session's server can push into its host, and what the host asks of its own accord. Over MCP in `mcp/McpServer`. */
import { Context, type Effect, type Queue } from "effect"
import type { Message } from "../domain/Message.ts"
import type { Behavior, PermissionRequest, RequestId } from "../domain/Permission.ts"

export class Channel extends Context.Service<
  Channel,
  {
    /** Waits until the host says that it is ready. */
    readonly ready: Effect.Effect<void>
    /**
     * Pushes messages as channel events, in their order. Waits until the host is ready and has room for all of them; nothing
     * acknowledges an event, so its end means that they were written, not that they were seen.
     */
    readonly push: (messages: ReadonlyArray<Message>) => Effect.Effect<void>
    /** Passes an answer to a permission request on. The host does not tell whether it counted. */
    readonly verdict: (requestId: RequestId, behavior: Behavior) => Effect.Effect<void>
    /** The permission requests of this session, as they come. */
    readonly requests: Queue.Dequeue<PermissionRequest>
  }
>()("cc-dm/session/Channel") {}
