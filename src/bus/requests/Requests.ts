/**
 * Permission requests: who asks, who was asked, and the one answer that counts. The bus decides which answer
 * was first, in the transaction that also writes the verdict to the session that asked.
 *
 * What stands here is believed as far as it is signed: the request, with those who were asked, by the session that asks; the
 * verdict, which names that very request, by the one that answers. The rest only keeps a second answer out.
 */
import { Context, Effect, Layer } from "effect"
import { type BusUnavailable, TooLate } from "../../domain/Errors.ts"
import type { Message } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import type { Behavior, PermissionRequest, RequestId, Verdict } from "../../domain/Permission.ts"
import { quote, shorten } from "../../domain/Text.ts"
import { randomToken } from "../../platform/Platform.ts"
import { Settings } from "../../settings/Settings.ts"
import { bounded, boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { nameOf } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { senderOf, signCopies } from "../messages/Copies.ts"
import { storable } from "../messages/SignedText.ts"
import { Proofs, publishedKeyText } from "../Proofs.ts"

/** How long an ended request is kept, in milliseconds, so that a late answer can be told why it is late. */
const memory = 3_600_000

/** How much of a tool's name is kept, in characters. */
const roomForTool = 200

/** Stands for the people at the command line among those who are asked. */
export const people = "@me"

/** A request that nobody has answered yet. Times are ISO 8601. */
export interface OpenRequest {
  /** Tells it from every other one, also with the same five letters: an answer names it. */
  readonly nonce: string | null
  readonly requestId: RequestId
  readonly asker: SessionId
  /** The asker's name, or its id where it is not on the roster any more. */
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
interface SignedRequest {
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

const signedText = (row: SignedRequest): string =>
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

interface OpenRow extends SignedRequest {
  readonly asker_name: string
  readonly signature: string | null
  /** The asker's key, as `Proofs` has it. */
  readonly public_key: string | null
}

interface KnownRow extends OpenRow {
  readonly answered_at: string | null
  readonly answered_by_name: string | null
  readonly passed_on_at: string | null
}

const openColumns = `${boundedAs(room.id, "request_id", "asker_id", "created_at", "expires_at", "nonce", "signature")},
  ${boundedAs(room.reason, "tool_name")}, ${bounded("coalesce(content, '')", room.content)} AS content,
  ${boundedAs(room.list, "asked")}, ${publishedKeyText("asker_id")} AS public_key,
  coalesce((SELECT ${bounded(nameOf(), room.name)} FROM sessions WHERE sessions.id = asker_id),
    ${bounded("asker_id", room.name)}) AS asker_name`

/** The name of whoever answered. */
const answererName = `(SELECT ${bounded(nameOf(), room.name)} FROM sessions WHERE id = answered_by)`

/** Newest first: what somebody else put there in great numbers does not come before them by its age. */
const newest = `ORDER BY permission_requests.created_at DESC LIMIT ${mostRows}`

const openOf = (row: OpenRow): OpenRequest => ({
  nonce: row.nonce,
  requestId: row.request_id,
  asker: row.asker_id,
  askerName: row.asker_name,
  tool: row.tool_name,
  content: row.content,
  createdAt: row.created_at,
  expiresAt: row.expires_at
})

const answeredBy = (name: string | null) => `was already answered by ${quote(name ?? "another session")}`
const notInTime = "was not answered within 5 minutes"

/** An answer that the bus has accepted, to be passed on to Claude Code. */
export interface Answer {
  readonly behavior: Behavior
  readonly answeredBy: SessionId
}

interface RequestRow {
  readonly nonce: string | null
  readonly answered_at: string | null
  readonly answered_by_name: string | null
}

const isAsked = (asked: string | null, id: string): boolean => {
  const parsed: unknown = asked === null ? [] : JSON.parse(asked)
  return Array.isArray(parsed) && parsed.includes(id)
}

export class Requests extends Context.Service<
  Requests,
  {
    /** Notes that a session asks others; their answers count from now on, for 5 minutes. */
    readonly ask: (
      asker: SessionId,
      request: PermissionRequest,
      asked: ReadonlyArray<string>,
      content: string
    ) => Effect.Effect<void, BusUnavailable>
    /** The requests that wait for an answer, oldest first. */
    readonly open: Effect.Effect<ReadonlyArray<OpenRequest>, BusUnavailable>
    /** What is remembered of a request, for each session that asked under this id: an id is unique for its asker alone. */
    readonly known: (requestId: string) => Effect.Effect<ReadonlyArray<KnownRequest>, BusUnavailable>
    /**
     * Answers a request of `asker`, and writes the verdict to it. `false`: this session was not asked, and
     * nothing was written. Fails with `TooLate` where the request has been answered or its time is over.
     */
    readonly answer: (
      answerer: SessionId,
      asker: string,
      verdict: Verdict,
      content: string
    ) => Effect.Effect<boolean, TooLate | BusUnavailable>
    /**
     * The same for a person at the command line, who may answer whatever a session asks of others, and answers the request that
     * was shown: fails with `TooLate` where another one stands in its place. `false`: there is no such request.
     */
    readonly answerAsPerson: (
      person: SessionId,
      shown: OpenRequest,
      behavior: Behavior
    ) => Effect.Effect<boolean, TooLate | BusUnavailable>
    /**
     * The answer that a message gives to a request of this session, where it is the accepted one, once: a second call finds
     * none. The message has to prove who gave it.
     */
    readonly collect: (
      asker: SessionId,
      verdict: Verdict,
      message: Message
    ) => Effect.Effect<Answer | undefined, BusUnavailable>
    /**
     * The same for the words of a 1.3.1 session, which prove nothing: they count as those of the session that was asked and
     * has the name that they give.
     */
    readonly collectUnproven: (
      asker: SessionId,
      verdict: Verdict,
      from: string
    ) => Effect.Effect<Answer | undefined, BusUnavailable>
    /** Forgets requests that ended an hour ago. */
    readonly sweep: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Requests") {
  static readonly layer = Layer.effect(
    Requests,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const proofs = yield* Proofs
      const { timing } = yield* Settings

      const ask = Effect.fn("Requests.ask")(function* (
        asker: SessionId,
        request: PermissionRequest,
        asked: ReadonlyArray<string>,
        content: string
      ) {
        const now = yield* clock.iso()
        const expiresAt = yield* clock.iso(timing.permissionLife)
        const signed: SignedRequest = {
          nonce: randomToken(),
          asker_id: asker,
          request_id: request.request_id,
          tool_name: storable(database.engine, shorten(request.tool_name, roomForTool)),
          content: storable(database.engine, content),
          created_at: now,
          expires_at: expiresAt,
          asked: JSON.stringify(asked)
        }
        const signature = proofs.keyOf(asker).sign(signedText(signed))
        yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* sql`DELETE FROM permission_asked WHERE asker_id = ${asker} AND request_id = ${request.request_id}`
            yield* sql`DELETE FROM permission_requests WHERE asker_id = ${asker} AND request_id = ${request.request_id}`
            yield* sql`INSERT INTO permission_requests (asker_id, request_id, tool_name, created_at, expires_at, content, nonce, asked, signature)
              VALUES (${asker}, ${request.request_id}, ${signed.tool_name}, ${now}, ${expiresAt}, ${signed.content},
                ${signed.nonce}, ${signed.asked}, ${signature})`
            yield* sql`INSERT INTO permission_asked (asker_id, request_id, session_id)
              SELECT DISTINCT ${asker}, ${request.request_id}, value FROM json_each(CAST(${signed.asked} AS TEXT))`
          })
        )
      })

      /** The requests that the sessions that they name have made. What somebody else put there is shown to nobody. */
      const genuine = <Row extends OpenRow>(rows: ReadonlyArray<Row>) =>
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

      const open = Effect.gen(function* () {
        const now = yield* clock.iso()
        const rows = yield* database.run(
          (sql) => sql<OpenRow>`SELECT ${sql.literal(openColumns)}
            FROM permission_requests WHERE answered_at IS NULL AND permission_requests.expires_at > ${now} ${sql.literal(newest)}`
        )
        return (yield* genuine(rows.toReversed())).map(openOf)
      }).pipe(Effect.withSpan("Requests.open"))

      const known = Effect.fn("Requests.known")(function* (requestId: string) {
        const now = yield* clock.iso()
        const rows = yield* database.run(
          (
            sql
          ) => sql<KnownRow>`SELECT ${sql.literal(`${openColumns}, ${boundedAs(room.id, "answered_at", "passed_on_at")}, ${answererName}`)} AS answered_by_name
            FROM permission_requests WHERE permission_requests.request_id = ${requestId} ${sql.literal(newest)}`
        )
        const endedOf = (row: KnownRow) => {
          if (row.answered_at !== null) return answeredBy(row.answered_by_name)
          return row.expires_at <= now ? notInTime : undefined
        }
        return (yield* genuine(rows.toReversed())).map(
          (row): KnownRequest => ({
            ...openOf(row),
            ended: endedOf(row),
            passedOn: row.passed_on_at !== null
          })
        )
      })

      const settle = Effect.fnUntraced(function* (
        answerer: SessionId,
        asker: string,
        { behavior, requestId }: Verdict,
        content: string,
        shown?: OpenRequest
      ) {
        const now = yield* clock.iso()
        const freshSince = yield* clock.iso(-timing.lease)
        const expiresAt = yield* clock.iso(timing.permissionLife)
        return yield* database.transaction((sql) =>
          Effect.gen(function* () {
            const requests =
              yield* sql<RequestRow>`SELECT ${sql.literal(`${boundedAs(room.id, "nonce", "answered_at")}, ${answererName}`)} AS answered_by_name
              FROM permission_requests WHERE asker_id = ${asker} AND request_id = ${requestId}
                AND (${shown === undefined ? 0 : 1} = 1 OR EXISTS (SELECT 1 FROM permission_asked AS asked
                  WHERE asked.asker_id = permission_requests.asker_id
                    AND asked.request_id = permission_requests.request_id AND session_id = ${answerer}))`
            const request = requests[0]
            if (request === undefined) return false
            if (shown !== undefined && request.nonce !== shown.nonce)
              return yield* new TooLate({ requestId, why: "is not the one that was shown any more" })
            if (request.answered_at !== null)
              return yield* new TooLate({ requestId, why: answeredBy(request.answered_by_name) })
            const taken = yield* sql`UPDATE permission_requests
              SET behavior = ${behavior}, answered_by = ${answerer}, answered_at = ${now}
              WHERE asker_id = ${asker} AND request_id = ${requestId} AND answered_at IS NULL AND expires_at > ${now}
              RETURNING request_id`
            if (taken.length === 0) {
              // In PostgreSQL somebody may have answered since it was looked for.
              const [first] = yield* sql<Pick<RequestRow, "answered_by_name">>`SELECT
                  (SELECT name FROM sessions WHERE id = answered_by) AS answered_by_name FROM permission_requests
                WHERE asker_id = ${asker} AND request_id = ${requestId} AND answered_at IS NOT NULL`
              return yield* new TooLate({
                requestId,
                why: first === undefined ? notInTime : answeredBy(first.answered_by_name)
              })
            }
            const dated = {
              from: answerer,
              to: [asker],
              nonces: [randomToken()],
              kind: "permission_verdict",
              content,
              metadata: {},
              options: {},
              ...(request.nonce === null ? {} : { request: request.nonce }),
              now,
              freshSince,
              expiresAt,
              keptUntil: null,
              batch: null,
              mailTo: null
            } as const
            const sender = yield* senderOf(sql, answerer)
            const copies = signCopies(database.engine, sender, proofs.keyOf(answerer), dated)
            const sent = copies === undefined ? [] : yield* copies(sql)
            if (sent.length === 0)
              return yield* new TooLate({ requestId, why: "was asked by a session that is gone" })
            return true
          })
        )
      })

      const answer = Effect.fn("Requests.answer")(
        (answerer: SessionId, asker: string, verdict: Verdict, content: string) =>
          settle(answerer, asker, verdict, content)
      )
      const answerAsPerson = Effect.fn("Requests.answerAsPerson")(
        (person: SessionId, shown: OpenRequest, behavior: Behavior) => {
          const { asker, requestId } = shown
          const words = `${behavior === "allow" ? "yes" : "no"} ${requestId}`
          return settle(person, asker, { requestId, behavior }, words, shown)
        }
      )

      const requestOf = Effect.fnUntraced(function* (asker: SessionId, requestId: RequestId) {
        const rows = yield* database.run(
          (sql) => sql<OpenRow>`SELECT ${sql.literal(openColumns)} FROM permission_requests
            WHERE asker_id = ${asker} AND request_id = ${requestId}`
        )
        return (yield* genuine(rows))[0]
      })

      const collect = Effect.fn("Requests.collect")(function* (
        asker: SessionId,
        { behavior, requestId }: Verdict,
        { fromId, fromKind, kind, request: answers }: Message
      ) {
        if (fromId === undefined || kind !== "permission_verdict") return undefined
        const request = yield* requestOf(asker, requestId)
        // An answer to an earlier request with the same five letters answers that one only.
        if (request === undefined || request.nonce === null || answers !== request.nonce) return undefined
        // What runs within a session is no person.
        if (fromKind !== "command line" && !isAsked(request.asked, fromId)) return undefined
        const now = yield* clock.iso()
        const rows = yield* database.run(
          (sql) => sql`UPDATE permission_requests
            SET passed_on_at = ${now} WHERE asker_id = ${asker} AND request_id = ${requestId} AND nonce = ${answers}
              AND answered_by = ${fromId} AND passed_on_at IS NULL
            RETURNING request_id`
        )
        return rows.length === 0 ? undefined : { behavior, answeredBy: fromId }
      })

      const collectUnproven = Effect.fn("Requests.collectUnproven")(function* (
        asker: SessionId,
        { behavior, requestId }: Verdict,
        from: string
      ) {
        const request = yield* requestOf(asker, requestId)
        if (request === undefined) return undefined
        const now = yield* clock.iso()
        const named = yield* database.run(
          (sql) => sql<{ id: SessionId }>`SELECT id FROM sessions
            WHERE (name = ${from} OR id = ${from}) AND protocol IS NULL ORDER BY id`
        )
        const answerer = named.find(({ id }) => isAsked(request.asked, id))?.id
        if (answerer === undefined || request.expires_at <= now) return undefined
        const rows = yield* database.run(
          (sql) => sql`UPDATE permission_requests
            SET passed_on_at = ${now}, answered_at = ${now}, answered_by = ${answerer}, behavior = ${behavior}
            WHERE asker_id = ${asker} AND request_id = ${requestId} AND nonce = ${request.nonce} AND answered_at IS NULL
            RETURNING request_id`
        )
        return rows.length === 0 ? undefined : { behavior, answeredBy: answerer }
      })

      const sweep = Effect.gen(function* () {
        const before = yield* clock.iso(-memory)
        yield* database.run((sql) => sql`DELETE FROM permission_requests WHERE expires_at <= ${before}`)
        yield* database.run(
          (sql) => sql`DELETE FROM permission_asked
            WHERE (asker_id, request_id) NOT IN (SELECT asker_id, request_id FROM permission_requests)`
        )
      }).pipe(Effect.withSpan("Requests.sweep"))

      return Requests.of({ ask, open, known, answer, answerAsPerson, collect, collectUnproven, sweep })
    })
  )
}
