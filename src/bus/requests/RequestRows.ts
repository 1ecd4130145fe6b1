/** The rows of `permission_requests`: what is signed of them, and how they are read. */
import { Effect } from "effect"
import type { SessionId } from "../../domain/Name.ts"
import type { RequestId } from "../../domain/Permission.ts"
import { bounded, boundedAs, room } from "../engine/Bounds.ts"
import { nameOf } from "../engine/Columns.ts"
import { type Proofs, publishedKeyText } from "../Proofs.ts"

/** A request that was not answered yet. Times are ISO 8601. */
export interface OpenRequest {
  /** Tells it from every other one, also with the same five letters: an answer names it. */
  readonly nonce: string | null
  readonly requestId: RequestId
  readonly asker: SessionId
  /** The asker's name, or its id if it is not on the roster any more. */
  readonly askerName: string
  readonly tool: string
  /** What those who are asked read. */
  readonly content: string
  readonly createdAt: string
  readonly expiresAt: string
}

/** A request as the bus remembers it, open or not. */
export interface KnownRequest extends OpenRequest {
  /** Why an answer would come too late; `undefined`: it is open. */
  readonly ended: string | undefined
  /** Whether the session that asked has passed the answer on to Claude Code. */
  readonly passedOn: boolean
}

/** What the session that asks vouches for. */
export interface SignedRequest {
  readonly nonce: string | null
  readonly asker_id: SessionId
  readonly request_id: RequestId
  readonly tool_name: string
  readonly content: string
  readonly created_at: string
  readonly expires_at: string
  /** Who may answer, as JSON. */
  readonly asked: string | null
}

/** The text that is signed. JSON keeps the fields apart, whatever they hold. */
export const signedText = (row: SignedRequest): string =>
  JSON.stringify([
    "cc-dm permission request",
    row.nonce,
    row.asker_id,
    row.request_id,
    row.tool_name,
    row.content,
    row.created_at,
    row.expires_at,
    row.asked
  ])

/** A row of a request that is open. */
export interface OpenRow extends SignedRequest {
  readonly asker_name: string
  readonly signature: string | null
  /** The asker's key, as `Proofs` has it. */
  readonly public_key: string | null
}

/** A row of any request. */
export interface KnownRow extends OpenRow {
  readonly answered_at: string | null
  readonly answered_by_name: string | null
  readonly passed_on_at: string | null
}

/** The columns of an {@link OpenRow}. */
export const openColumns = `${boundedAs(room.id, "request_id", "asker_id", "created_at", "expires_at", "nonce", "signature")},
  ${boundedAs(room.reason, "tool_name")}, ${bounded("coalesce(content, '')", room.content)} AS content,
  ${boundedAs(room.list, "asked")}, ${publishedKeyText("asker_id")} AS public_key,
  coalesce((SELECT ${bounded(nameOf(), room.name)} FROM sessions WHERE sessions.id = asker_id),
    ${bounded("asker_id", room.name)}) AS asker_name`

/** The name of the session that answered. */
export const answererName = `(SELECT ${bounded(nameOf(), room.name)} FROM sessions WHERE id = answered_by)`

/** What a row says. */
export const openOf = (row: OpenRow): OpenRequest => ({
  nonce: row.nonce,
  requestId: row.request_id,
  asker: row.asker_id,
  askerName: row.asker_name,
  tool: row.tool_name,
  content: row.content,
  createdAt: row.created_at,
  expiresAt: row.expires_at
})

/** Whether an id is among those that a request names as asked. */
export const isAsked = (asked: string | null, id: string): boolean => {
  const parsed: unknown = asked === null ? [] : JSON.parse(asked)
  return Array.isArray(parsed) && parsed.includes(id)
}

/** The requests that the sessions that they name have made. What somebody else put there is left out. */
export const genuine = <Row extends OpenRow>(proofs: Proofs["Service"], rows: ReadonlyArray<Row>) =>
  Effect.map(
    proofs.check(
      rows.map((row) => ({
        signer: row.asker_id,
        key: row.public_key,
        text: signedText(row),
        signature: row.signature
      }))
    ),
    (proven) => rows.filter((_, index) => proven[index])
  )
