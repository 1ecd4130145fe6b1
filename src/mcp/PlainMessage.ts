/**
 * What is plainly a request or a notification of JSON-RPC. It is only what the SDK's schemas would let through as it is, and what nearly
 * every client sends; of anything else nothing is said, and the SDK reads it. The build puts these before the SDK's own guards
 * (scripts/support/LeanSdk.ts), which cost a third of the processor that a burst of messages took.
 */

type Fields = Readonly<Record<string, unknown>>

/** As JSON has it: no list, and of no class. */
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

const isWholeOrText = (value: unknown): boolean => typeof value === "string" || Number.isSafeInteger(value)

/** Those of a task are left to the SDK. */
const isPlainMeta = (meta: unknown): boolean =>
  meta === undefined ||
  (isFields(meta) &&
    (meta["progressToken"] === undefined || isWholeOrText(meta["progressToken"])) &&
    meta["io.modelcontextprotocol/related-task"] === undefined)

/** What a client says it is. */
const isNamed = (info: unknown): boolean =>
  isFields(info) && typeof info["name"] === "string" && typeof info["version"] === "string"

/** Parameters that ask for no task. */
export const isPlainParams = (params: unknown): boolean =>
  isFields(params) && params["task"] === undefined && isPlainMeta(params["_meta"])

const isCall = (value: unknown, hasId: boolean): boolean => {
  if (!isFields(value) || value["jsonrpc"] !== "2.0" || typeof value["method"] !== "string") return false
  if (value["params"] !== undefined && !isPlainParams(value["params"])) return false
  if (hasId && !isWholeOrText(value["id"])) return false
  for (const key in value)
    if (key !== "jsonrpc" && key !== "method" && key !== "params" && !(hasId && key === "id")) return false
  return true
}

/** The last plain request: the SDK asks of each message three times what it is. */
let lastRequest: unknown

/** A request, which is answered. */
export const isPlainRequest = (value: unknown): boolean => {
  if (value !== undefined && value === lastRequest) return true
  if (!isCall(value, true)) return false
  lastRequest = value
  return true
}

/** A notification, which is not. */
export const isPlainNotification = (value: unknown): boolean => isCall(value, false)

/** One of both, and so no answer. */
export const isPlain = (value: unknown): boolean => isPlainRequest(value) || isPlainNotification(value)

/** What is read of a client's greeting; of its capabilities nothing is, since this server asks nothing of it. */
export interface Greeting {
  readonly protocolVersion: string
  readonly clientInfo: { readonly name: string }
}

/** The parameters of a plain greeting. */
export const isPlainGreeting = (params: unknown): params is Greeting =>
  isPlainParams(params) &&
  typeof (params as Fields)["protocolVersion"] === "string" &&
  isFields((params as Fields)["capabilities"]) &&
  isNamed((params as Fields)["clientInfo"])
