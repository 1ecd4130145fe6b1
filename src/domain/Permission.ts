/**
 * Tool approvals that one session asks of another. The texts come from Claude Code, which shortens them
 * and masks secrets, but what a tool call says is still untrusted.
 */
import { Schema } from "effect"

/** Five letters of a to z without l, as Claude Code makes them. */
export const RequestId = Schema.String.check(Schema.isPattern(/^[a-km-z]{5}$/u)).pipe(
  Schema.brand("RequestId")
)
export type RequestId = typeof RequestId.Type

/** What Claude Code sends when it asks for a permission. */
export const PermissionRequest = Schema.Struct({
  request_id: RequestId,
  tool_name: Schema.String,
  description: Schema.String,
  input_preview: Schema.String
})
export type PermissionRequest = typeof PermissionRequest.Type

export const Behavior = Schema.Literals(["allow", "deny"])
export type Behavior = typeof Behavior.Type

/** An answer to a permission request. */
export const Verdict = Schema.Struct({ requestId: RequestId, behavior: Behavior })
export type Verdict = typeof Verdict.Type
