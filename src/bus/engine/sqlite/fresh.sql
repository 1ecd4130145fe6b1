-- A bus as all migrations together make it (Migrations.ts). A file that is new is made in one go; a test compares the two.
CREATE TABLE "cc_dm_migrations" (
  migration_id integer PRIMARY KEY NOT NULL,
  created_at datetime NOT NULL DEFAULT current_timestamp,
  name VARCHAR(255) NOT NULL
);
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', role TEXT NOT NULL DEFAULT 'worker', cwd TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'active', last_seen TEXT NOT NULL, registered_at TEXT NOT NULL,
    project TEXT NOT NULL DEFAULT ''
  , protocol INTEGER, doorbell INTEGER, reach TEXT, doing TEXT, doing_since TEXT, kind TEXT, leased_until TEXT, version TEXT, host TEXT, owner TEXT, pid INTEGER, pid_started TEXT, pid_space TEXT, socket_space TEXT, conversation TEXT, former TEXT, agent TEXT);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, from_session TEXT NOT NULL, to_session TEXT NOT NULL, content TEXT NOT NULL,
    meta TEXT NOT NULL DEFAULT '{}', delivered INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL
  , protocol INTEGER, kind TEXT, sender_id TEXT, expires_at TEXT, kept_until TEXT, to_name TEXT, mail INTEGER, left_at TEXT, batch TEXT, from_project TEXT, from_kind TEXT, nonce TEXT, addressed TEXT, signature TEXT, words TEXT);
CREATE INDEX idx_messages_to_delivered ON messages(to_session, delivered);
CREATE UNIQUE INDEX sessions_name_lease ON sessions(name) WHERE protocol IS NOT NULL;
CREATE TABLE permission_requests (
    asker_id TEXT NOT NULL, request_id TEXT NOT NULL, tool_name TEXT NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL, behavior TEXT, answered_by TEXT, answered_at TEXT, passed_on_at TEXT, content TEXT, nonce TEXT, asked TEXT, signature TEXT,
    PRIMARY KEY (asker_id, request_id)
  );
CREATE TABLE permission_asked (
    asker_id TEXT NOT NULL, request_id TEXT NOT NULL, session_id TEXT NOT NULL,
    PRIMARY KEY (asker_id, request_id, session_id)
  );
CREATE TABLE conversations (
    conversation TEXT PRIMARY KEY, session_id TEXT NOT NULL, name TEXT, role TEXT, project TEXT, served_at TEXT NOT NULL
  , sealed_key TEXT);
CREATE TABLE receipts (
    message_id INTEGER PRIMARY KEY, state TEXT NOT NULL, pushed_at TEXT, accepted_at TEXT, handed_at TEXT, seen_at TEXT,
    ended_at TEXT, reason TEXT, quiet INTEGER, not_taken_at TEXT, told TEXT
  );
CREATE INDEX messages_sender ON messages(sender_id, delivered);
CREATE INDEX messages_held ON messages(to_name) WHERE mail = 1;
CREATE TABLE tidying (what TEXT PRIMARY KEY, done_at TEXT NOT NULL);
CREATE TABLE session_keys (session_id TEXT PRIMARY KEY, public_key TEXT NOT NULL, mark TEXT NOT NULL);
CREATE UNIQUE INDEX messages_nonce ON messages(nonce) WHERE nonce IS NOT NULL;
CREATE TABLE sendings (
    sender_id TEXT NOT NULL, sent_at TEXT NOT NULL, receiver TEXT NOT NULL, words TEXT NOT NULL, message_id INTEGER NOT NULL,
    PRIMARY KEY (sender_id, sent_at, receiver, words)
  ) WITHOUT ROWID;
CREATE TRIGGER messages_counted AFTER INSERT ON messages WHEN NEW.words IS NOT NULL BEGIN
    INSERT OR IGNORE INTO sendings (sender_id, sent_at, receiver, words, message_id) VALUES (NEW.sender_id, NEW.created_at,
      CASE WHEN NEW.batch IS NOT NULL THEN '' WHEN NEW.to_session = '' THEN NEW.to_name ELSE NEW.to_session END,
      NEW.words, NEW.id);
  END;
CREATE TABLE removals (what TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
    INSERT OR IGNORE INTO removals (what) VALUES ('log'), ('file');
  END;
CREATE TRIGGER permission_requests_removed AFTER DELETE ON permission_requests BEGIN
    INSERT OR IGNORE INTO removals (what) VALUES ('log'), ('file');
  END;
CREATE TRIGGER messages_numbered AFTER INSERT ON messages WHEN NEW.id NOT BETWEEN 1 AND 999999999999999 BEGIN
    SELECT RAISE(ABORT, 'no number of a message');
  END;
CREATE TRIGGER messages_renumbered BEFORE UPDATE OF id ON messages WHEN NEW.id NOT BETWEEN 1 AND 999999999999999 BEGIN
    SELECT RAISE(ABORT, 'no number of a message');
  END;
INSERT INTO cc_dm_migrations (migration_id, name) VALUES
  (1, 'tables_of_1_3_1'),
  (2, 'columns_of_version_2'),
  (3, 'one_holder_of_a_name'),
  (4, 'permission_requests'),
  (5, 'conversations'),
  (6, 'receipts'),
  (7, 'command_line'),
  (8, 'nothing'),
  (9, 'proofs'),
  (10, 'limits'),
  (11, 'machines'),
  (12, 'columns_of_1_3_1'),
  (13, 'numbers'),
  (14, 'processes'),
  (15, 'agents');
