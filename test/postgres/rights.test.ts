/** What a user may read and write on a bus of several, asked of the server itself: with SQL by hand, as another role. */
import { describe, expect } from "bun:test"
import { Effect, type Scope } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { flooding, idIn, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { type PostgresBus, postgresBus, sessionOn, type User } from "../../testkit/postgres/bus.ts"
import { ccdm } from "../cli/command.ts"
import { withPostgres } from "../support/withPostgres.ts"

const idOf = (number: number) => `session-${String(number).padStart(12, "0")}`
const [aliceId, bobId, malloryId, goneId] = [1, 2, 3, 4].map(idOf) as [string, string, string, string]

const soon = "cc_dm.iso(now() + interval '1 minute')"
const justNow = "cc_dm.iso(now())"
const longAgo = "'2020-01-01T00:00:00.000Z'"

const joining = (id: string, name: string, seen = justNow) =>
  `INSERT INTO sessions (id, name, role, status, last_seen, registered_at, protocol)
    VALUES ('${id}', '${name}', 'worker', 'active', ${seen}, ${seen}, 2)`

const writing = (from: string, name: string, to: string, content: string, more = "") =>
  `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind, sender_id,
      expires_at, nonce, words${more === "" ? "" : ", mail, to_name"})
    VALUES ('${name}', '${to}', '${content}', '{}', 2, ${justNow}, 2, 'chat', '${from}', ${soon}, md5(random()::text), 'w'${more})`

/** Mail for a name. */
const mailTo = (name: string) => `, 1, '${name}'`

type Bus = Effect.Success<ReturnType<typeof threeUsers>>

/** Ada's session alice wrote to ben's bob; mallory has one of her own, and wes only watches. */
const threeUsers = () =>
  Effect.gen(function* () {
    const bus = yield* postgresBus(["ada", "ben", "mallory", "wes"], { watchers: ["wes"] })
    const { ada, ben, mallory, wes } = bus.users
    for (const [user, id, name] of [
      [ada, aliceId, "alice"],
      [ben, bobId, "bob"],
      [mallory, malloryId, "mallory"]
    ] as const)
      expect(yield* user.sql(joining(id, name))).toBe("")
    expect(yield* ada.sql(writing(aliceId, "alice", bobId, "for bob alone"))).toBe("")
    yield* ada.sql(
      `INSERT INTO receipts (message_id, state) SELECT id, 'queued' FROM messages;
       INSERT INTO session_keys (session_id, public_key, mark) VALUES ('${aliceId}', 'key', 'none');
       INSERT INTO conversations (conversation, session_id, served_at) VALUES ('hash', '${aliceId}', ${justNow});
       INSERT INTO permission_requests (asker_id, request_id, tool_name, created_at, expires_at, content, nonce)
         VALUES ('${aliceId}', 'abcde', 'Bash', ${justNow}, ${soon}, 'rm -r', 'n');
       INSERT INTO permission_asked (asker_id, request_id, session_id) VALUES ('${aliceId}', 'abcde', '${bobId}')`
    )
    return { bus, ada, ben, mallory, wes }
  })

const tables = [
  "messages",
  "receipts",
  "permission_requests",
  "permission_asked",
  "conversations",
  "sendings"
] as const

/** How many rows of each table somebody sees. */
const seenBy = (user: User) =>
  Effect.map(
    user.sql(`SELECT ${tables.map((table) => `(SELECT count(*) FROM ${table})`).join(", ")}`),
    (row) => Object.fromEntries(tables.map((table, index) => [table, Number(row.split("|")[index])]))
  )

/** All rows of a bus, as whoever sees all of them does. */
const everything = (bus: Pick<PostgresBus, "sql">) =>
  bus.sql(
    [...tables, "sessions", "session_keys"]
      .map((table) => `SELECT '${table}', t::text FROM cc_dm.${table} AS t`)
      .join(" UNION ALL ")
      .concat(" ORDER BY 1, 2")
  )

/** Does something as somebody, and makes sure that nothing on the bus is another than before. */
const changesNothing = Effect.fnUntraced(function* ({ bus }: Pick<Bus, "bus">, user: User, text: string) {
  const before = yield* everything(bus)
  const said = yield* user.sql(text)
  expect(yield* everything(bus)).toBe(before)
  return said
})

const users = (name: string, body: (bus: Bus) => Effect.Effect<void, never, Scope.Scope>) =>
  withPostgres(name, Effect.flatMap(threeUsers(), body))

const denied =
  /permission denied|violates row-level security|nobody writes as a session of another user|belongs to the user who had it first/

describe("what was written between two users", () => {
  users("is read by the two, and by nobody else but who watches", ({ ada, ben, mallory, wes }) =>
    Effect.gen(function* () {
      const all = {
        messages: 1,
        receipts: 1,
        permission_requests: 1,
        permission_asked: 1,
        conversations: 1,
        sendings: 1
      }
      expect(yield* seenBy(ada)).toEqual(all)
      expect(yield* seenBy(ben)).toEqual({ ...all, conversations: 0, sendings: 0 })
      expect(yield* seenBy(mallory)).toEqual(
        Object.fromEntries(tables.map((table) => [table, 0])) as Record<string, number>
      )
      expect(yield* seenBy(wes)).toEqual({ ...all, conversations: 0, sendings: 0 })
      for (const user of [ben, mallory, wes])
        expect(yield* user.sql("SELECT name FROM sessions ORDER BY name")).toBe("alice\nbob\nmallory")
    })
  )

  users("is changed and deleted by nobody else", ({ bus, mallory, wes }) =>
    Effect.gen(function* () {
      const changes = [
        "UPDATE messages SET delivered = 1",
        "DELETE FROM messages",
        "UPDATE receipts SET state = 'seen'",
        "DELETE FROM receipts",
        `UPDATE sessions SET name = 'taken' WHERE name = 'alice'`,
        `DELETE FROM sessions WHERE name <> 'mallory'`,
        `UPDATE session_keys SET public_key = 'mine'`,
        "DELETE FROM session_keys",
        "UPDATE conversations SET session_id = 'x'",
        "DELETE FROM conversations",
        "UPDATE permission_requests SET behavior = 'allow', answered_by = 'me'",
        "DELETE FROM permission_requests",
        "DELETE FROM permission_asked",
        "DELETE FROM sendings"
      ]
      for (const change of changes) {
        expect([change, yield* changesNothing({ bus }, mallory, change)]).toEqual([change, ""])
        expect([change, yield* changesNothing({ bus }, wes, change)]).toEqual([
          change,
          expect.stringMatching(denied)
        ])
      }
      for (const change of ["TRUNCATE messages", "UPDATE messages SET content = 'x'", "DROP TABLE messages"])
        expect(yield* changesNothing({ bus }, mallory, change)).toMatch(/permission denied|must be owner/)
    })
  )
})

describe("a role", () => {
  users("writes only as its own sessions, and under their names", ({ bus, mallory, wes }) =>
    Effect.gen(function* () {
      const forged = [
        writing(aliceId, "alice", bobId, "as alice"),
        writing(aliceId, "mallory", bobId, "as alice under her name"),
        writing(malloryId, "alice", bobId, "as herself under the name of alice"),
        writing(idOf(99), idOf(99), bobId, "as nobody there"),
        // As cc-dm, and as an old version, which name no sender.
        writing(aliceId, "cc-dm", bobId, "as cc-dm").replace(`'${aliceId}'`, "NULL"),
        joining(idOf(5), "zed").replace("(id,", "(owner, id,").replace("VALUES (", "VALUES ('postgres', "),
        joining(aliceId, "alice2"),
        `INSERT INTO session_keys (session_id, public_key, mark) VALUES ('${aliceId}', 'k', 'none')
          ON CONFLICT (session_id) DO UPDATE SET public_key = 'mine'`,
        `INSERT INTO permission_requests (asker_id, request_id, tool_name, created_at, expires_at)
          VALUES ('${aliceId}', 'zzzzz', 'Bash', ${justNow}, ${soon})`
      ]
      for (const text of forged) {
        const said = yield* changesNothing({ bus }, mallory, text)
        expect([text, said]).toEqual([
          text,
          expect.stringMatching(
            /row-level security|nobody writes as|only its own server|belongs to the user who had it first|permission denied/
          )
        ])
        expect(yield* changesNothing({ bus }, wes, text)).toMatch(denied)
      }
      // Nor does it become another's later.
      yield* mallory.sql(writing(malloryId, "mallory", bobId, "mine"))
      expect(
        yield* changesNothing(
          { bus },
          mallory,
          `UPDATE messages SET sender_id = '${aliceId}' WHERE sender_id = '${malloryId}'`
        )
      ).toContain("who wrote a message does not change")
      expect(
        yield* changesNothing(
          { bus },
          mallory,
          `UPDATE sessions SET owner = 'postgres' WHERE name = 'mallory'`
        )
      ).toMatch(denied)
    })
  )

  users("is found neither by another's name nor by another's id", ({ bus, mallory }) =>
    Effect.gen(function* () {
      for (const text of [joining("alice", "zed"), joining(idOf(6), bobId)])
        expect(yield* changesNothing({ bus }, mallory, text)).toContain("check constraint")
      expect(yield* changesNothing({ bus }, mallory, joining(idOf(6), "alice"))).toContain("duplicate key")
    })
  )

  users("does not take the numbers of others' messages", ({ ada, bus, mallory }) =>
    Effect.gen(function* () {
      const text = writing(malloryId, "mallory", bobId, "x").replace("(from_session", "(id, from_session")
      expect(yield* changesNothing({ bus }, mallory, text.replace("VALUES (", "VALUES (2, "))).toMatch(denied)
      const imported = (id: string) =>
        `SELECT import_message('{"id": ${id}, "content": "old", "delivered": 4}', NULL)`
      expect(Number(yield* mallory.sql(imported("9000000000000000000")))).toBeLessThan(1_000)
      expect(Number(yield* mallory.sql(imported("-5")))).toBeGreaterThan(0)
      expect(yield* ada.sql(writing(aliceId, "alice", bobId, "still room"))).toBe("")
    })
  )

  users("that was not asked for a permission can't say that it was", ({ bus, mallory }) =>
    Effect.gen(function* () {
      yield* mallory.sql(
        `INSERT INTO permission_asked (asker_id, request_id, session_id) VALUES ('${aliceId}', 'abcde', '${malloryId}')`
      )
      expect(yield* mallory.sql("SELECT count(*) FROM permission_requests")).toBe("0")
      expect(
        yield* changesNothing(
          { bus },
          mallory,
          `UPDATE permission_requests SET behavior = 'allow', answered_by = '${malloryId}'`
        )
      ).toBe("")
    })
  )

  users("that was asked answers, and changes nothing else of the request", ({ ben, bus }) =>
    Effect.gen(function* () {
      for (const column of ["content", "asked", "owner", "signature", "expires_at"])
        expect(yield* changesNothing({ bus }, ben, `UPDATE permission_requests SET ${column} = 'x'`)).toMatch(
          denied
        )
      expect(
        yield* ben.sql(
          `UPDATE permission_requests SET behavior = 'allow', answered_by = '${bobId}' RETURNING request_id`
        )
      ).toBe("abcde")
    })
  )

  users("that made the bus takes part like any other", ({ ben, bus }) =>
    Effect.gen(function* () {
      // Here that is the superuser, whom nothing holds to any rule.
      yield* bus.sql(
        `SET search_path = cc_dm; ${joining(idOf(7), "root")}; ${writing(idOf(7), "root", bobId, "from root")}`
      )
      expect(yield* ben.sql("SELECT content FROM messages WHERE from_session = 'root'")).toBe("from root")
    })
  )
})

const future = "'9999-12-31T00:00:00.000Z'"
const past = "''"

describe("the schema's own functions, asked by somebody hostile", () => {
  users("change nothing of those who are there", ({ ada, bus, mallory, wes }) =>
    Effect.gen(function* () {
      yield* ada.sql(writing(aliceId, "alice", "", "for a name", mailTo("nobody-yet")))
      const times = [future, past, "NULL", justNow]
      const calls = times.flatMap((at) =>
        times.flatMap((since) => [
          `free_name('alice', '${malloryId}', ${since}, ${at})`,
          `free_name('alice', NULL, ${since}, ${at})`,
          `free_name(NULL, NULL, ${since}, ${at})`,
          `sweep_sessions(${since}, ${at})`,
          `remove_session('${aliceId}', ${at})`,
          `sweep_messages(${at}, ${since}, ${at}, ${at})`,
          `give_mail((SELECT '[' || string_agg(n::text, ',') || ']' FROM generate_series(1, 9) AS n), '${malloryId}', ${since})`
        ])
      )
      const before = yield* everything(bus)
      yield* mallory.sql(calls.map((call) => `SELECT ${call};`).join("\n"))
      expect(yield* everything(bus)).toBe(before)
      expect(yield* mallory.sql(`SELECT count(*) FROM mail_for('nobody-yet', '${malloryId}', '', '')`)).toBe(
        "0"
      )
      expect(yield* mallory.sql(`SELECT count(*) FROM mail_for('nobody-yet', '${aliceId}', '', '')`)).toBe(
        "0"
      )
      for (const call of calls) expect(yield* wes.sql(`SELECT ${call}`)).toMatch(denied)
    })
  )

  users(
    "free the name of a session that is truly gone, and leave its mail for the next",
    ({ ada, ben, bus, mallory }) =>
      Effect.gen(function* () {
        yield* ben.sql(joining(goneId, "gone", longAgo))
        yield* ada.sql(writing(aliceId, "alice", goneId, "a letter", mailTo("gone")))
        yield* mallory.sql(`SELECT free_name('gone', '${malloryId}', ${future}, ${future})`)
        expect(yield* bus.sql("SELECT count(*) FROM cc_dm.sessions WHERE name = 'gone'")).toBe("0")
        expect(yield* bus.sql("SELECT to_session FROM cc_dm.messages WHERE content = 'a letter'")).toBe("")
        // Who takes the name gets the letter; who does not have it gets nothing.
        const letter = "(SELECT '[' || id || ']' FROM messages WHERE content = 'a letter')"
        yield* mallory.sql(`SELECT give_mail('[1,2,3,4,5]', '${malloryId}', '')`)
        expect(yield* bus.sql("SELECT to_session FROM cc_dm.messages WHERE content = 'a letter'")).toBe("")
        yield* mallory.sql(`SELECT give_mail('[1,2,3,4,5]', '${bobId}', '')`)
        expect(yield* bus.sql("SELECT to_session FROM cc_dm.messages WHERE content = 'a letter'")).toBe("")
        yield* ben.sql(`UPDATE sessions SET name = 'gone' WHERE name = 'bob'`)
        yield* ada.sql(`SELECT give_mail(${letter}, '${bobId}', '')`)
        expect(yield* ben.sql("SELECT content FROM messages WHERE mail = 1")).toBe("a letter")
      })
  )

  users("look only where they were meant to, whatever a caller puts in between", ({ bus, mallory }) =>
    Effect.gen(function* () {
      const shadow = `CREATE TEMP TABLE sessions AS SELECT * FROM cc_dm.sessions;
        UPDATE pg_temp.sessions SET owner = session_user, last_seen = '', name = 'mallory';
        INSERT INTO pg_temp.sessions SELECT * FROM cc_dm.sessions WHERE false;
        CREATE TEMP TABLE timelines AS SELECT * FROM cc_dm.timelines;
        GRANT ALL ON pg_temp.sessions, pg_temp.timelines TO PUBLIC;
        SET search_path = pg_temp, cc_dm;`
      const tricks = [
        writing(aliceId, "mallory", bobId, "forged").replace("INTO messages", "INTO cc_dm.messages"),
        `SELECT cc_dm.free_name('mallory', '', ${future}, ${future})`,
        `SELECT cc_dm.sweep_sessions(${future}, ${future})`,
        `SELECT cc_dm.remove_session('${aliceId}', ${future})`,
        `SELECT cc_dm.give_mail('[1,2,3]', '${aliceId}', '')`,
        `SELECT cc_dm.sweep_messages(${future}, ${future}, ${future}, ${future})`
      ]
      for (const trick of tricks) yield* changesNothing({ bus }, mallory, `${shadow} ${trick}`)
      expect(
        yield* bus.sql(
          `SELECT string_agg(proname, ', ') FROM pg_proc WHERE pronamespace = 'cc_dm'::regnamespace
            AND (prosecdef OR prorettype = 'trigger'::regtype)
            AND NOT coalesce(proconfig @> ARRAY['search_path=cc_dm, pg_temp'], false)`
        )
      ).toBe("")
      expect(
        yield* bus.sql(
          `SELECT count(*) FROM pg_proc WHERE pronamespace = 'cc_dm'::regnamespace
            AND EXISTS (SELECT 1 FROM aclexplode(proacl) WHERE grantee = 0)`
        )
      ).toBe("0")
    })
  )

  users("count what waits for somebody only by what that one will be shown", ({ ben, mallory }) =>
    Effect.gen(function* () {
      yield* mallory.sql(
        `SELECT import_message(jsonb_build_object('id', n, 'to_session', '${bobId}', 'delivered', 2)::text, NULL)
          FROM generate_series(1, 300) AS n`
      )
      expect(yield* ben.sql(`SELECT waiting_for('${bobId}', ${justNow})`)).toBe("1")
      expect(yield* seenBy(ben)).toMatchObject({ messages: 1 })
    })
  )
})

/** Asks for a permission, as the client does. */
const asking = (id: string) => ({
  request_id: id,
  tool_name: "Bash",
  description: "d",
  input_preview: "i"
})
const request = "notifications/claude/channel/permission_request"
const verdict = "notifications/claude/channel/permission"

describe("several users with real servers", () => {
  withPostgres(
    "write to each other, say whose a session is, and keep what others write from each other",
    Effect.gen(function* () {
      const { users } = yield* postgresBus(["ada", "ben", "cyd"])
      const alice = yield* sessionOn(users.ada.url, "alice")
      const bob = yield* sessionOn(users.ben.url, "bob")
      const carol = yield* sessionOn(users.cyd.url, "carol")
      expect((yield* alice.call("dm", { to: "bob", content: "between us" })).json).toMatchObject({
        success: true
      })
      expect((yield* bob.next).params).toMatchObject({
        content: "between us",
        meta: { from_session: "alice" }
      })
      expect((yield* carol.call("who")).json["sessions"]).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: "alice", user: users.ada.name }),
          expect.objectContaining({ name: "bob", user: users.ben.name })
        ])
      )
      expect((yield* carol.call("inbox", { unseen: false })).json["messages"]).toEqual([])
      const taken = yield* carol.call("register", { name: "alice", role: "worker" })
      expect(taken.json["error"]).toContain('the name "alice" is held by another session')
    })
  )

  withPostgres(
    "take a verdict of another user's session only where that user is named",
    Effect.gen(function* () {
      const { users } = yield* postgresBus(["ada", "ben"])
      const relay = (approver: string) => ({
        CC_DM_PERMISSION_RELAY: "1",
        CC_DM_PERMISSION_APPROVER: approver
      })
      const trusting = yield* sessionOn(users.ada.url, "trusting", relay(`bob@${users.ben.name}`))
      const wary = yield* sessionOn(users.ada.url, "wary", relay("bob"))
      const project = yield* sessionOn(users.ada.url, "project", { CC_DM_PERMISSION_RELAY: "1" })
      const bob = yield* sessionOn(users.ben.url, "bob")
      expect((yield* trusting.call("who")).json).toMatchObject({ permission_approver: { reachable: true } })
      expect((yield* wary.call("who")).json).toMatchObject({ permission_approver: { reachable: false } })

      yield* wary.notify(request, asking("abcde"))
      yield* project.notify(request, asking("abcdf"))
      yield* trusting.notify(request, asking("abcdg"))
      expect((yield* bob.next).params.content).toContain("Permission request abcdg")
      // He was asked by one of them alone; to the others the same words are chat.
      for (const [to, id] of [
        ["wary", "abcde"],
        ["project", "abcdf"]
      ] as const) {
        yield* bob.call("dm", { to, content: `yes ${id}` })
        const asker = to === "wary" ? wary : project
        const events = [yield* asker.next]
        while (!events.at(-1)?.params.content?.includes(id)) events.push(yield* asker.next)
        expect(events.map(({ method }) => method)).not.toContain(verdict)
      }
      expect((yield* bob.call("dm", { to: "trusting", content: "yes abcdg" })).json).toMatchObject({
        success: true
      })
      const events = [yield* trusting.next]
      while (events.at(-1)?.method !== verdict) events.push(yield* trusting.next)
      expect(events.at(-1)?.params).toMatchObject({ request_id: "abcdg", behavior: "allow" })
    })
  )

  withPostgres(
    "whose clients are given no more than to watch say so, and the session goes on",
    Effect.gen(function* () {
      const { users } = yield* postgresBus(["ada", "wes"], { watchers: ["wes"] })
      yield* sessionOn(users.ada.url, "alice")
      const home = yield* temporaryHome
      const session = yield* startReady({
        home,
        env: named("peeping", { ...flooding, CC_DM_BUS_URL: users.wes.url })
      })
      const { isError, json } = yield* session.call("dm", { to: "alice", content: "hello" })
      expect(isError).toBe(true)
      expect(json["error"]).toContain("does not give this user the rights it needs")
    })
  )

  withPostgres(
    "write from the command line under a name that another user had before",
    Effect.gen(function* () {
      const { sql, users } = yield* postgresBus(["ada", "ben"])
      const alice = yield* sessionOn(users.ada.url, "alice")
      const home = yield* temporaryHome
      for (const { name, url } of [users.ada, users.ben]) {
        const sent = yield* ccdm(home, ["send", "alice", `from ${name}`, "--from", "deploy"], {
          CC_DM_BUS_URL: url
        })
        expect(sent).toMatchObject({ code: 0, stderr: "" })
        expect((yield* alice.next).params).toMatchObject({ content: `from ${name}` })
        // As a day later.
        yield* sql("DELETE FROM cc_dm.sessions WHERE name = 'deploy'")
      }
    })
  )

  withPostgres(
    "leave a name to whoever takes it, when its holder has ended",
    Effect.gen(function* () {
      const { sql, users } = yield* postgresBus(["ada", "ben"])
      const first = yield* sessionOn(users.ada.url, "planner")
      yield* first.closeStdin
      yield* first.ended
      expect(yield* sql("SELECT count(*) FROM cc_dm.sessions")).toBe("0")
      const second = yield* sessionOn(users.ben.url, "planner")
      const { json } = yield* eventually(second.call("who"), ({ json }) => idIn(json, "planner") !== "")
      expect(json).toMatchObject({ count: 1, _identity: { name: "planner" } })
    })
  )
})
