/**
 * What a second ordinary user can do to the others on a bus, with SQL by hand: statements of every kind, each of which is refused or
 * changes nothing of the others, shows nothing of theirs, and puts no words into their mouths.
 */
import { describe, expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Redacted, Result } from "effect"
import { connect } from "../../src/bus/engine/postgres/PostgresClient.ts"
import { root } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { postgresBus } from "../../testkit/postgres/bus.ts"
import { ccdm } from "../cli/command.ts"
import { withPostgres } from "../support/withPostgres.ts"

const idOf = (number: number) => `session-${String(number).padStart(12, "0")}`
const [alice, bob, mallory, gone, keyless, free] = [1, 2, 3, 4, 5, 99].map(idOf) as [
  string,
  string,
  string,
  string,
  string,
  string
]

const soon = "cc_dm.iso(now() + interval '1 hour')"
const justNow = "cc_dm.iso(now())"

const joining = (id: string, name: string, more = "", values = "") =>
  `INSERT INTO cc_dm.sessions (id, name, role, status, last_seen, registered_at, protocol${more})
    VALUES ('${id}', '${name}', 'worker', 'active', ${justNow}, ${justNow}, 2${values})`

interface Row {
  readonly from?: string | null
  readonly name?: string
  readonly to?: string
  readonly kind?: string
  readonly fromKind?: string
  readonly protocol?: string
  readonly more?: string
  readonly values?: string
}

const writing = (content: string, row: Row = {}) => {
  const { from = mallory, fromKind = "session", kind = "chat", more = "", name = "mallory" } = row
  const sender = from === null ? "NULL" : `'${from}'`
  return `INSERT INTO cc_dm.messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind, sender_id,
      expires_at, kept_until, nonce, signature, from_kind${more})
    VALUES ('${name}', '${row.to ?? bob}', '${content}', '{}', 2, ${justNow}, ${row.protocol ?? "2"}, '${kind}', ${sender},
      ${soon}, ${soon}, md5(random()::text), 'signed', '${fromKind}'${row.values ?? ""})`
}

/** Words that are not mallory's. */
const secrets = [
  "for-bob-alone",
  "a-letter",
  "rm -r secret",
  "nonce-of-the-request",
  "sealed-secret",
  "hash-of-a-conversation"
]

const asking = (owner: string, asked: string, id: string) =>
  `INSERT INTO cc_dm.permission_requests (asker_id, request_id, tool_name, created_at, expires_at, content, nonce)
      VALUES ('${owner}', '${id}', 'Bash', ${justNow}, ${soon}, 'rm -r secret', 'nonce-of-the-request-${id}');
    INSERT INTO cc_dm.permission_asked (asker_id, request_id, session_id) VALUES ('${owner}', '${id}', '${asked}')`

const key = (id: string) =>
  `INSERT INTO cc_dm.session_keys (session_id, public_key, mark) VALUES ('${id}', 'public', 'none')`

/** Ada's alice has written to ben's bob, asked him and one of her own that has left since, and left a letter for nobody yet. */
const attacked = Effect.gen(function* () {
  const bus = yield* postgresBus(["ada", "ben", "mallory"])
  const { ada, ben } = bus.users
  const mustRun = Effect.fnUntraced(function* (user: typeof ada, text: string) {
    expect([text, yield* user.sql(text)]).toEqual([text, ""])
  })
  yield* mustRun(
    ada,
    `${key(alice)}; ${joining(alice, "alice")}; ${key(gone)}; ${joining(gone, "gone")}; ${joining(keyless, "keyless")}`
  )
  yield* mustRun(ben, `${key(bob)}; ${joining(bob, "bob")}`)
  yield* mustRun(bus.users.mallory, `${key(mallory)}; ${joining(mallory, "mallory")}`)
  yield* mustRun(
    ada,
    `${writing("for-bob-alone", { from: alice, name: "alice", more: ", words", values: ", 'w'" })};
     ${writing("a-letter", { from: alice, name: "alice", to: "", more: ", mail, to_name", values: ", 1, 'nobody-yet'" })};
     ${writing("for-bob-alone too", { from: alice, name: "alice", to: gone })};
     INSERT INTO cc_dm.receipts (message_id, state) SELECT id, 'queued' FROM cc_dm.messages;
     INSERT INTO cc_dm.conversations (conversation, session_id, served_at, sealed_key)
       VALUES ('hash-of-a-conversation', '${alice}', ${justNow}, 'sealed-secret'),
         ('hash-of-a-conversation too', '${gone}', ${justNow}, 'sealed-secret too');
     ${asking(alice, bob, "abcde")}; ${asking(alice, gone, "abcdf")}; ${asking(alice, keyless, "abcdg")};
     ${joining(idOf(7), "ada-cli", ", kind, leased_until, doorbell", `, 'command line', ${soon}, 0`)};
     DO $$ BEGIN PERFORM cc_dm.person_id('ada-cli'); END $$;
     DELETE FROM cc_dm.sessions WHERE id IN ('${gone}', '${keyless}')`
  )
  // As half a minute after the server's start.
  yield* bus.sql(`CREATE OR REPLACE FUNCTION cc_dm.is_gone(session text) RETURNS boolean LANGUAGE sql VOLATILE
    AS $$ SELECT NOT cc_dm.is_connected(session) $$`)
  return bus
})

const numbers = "(SELECT '[' || string_agg(n::text, ',') || ']' FROM generate_series(1, 50) AS n)"
const forging = (
  content: string
) => `jsonb_build_object('id', 500, 'from_session', 'alice', 'to_session', '${bob}', 'content',
  '${content}', 'meta', '{}', 'delivered', 2, 'protocol', 2, 'kind', 'chat', 'sender_id', '${alice}', 'mail', 1, 'to_name', 'bob',
  'expires_at', ${soon}, 'from_owner', 'postgres', 'to_owner', 'postgres', 'imported', false)::text`
const tables = [
  "messages",
  "receipts",
  "permission_requests",
  "permission_asked",
  "conversations",
  "sendings",
  "id_owners",
  "people",
  "migrations"
]
const leak = `CREATE FUNCTION pg_temp.leak(words text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
  BEGIN INSERT INTO pg_temp.leaked VALUES (words); RETURN true; END $$`
const leaking = (table: string, column: string) => [
  "CREATE TEMP TABLE leaked (words text)",
  leak,
  `SELECT count(*) FROM cc_dm.${table} WHERE pg_temp.leak(${column})`,
  "SELECT * FROM pg_temp.leaked"
]
const inTransaction = (...statements: ReadonlyArray<string>) => ["BEGIN", ...statements, "COMMIT"]

/** By kind. Each is one statement, or some that follow each other. */
const attempts: Readonly<Record<string, ReadonlyArray<string | ReadonlyArray<string>>>> = {
  SELECT: [
    ...tables.map((table) => `SELECT * FROM cc_dm.${table}`),
    "SELECT content FROM ONLY cc_dm.messages FOR UPDATE",
    "TABLE cc_dm.messages",
    "SELECT m FROM cc_dm.messages AS m TABLESAMPLE SYSTEM (100)",
    `SELECT content FROM cc_dm.messages WHERE id IN ${numbers.replace("'[' || string_agg(n::text, ',') || ']'", "n")}`,
    `SELECT nonce FROM cc_dm.permission_requests WHERE asker_id = '${alice}'`,
    "SELECT (SELECT string_agg(content, '') FROM cc_dm.messages)",
    "WITH m AS (SELECT * FROM cc_dm.messages) SELECT row_to_json(m) FROM m",
    ["SET row_security = off", "SELECT * FROM cc_dm.messages"],
    "SELECT query_to_xml('SELECT * FROM cc_dm.messages', true, true, '')",
    "SELECT table_to_xml('cc_dm.messages', true, true, '')",
    "SELECT schema_to_xml('cc_dm', true, true, '')",
    "SELECT ts_stat.word FROM ts_stat('SELECT to_tsvector(content) FROM cc_dm.messages') AS ts_stat",
    "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM cc_dm.messages",
    leaking("messages", "content"),
    leaking("permission_requests", "nonce"),
    leaking("conversations", "sealed_key"),
    leaking("receipts", "state"),
    "SELECT * FROM cc_dm.messages WHERE content::integer > 0",
    "SELECT 1 / (CASE WHEN content LIKE 'for%' THEN 0 ELSE 1 END) FROM cc_dm.messages"
  ],
  INSERT: [
    joining(alice, "alice2"),
    joining(gone, "gone"),
    joining(keyless, "keyless"),
    joining(gone, gone, ", kind", ", 'command line'"),
    joining(free, "alice"),
    joining(free, bob),
    joining(free, "cc-dm"),
    joining(free, "all"),
    joining(free, "zed", ", owner", ", 'postgres'"),
    key(gone),
    key(keyless),
    `${key(alice)} ON CONFLICT (session_id) DO UPDATE SET public_key = 'mine'`,
    `INSERT INTO cc_dm.session_keys (session_id, owner, public_key, mark) VALUES ('${free}', 'postgres', 'k', 'none')`,
    writing("as alice", { from: alice, name: "alice" }),
    writing("as alice, with mallory's name", { from: alice }),
    writing("under the name of alice", { name: "alice" }),
    writing("as one that left", { from: gone, name: "gone" }),
    writing("as nobody", { from: free, name: free }),
    writing("as cc-dm", { from: null, name: "cc-dm" }),
    writing("as cc-dm, to one that left", { from: null, name: "cc-dm", to: gone }),
    writing("as a notice", { from: null, name: "cc-dm", kind: "notice" }),
    writing("as 1.3.1", { protocol: "NULL" }),
    writing("as a person, from a session", { fromKind: "command line" }),
    writing("yes abcde", { to: alice, kind: "permission_verdict" }),
    writing("yes abcdf", { to: alice, kind: "permission_verdict", fromKind: "command line" }),
    writing("with an owner", { more: ", from_owner", values: ", 'postgres'" }),
    writing("for a reader", { more: ", to_owner", values: ", session_user" }),
    writing("as history", { more: ", imported", values: ", true" }),
    writing("with a number", { more: ", id", values: ", 1" }),
    `INSERT INTO cc_dm.receipts (message_id, state) SELECT n, 'seen' FROM generate_series(1, 50) AS n ON CONFLICT DO NOTHING`,
    `INSERT INTO cc_dm.permission_asked (asker_id, request_id, session_id) VALUES ('${alice}', 'abcde', '${mallory}')`,
    `INSERT INTO cc_dm.permission_asked (asker_id, request_id, session_id, owner) VALUES ('${alice}', 'abcde', '${mallory}', 'postgres')`,
    `INSERT INTO cc_dm.permission_asked (asker_id, request_id, session_id, asked_owner) VALUES ('${alice}', 'abcde', '${mallory}', session_user)`,
    `INSERT INTO cc_dm.permission_requests (asker_id, request_id, tool_name, created_at, expires_at)
      VALUES ('${alice}', 'zzzzz', 'Bash', ${justNow}, ${soon})`,
    `INSERT INTO cc_dm.permission_requests (asker_id, request_id, tool_name, created_at, expires_at)
      VALUES ('${gone}', 'zzzzz', 'Bash', ${justNow}, ${soon})`,
    `INSERT INTO cc_dm.conversations (conversation, session_id, served_at) VALUES ('mine', '${alice}', ${justNow})`,
    `INSERT INTO cc_dm.conversations (conversation, session_id, served_at) VALUES ('mine', '${gone}', ${justNow})`,
    `INSERT INTO cc_dm.conversations (conversation, session_id, served_at) VALUES ('hash-of-a-conversation', '${mallory}', ${justNow})
      ON CONFLICT (conversation) DO UPDATE SET session_id = excluded.session_id RETURNING *`,
    `INSERT INTO cc_dm.sendings (sender_id, sent_at, receiver, words, message_id, owner)
      VALUES ('${alice}', ${justNow}, '${bob}', 'w', 1, 'postgres')`,
    "INSERT INTO cc_dm.versions (version) VALUES (99)",
    "INSERT INTO cc_dm.migrations (migration_id, name) VALUES (99, 'mine')",
    "INSERT INTO cc_dm.timelines (timeline, since) VALUES ('x', '-infinity')",
    `INSERT INTO cc_dm.id_owners (session_id, owner) VALUES ('${free}', session_user)`,
    `INSERT INTO cc_dm.people (owner, name, id) VALUES ('postgres', 'root', '${free}')`
  ],
  UPDATE: [
    "UPDATE cc_dm.messages SET content = 'x'",
    "UPDATE cc_dm.messages SET delivered = 1",
    "UPDATE cc_dm.messages SET from_owner = session_user",
    "UPDATE cc_dm.messages SET to_owner = session_user",
    `UPDATE cc_dm.messages SET to_session = '${mallory}'`,
    [
      writing("and then to bob", { to: mallory }),
      `UPDATE cc_dm.messages SET to_session = '${bob}' WHERE content = 'and then to bob'`
    ],
    [
      writing("and then alice's", { to: mallory }),
      `UPDATE cc_dm.messages SET sender_id = '${alice}' WHERE content = 'and then alice''s'`
    ],
    [
      writing("and then a verdict", { to: alice }),
      "UPDATE cc_dm.messages SET kind = 'permission_verdict' WHERE content = 'and then a verdict'"
    ],
    [
      writing("and then signed"),
      "UPDATE cc_dm.messages SET signature = 'another' WHERE content = 'and then signed'"
    ],
    "UPDATE cc_dm.receipts SET state = 'seen'",
    "UPDATE cc_dm.receipts SET message_id = 1",
    "UPDATE cc_dm.sessions SET name = 'taken' WHERE name = 'alice'",
    `UPDATE cc_dm.sessions SET id = '${gone}' WHERE id = '${mallory}'`,
    `UPDATE cc_dm.sessions SET id = '${keyless}' WHERE id = '${mallory}'`,
    `UPDATE cc_dm.sessions SET id = '${alice}' WHERE id = '${mallory}'`,
    `UPDATE cc_dm.sessions SET owner = 'postgres' WHERE id = '${mallory}'`,
    `UPDATE cc_dm.sessions SET name = 'bob' WHERE id = '${mallory}'`,
    `UPDATE cc_dm.sessions SET name = '${bob}' WHERE id = '${mallory}'`,
    `UPDATE cc_dm.sessions SET name = 'cc-dm' WHERE id = '${mallory}'`,
    "UPDATE cc_dm.session_keys SET public_key = 'mine' WHERE session_id <> 'x'",
    `UPDATE cc_dm.session_keys SET session_id = '${gone}' WHERE session_id = '${mallory}'`,
    `UPDATE cc_dm.session_keys SET session_id = '${keyless}' WHERE session_id = '${mallory}'`,
    `UPDATE cc_dm.permission_requests SET behavior = 'allow', answered_by = '${mallory}', answered_at = ${justNow}`,
    `UPDATE cc_dm.permission_requests SET behavior = 'allow', answered_by = '${gone}', answered_at = ${justNow}`,
    `UPDATE cc_dm.permission_requests SET passed_on_at = ${justNow}`,
    "UPDATE cc_dm.permission_requests SET owner = session_user",
    `UPDATE cc_dm.permission_asked SET session_id = '${mallory}'`,
    `UPDATE cc_dm.conversations SET session_id = '${mallory}'`,
    "UPDATE cc_dm.sendings SET sent_at = ''",
    "UPDATE cc_dm.versions SET version = 99",
    "UPDATE cc_dm.id_owners SET owner = session_user",
    "UPDATE cc_dm.people SET owner = session_user"
  ],
  DELETE: [
    ...["sessions", "session_keys", ...tables, "versions", "timelines", "tidying"].map(
      (table) =>
        `DELETE FROM cc_dm.${table} WHERE ${table === "sessions" || table === "session_keys" ? "owner <> session_user" : "true"}`
    ),
    "MERGE INTO cc_dm.receipts USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE"
  ],
  TRUNCATE: ["TRUNCATE cc_dm.messages", "TRUNCATE cc_dm.sessions CASCADE", "TRUNCATE cc_dm.id_owners"],
  COPY: [
    "COPY cc_dm.messages TO '/tmp/stolen'",
    "COPY cc_dm.messages TO PROGRAM 'cat > /tmp/stolen'",
    "COPY cc_dm.messages FROM '/etc/passwd'",
    "COPY cc_dm.sessions FROM PROGRAM 'id'"
  ],
  LOCK: [
    inTransaction("LOCK TABLE cc_dm.messages IN ROW EXCLUSIVE MODE"),
    inTransaction("LOCK TABLE cc_dm.id_owners IN ACCESS EXCLUSIVE MODE"),
    inTransaction("SELECT pg_advisory_xact_lock(52237, 0)"),
    `SELECT pg_advisory_unlock_shared(52237, hashtext('${alice}'))`
  ],
  CREATE: [
    "CREATE TABLE cc_dm.mine (id integer)",
    "CREATE FUNCTION cc_dm.is_ours() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE OR REPLACE FUNCTION cc_dm.is_ours() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE OR REPLACE FUNCTION cc_dm.owner_of(session text) RETURNS name LANGUAGE sql AS 'SELECT session_user'",
    "CREATE TRIGGER mine BEFORE INSERT ON cc_dm.messages FOR EACH ROW EXECUTE FUNCTION cc_dm.mark_owners()",
    "CREATE POLICY mine ON cc_dm.messages USING (true)",
    "CREATE RULE mine AS ON INSERT TO cc_dm.messages DO INSTEAD NOTHING",
    "CREATE INDEX mine ON cc_dm.messages (content)",
    "CREATE VIEW public.mine AS SELECT * FROM cc_dm.messages",
    ["CREATE TEMP VIEW mine AS SELECT * FROM cc_dm.messages", "SELECT * FROM pg_temp.mine"],
    "CREATE SCHEMA mine",
    "CREATE ROLE mine SUPERUSER",
    "CREATE EXTENSION dblink",
    "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION cc_dm.mark_owners()",
    "CREATE PUBLICATION mine FOR TABLE cc_dm.messages",
    "CREATE STATISTICS cc_dm.mine ON id, content FROM cc_dm.messages",
    "CREATE OPERATOR cc_dm.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
    "CREATE CAST (text AS integer) WITH INOUT AS IMPLICIT"
  ],
  ALTER: [
    "ALTER TABLE cc_dm.messages DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE cc_dm.messages DISABLE TRIGGER ALL",
    "ALTER TABLE cc_dm.messages OWNER TO CURRENT_USER",
    "ALTER TABLE cc_dm.sessions ALTER owner SET DEFAULT 'postgres'",
    "ALTER POLICY own ON cc_dm.messages USING (true)",
    "ALTER FUNCTION cc_dm.mark_owners() RESET ALL",
    "ALTER SCHEMA cc_dm RENAME TO mine",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE cc_dm_member BYPASSRLS",
    "ALTER SEQUENCE cc_dm.messages_id_seq RESTART WITH 1",
    "ALTER SYSTEM SET session_replication_role = 'replica'",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA cc_dm GRANT ALL ON TABLES TO PUBLIC"
  ],
  DROP: [
    "DROP TABLE cc_dm.messages",
    "DROP TRIGGER messages_owned ON cc_dm.messages",
    "DROP POLICY own ON cc_dm.messages",
    "DROP FUNCTION cc_dm.owner_of(text) CASCADE",
    "DROP SCHEMA cc_dm CASCADE",
    "DROP ROLE cc_dm_member",
    "DROP OWNED BY postgres"
  ],
  GRANT: [
    "GRANT ALL ON ALL TABLES IN SCHEMA cc_dm TO PUBLIC",
    "GRANT cc_dm_watcher TO CURRENT_USER",
    "GRANT cc_dm_member TO PUBLIC",
    "GRANT pg_read_all_data TO CURRENT_USER",
    "REVOKE ALL ON ALL TABLES IN SCHEMA cc_dm FROM cc_dm_member",
    "REASSIGN OWNED BY postgres TO CURRENT_USER"
  ],
  SET: [
    ["SET ROLE cc_dm_member", "SELECT * FROM cc_dm.messages"],
    ["SET ROLE cc_dm_member", writing("as the role", { from: alice, name: "alice" })],
    "SET ROLE postgres",
    "SET ROLE cc_dm_watcher",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = 'replica'",
    [
      "SET search_path = pg_temp, cc_dm",
      "CREATE TEMP TABLE sessions AS SELECT * FROM cc_dm.sessions",
      "UPDATE pg_temp.sessions SET owner = session_user, name = 'mallory'",
      writing("past a table of mine", { from: alice })
    ],
    [
      "CREATE TEMP TABLE id_owners AS SELECT session_user AS owner, 'x' AS session_id",
      "SET search_path = pg_temp, cc_dm",
      joining(gone, "gone")
    ],
    [
      "CREATE TEMP TABLE permission_asked (asker_id text, request_id text, session_id text, asked_owner name)",
      `INSERT INTO pg_temp.permission_asked VALUES ('${alice}', 'abcde', '${mallory}', session_user)`,
      "SET search_path = pg_temp, cc_dm",
      writing("yes abcde", { to: alice, kind: "permission_verdict" })
    ],
    [
      "CREATE FUNCTION pg_temp.owner_of(session text) RETURNS name LANGUAGE sql AS 'SELECT session_user::name'",
      "SET search_path = pg_temp, cc_dm",
      writing("as cc-dm", { from: null, name: "cc-dm" })
    ],
    [
      "CREATE FUNCTION pg_temp.is_ours() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
      "SET search_path = pg_temp, cc_dm",
      writing("with an owner", { more: ", from_owner", values: ", 'postgres'" })
    ],
    [
      "SELECT set_config('cc_dm.counted', '0', false)",
      writing("twice", { from: alice, more: ", words", values: ", 'w'" })
    ]
  ],
  "functions of the schema": [
    `SELECT cc_dm.free_name('alice', '${mallory}', '9999', '9999')`,
    "SELECT cc_dm.sweep_sessions('9999', '9999')",
    "SELECT cc_dm.sweep_messages('9999', '9999', '9999', '9999')",
    `SELECT cc_dm.remove_session('${alice.slice(0, -1)}7', '9999')`,
    `SELECT * FROM cc_dm.mail_for('nobody-yet', '${mallory}', '', '')`,
    `SELECT * FROM cc_dm.mail_for('bob', '${bob}', '', '')`,
    `SELECT cc_dm.give_mail(${numbers}, '${mallory}', '')`,
    `SELECT cc_dm.give_mail(${numbers}, '${bob}', '9999')`,
    `SELECT cc_dm.put_mail_back(${numbers}, '${bob}')`,
    `SELECT cc_dm.leave('${bob}', '9999')`,
    "SELECT cc_dm.remove_stale(NULL, NULL, '9999', '9999')",
    `SELECT cc_dm.import_message(${forging("as history from alice")}, NULL)`,
    [
      `SELECT cc_dm.import_message(${forging("history, given")}, NULL)`,
      `SELECT cc_dm.give_mail((SELECT '[' || string_agg(id::text, ',') || ']' FROM cc_dm.messages), '${bob}', '')`
    ],
    [
      `SELECT cc_dm.import_message(${forging("history, moved")}, NULL)`,
      `UPDATE cc_dm.messages SET to_session = to_session WHERE content = 'history, moved'`
    ],
    [
      `SELECT cc_dm.import_message(${forging("history, made chat")}, NULL)`,
      `UPDATE cc_dm.messages SET kind = 'chat', sender_id = NULL WHERE content = 'history, made chat'`
    ],
    "SELECT cc_dm.arrive()",
    "SELECT cc_dm.person_id('ada-cli')",
    "SELECT cc_dm.person_id(repeat('x', 1000000))",
    `SELECT cc_dm.owner_of('${alice}')`,
    `SELECT cc_dm.waiting_for('${bob}', '')`,
    "SELECT cc_dm.json_each('[{}]')",
    "SELECT cc_dm.json_each('nonsense')",
    "SELECT cc_dm.bind_id()"
  ],
  "functions of the server": [
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> session_user",
    "SELECT setval('cc_dm.messages_id_seq', 1)",
    "SELECT nextval('cc_dm.messages_id_seq')",
    "SELECT pg_reload_conf()",
    "SELECT pg_relation_filepath('cc_dm.messages')",
    "SELECT * FROM pg_logical_slot_get_changes('x', NULL, NULL)",
    "DO $$ BEGIN UPDATE cc_dm.messages SET delivered = 1; DELETE FROM cc_dm.receipts; END $$",
    "DO $$ BEGIN EXECUTE 'SET ROLE postgres'; END $$",
    "DO LANGUAGE plpython3u $$ import os $$"
  ],
  "NOTIFY and LISTEN": [
    `NOTIFY cc_dm_${bob.slice(-12)}, 'x'`,
    `LISTEN cc_dm_${bob.slice(-12)}`,
    `SELECT pg_notify('cc_dm_${bob.slice(-12)}', repeat('x', 7000))`
  ],
  catalogs: [
    "SELECT query FROM pg_stat_activity WHERE usename <> session_user",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT most_common_vals FROM pg_stats WHERE schemaname = 'cc_dm'",
    "SELECT stavalues1 FROM pg_statistic",
    "SELECT prosrc FROM pg_proc WHERE pronamespace = 'cc_dm'::regnamespace",
    "UPDATE pg_class SET relrowsecurity = false WHERE relname = 'messages'",
    "DELETE FROM pg_policy",
    "COMMENT ON TABLE cc_dm.messages IS 'mine'",
    "SECURITY LABEL ON TABLE cc_dm.messages IS 'mine'",
    "VACUUM cc_dm.messages",
    "ANALYZE cc_dm.messages",
    "REINDEX TABLE cc_dm.messages",
    "CLUSTER cc_dm.messages"
  ]
}

const list = Object.entries(attempts).flatMap(([kind, some]) =>
  some.map((attempt) => ({ kind, statements: typeof attempt === "string" ? [attempt] : attempt }))
)

/** All that is not mallory's. */
const ofOthers = (role: string) =>
  [
    ...[
      "sessions",
      "session_keys",
      "permission_requests",
      "permission_asked",
      "conversations",
      "sendings",
      "id_owners",
      "people"
    ].map(
      (table) => `SELECT '${table}' AS what, t::text AS row FROM cc_dm.${table} AS t WHERE owner <> '${role}'`
    ),
    `SELECT 'messages', t::text FROM cc_dm.messages AS t WHERE from_owner <> '${role}'`,
    `SELECT 'receipts', t::text FROM cc_dm.receipts AS t WHERE EXISTS
      (SELECT 1 FROM cc_dm.messages WHERE id = message_id AND from_owner <> '${role}')`,
    "SELECT 'versions', t::text FROM cc_dm.versions AS t",
    "SELECT 'migrations', t::text FROM cc_dm.migrations AS t",
    "SELECT 'policies', t::text FROM pg_policies AS t WHERE schemaname = 'cc_dm'",
    "SELECT 'functions', prosrc || proname FROM pg_proc WHERE pronamespace = 'cc_dm'::regnamespace",
    "SELECT 'tables', relname || relrowsecurity FROM pg_class WHERE relnamespace = 'cc_dm'::regnamespace AND relkind = 'r'"
  ]
    .join(" UNION ALL ")
    .concat(" ORDER BY 1, 2")

/** What others are shown of mallory's that a session of hers could not say in her own name. */
const putIntoMouths = (role: string) => `SELECT content FROM cc_dm.messages WHERE from_owner = '${role}'
  AND to_owner IS DISTINCT FROM '${role}' AND NOT (to_owner IS NULL)
  AND (sender_id IS DISTINCT FROM '${mallory}' OR from_session <> 'mallory' OR from_kind <> 'session'
    OR kind NOT IN ('chat') OR protocol IS NULL OR imported)`

const connectAs = (
  url: { readonly socketFolder: string; readonly port: number },
  user: string,
  password: string | undefined,
  database: string
) =>
  Effect.map(
    connect({
      host: url.socketFolder,
      port: url.port,
      username: user,
      database,
      ...(password === undefined ? {} : { password: Redacted.make(password) }),
      ssl: false
    }),
    ({ sql }) => sql
  )

const undoing = [
  "ROLLBACK",
  "RESET ROLE",
  "RESET ALL",
  "SELECT pg_advisory_unlock_all()",
  "UNLISTEN *",
  "DISCARD TEMP"
]

describe("a second user", () => {
  withPostgres(
    `tries ${list.length} statements, and each is refused or harmless`,
    Effect.gen(function* () {
      const bus = yield* attacked
      const { name, server, users } = bus
      const role = users.mallory.name
      const all = yield* connectAs(server, server.superuser, undefined, name)
      const hers = yield* connectAs(server, role, users.mallory.password, name)
      const before = JSON.stringify(yield* Effect.orDie(all.unsafe(ofOthers(role))))
      expect(secrets.filter((secret) => !before.includes(secret))).toEqual([])
      let refused = 0
      for (const { kind, statements } of list) {
        const shown: Array<unknown> = []
        for (const statement of statements) {
          const result = yield* Effect.result(hers.unsafe(statement))
          if (Result.isSuccess(result)) shown.push(result.success)
          else {
            refused += 1
            shown.push(String(result.failure.reason.cause))
            break
          }
        }
        for (const statement of undoing) yield* Effect.ignore(hers.unsafe(statement))
        const what = `${kind}: ${statements.join("; ")}`
        const said = JSON.stringify(shown)
        expect([what, secrets.filter((secret) => !what.includes(secret) && said.includes(secret))]).toEqual([
          what,
          []
        ])
        expect([what, yield* Effect.orDie(all.unsafe(putIntoMouths(role)))]).toEqual([what, []])
        const after = JSON.stringify(yield* Effect.orDie(all.unsafe(ofOthers(role))))
        if (after !== before) expect([what, after]).toEqual([what, before])
      }
      expect(readFileSync(join(root, "SECURITY.md"), "utf8")).toContain(`runs ${list.length} attempts`)
      expect(refused).toBeGreaterThan(100)
    })
  )
})

describe("the id of a session", () => {
  withPostgres(
    "stays its owner's after the session has left, whether its key stands or not: who takes it reads and answers nothing",
    Effect.gen(function* () {
      const { users } = yield* attacked
      const { mallory: her } = users
      for (const id of [gone, keyless]) {
        expect(yield* her.sql(joining(id, id))).toContain("belongs to the user who had it first")
        expect(yield* her.sql(`UPDATE sessions SET id = '${id}' WHERE id = '${mallory}'`)).toContain(
          "belongs to the user who had it first"
        )
      }
      expect(yield* her.sql("SELECT count(*) FROM permission_requests")).toBe("0")
      // Its owner comes back, with all that was meant for it.
      expect(yield* users.ada.sql(joining(gone, "gone"))).toBe("")
      expect(yield* users.ada.sql(`SELECT content FROM messages WHERE to_session = '${gone}'`)).toBe(
        "for-bob-alone too"
      )
    })
  )

  withPostgres(
    "is needed to answer for it: a verdict of a session that was not asked, or of another user's person, is not written",
    Effect.gen(function* () {
      const { sql, users } = yield* attacked
      const { ben, mallory: her } = users
      const verdict = (from: string, name: string, fromKind = "session") =>
        writing("yes abcde", { from, name, to: alice, kind: "permission_verdict", fromKind })
      expect(yield* her.sql(verdict(mallory, "mallory"))).toContain("given only by who was asked")
      expect(yield* her.sql(verdict(mallory, "mallory", "command line"))).toContain(
        "does not write as a person"
      )
      yield* her.sql(`UPDATE sessions SET kind = 'command line' WHERE id = '${mallory}'`)
      expect(yield* her.sql(verdict(mallory, "mallory", "command line"))).toContain(
        "given only by who was asked"
      )
      expect(yield* ben.sql(verdict(bob, "bob"))).toBe("")
      // Ben answers for his session himself, too.
      const person = idOf(8)
      yield* ben.sql(joining(person, "ben-cli", ", kind", ", 'command line'"))
      expect(yield* ben.sql(verdict(person, "ben-cli", "command line"))).toBe("")
      expect(yield* her.sql(verdict(person, "ben-cli", "command line"))).toContain(
        "nobody writes as a session of another user"
      )
      // The first answer counts, and only of who gives it.
      const answering = (by: string) =>
        `UPDATE permission_requests SET behavior = 'allow', answered_by = '${by}', answered_at = ${justNow} WHERE request_id = 'abcde'`
      expect(yield* ben.sql(answering(alice))).toContain("violates row-level security")
      expect(yield* ben.sql(answering(bob))).toBe("")
      expect(yield* ben.sql(answering(bob))).toContain("the first answer to a request counts")
      expect(
        yield* sql(
          "SELECT string_agg(answered_by, ' ') FROM cc_dm.permission_requests WHERE answered_by IS NOT NULL"
        )
      ).toBe(bob)
    })
  )

  withPostgres(
    "that a person has is the same on each machine, another one for each user, and told to nobody beforehand",
    Effect.gen(function* () {
      const { sql, users } = yield* postgresBus(["ada", "ben"])
      const idOfDeploy = Effect.fnUntraced(function* (url: string) {
        const home = yield* temporaryHome
        const { code, stderr } = yield* ccdm(home, ["inbox", "--name", "deploy"], { CC_DM_BUS_URL: url })
        expect([code, stderr]).toEqual([0, expect.anything()])
        return yield* sql("SELECT id FROM cc_dm.sessions WHERE name = 'deploy'")
      })
      const first = yield* idOfDeploy(users.ada.url)
      expect(first).toMatch(/^session-[0-9a-f]{12}$/)
      expect(yield* idOfDeploy(users.ada.url)).toBe(first)
      yield* sql("DELETE FROM cc_dm.sessions")
      expect(yield* idOfDeploy(users.ada.url)).toBe(first)
      yield* sql("DELETE FROM cc_dm.sessions")
      const other = yield* idOfDeploy(users.ben.url)
      expect(other).not.toBe(first)
      expect(yield* users.ben.sql("SELECT * FROM people")).toContain("permission denied")
      expect(yield* users.ben.sql("SELECT * FROM id_owners")).toContain("permission denied")
    })
  )
})
