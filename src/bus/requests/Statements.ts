/** The statements of `Requests`. */
import type { SessionId } from "../../domain/Name.ts"
import { boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { statement } from "../engine/Statement.ts"
import { answererName, type KnownRow, type OpenRow, openColumns } from "./RequestRows.ts"

/** Newest first: what somebody else put there in great numbers does not come before them by its age. */
const newest = `ORDER BY permission_requests.created_at DESC LIMIT ${mostRows}`
const isThisRequest = "asker_id = $asker AND request_id = $requestId"

export const deleteAsked = statement<"asker" | "requestId">(
  `DELETE FROM permission_asked WHERE ${isThisRequest}`
)
export const deleteRequest = statement<"asker" | "requestId">(
  `DELETE FROM permission_requests WHERE ${isThisRequest}`
)
export const insertRequest = statement<
  "asker" | "requestId" | "tool" | "now" | "expiresAt" | "content" | "nonce" | "asked" | "signature"
>(`INSERT INTO permission_requests
    (asker_id, request_id, tool_name, created_at, expires_at, content, nonce, asked, signature)
  VALUES ($asker, $requestId, $tool, $now, $expiresAt, $content, $nonce, $asked, $signature)`)
export const insertAsked = statement<
  "asker" | "requestId" | "asked"
>(`INSERT INTO permission_asked (asker_id, request_id, session_id)
  SELECT DISTINCT $asker, $requestId, value FROM json_each(CAST($asked AS TEXT))`)

export const selectOpen = statement<"now", OpenRow>(`SELECT ${openColumns} FROM permission_requests
  WHERE answered_at IS NULL AND permission_requests.expires_at > $now ${newest}`)
export const selectKnown = statement<"requestId", KnownRow>(
  `SELECT ${openColumns}, ${boundedAs(room.id, "answered_at", "passed_on_at")}, ${answererName} AS answered_by_name
  FROM permission_requests WHERE permission_requests.request_id = $requestId ${newest}`
)
export const selectOne = statement<"asker" | "requestId", OpenRow>(
  `SELECT ${openColumns} FROM permission_requests WHERE ${isThisRequest}`
)

/** What an answer looks at. */
interface AnsweredRow {
  readonly nonce: string | null
  readonly answered_at: string | null
  readonly answered_by_name: string | null
}
const answerColumns = `${boundedAs(room.id, "nonce", "answered_at")}, ${answererName} AS answered_by_name`

/** For a person, who may answer any request. */
export const selectToAnswer = statement<"asker" | "requestId", AnsweredRow>(
  `SELECT ${answerColumns} FROM permission_requests WHERE ${isThisRequest}`
)
/** For a session, which may answer if it was asked. */
export const selectToAnswerAs = statement<"asker" | "requestId" | "answerer", AnsweredRow>(
  `SELECT ${answerColumns} FROM permission_requests WHERE ${isThisRequest} AND EXISTS (SELECT 1 FROM permission_asked AS asked
    WHERE asked.asker_id = permission_requests.asker_id
      AND asked.request_id = permission_requests.request_id AND session_id = $answerer)`
)
export const takeAnswer = statement<
  "asker" | "requestId" | "behavior" | "answerer" | "now"
>(`UPDATE permission_requests SET behavior = $behavior, answered_by = $answerer, answered_at = $now
  WHERE ${isThisRequest} AND answered_at IS NULL AND expires_at > $now RETURNING request_id`)
export const selectFirstAnswer = statement<
  "asker" | "requestId",
  Pick<AnsweredRow, "answered_by_name">
>(`SELECT ${answererName} AS answered_by_name FROM permission_requests
  WHERE ${isThisRequest} AND answered_at IS NOT NULL`)

export const passOn = statement<
  "asker" | "requestId" | "nonce" | "answerer" | "now"
>(`UPDATE permission_requests
  SET passed_on_at = $now
  WHERE ${isThisRequest} AND nonce = $nonce AND answered_by = $answerer AND passed_on_at IS NULL RETURNING request_id`)
export const selectOldSessions = statement<"from", { readonly id: SessionId }>(
  "SELECT id FROM sessions WHERE (name = $from OR id = $from) AND protocol IS NULL ORDER BY id"
)
export const passOnAnswer = statement<
  "asker" | "requestId" | "nonce" | "answerer" | "behavior" | "now"
>(`UPDATE permission_requests
  SET passed_on_at = $now, answered_at = $now, answered_by = $answerer, behavior = $behavior
  WHERE ${isThisRequest} AND nonce = $nonce AND answered_at IS NULL RETURNING request_id`)

export const deleteEnded = statement<"before">("DELETE FROM permission_requests WHERE expires_at <= $before")
export const deleteAskedOfNone = statement(`DELETE FROM permission_asked
  WHERE (asker_id, request_id) NOT IN (SELECT asker_id, request_id FROM permission_requests)`)
