-- An id belongs to the role whose session had it first, also while that session is away. Nothing that was meant for it is read
-- by another role, and no other role answers under it.
CREATE TABLE id_owners (session_id TEXT PRIMARY KEY, owner NAME NOT NULL, used_at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE INDEX id_owners_used ON id_owners (used_at);

-- Of several who have used an id, the one whose key stands for it comes first: a session publishes its key before it joins.
INSERT INTO id_owners (session_id, owner) SELECT session_id, owner FROM session_keys;
INSERT INTO id_owners (session_id, owner) SELECT DISTINCT ON (session_id) session_id, owner FROM conversations
  ORDER BY session_id, served_at ON CONFLICT DO NOTHING;
INSERT INTO id_owners (session_id, owner) SELECT id, owner FROM sessions ON CONFLICT DO NOTHING;
INSERT INTO id_owners (session_id, owner) SELECT DISTINCT ON (sender_id) sender_id, from_owner FROM messages
  WHERE sender_id IS NOT NULL AND from_owner IS NOT NULL ORDER BY sender_id, id ON CONFLICT DO NOTHING;
DELETE FROM sessions WHERE owner <> (SELECT owner FROM id_owners WHERE session_id = sessions.id);
DELETE FROM conversations WHERE owner <> (SELECT owner FROM id_owners WHERE id_owners.session_id = conversations.session_id);

CREATE FUNCTION bind_id() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  INSERT INTO id_owners (session_id, owner) VALUES (to_jsonb(NEW) ->> TG_ARGV[0], NEW.owner)
    ON CONFLICT (session_id) DO UPDATE SET used_at = now() WHERE id_owners.owner = excluded.owner;
  IF NOT FOUND THEN
    RAISE insufficient_privilege USING MESSAGE = 'the id of a session belongs to the user who had it first';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sessions_bound BEFORE INSERT OR UPDATE OF id, owner ON sessions
  FOR EACH ROW EXECUTE FUNCTION bind_id('id');
CREATE TRIGGER session_keys_bound BEFORE INSERT OR UPDATE OF session_id, owner ON session_keys
  FOR EACH ROW EXECUTE FUNCTION bind_id('session_id');
CREATE TRIGGER conversations_bound BEFORE INSERT OR UPDATE OF session_id, owner ON conversations
  FOR EACH ROW EXECUTE FUNCTION bind_id('session_id');

CREATE FUNCTION owner_of(session text) RETURNS name LANGUAGE sql STABLE SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
  SELECT coalesce((SELECT owner FROM id_owners WHERE session_id = session), (SELECT owner FROM sessions WHERE id = session))
$$;

-- What a bus says in its own name goes out under no session's.
ALTER TABLE sessions ADD CHECK (name NOT IN ('cc-dm', 'all')) NOT VALID;

-- People at the command line: the same name of the same user is the same receiver on every machine, and nobody else can tell
-- beforehand which id that is.
CREATE TABLE people (
  owner NAME NOT NULL, name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64), id TEXT NOT NULL UNIQUE,
  PRIMARY KEY (owner, name)
);
INSERT INTO people (owner, name, id) SELECT owner, name, id FROM sessions WHERE kind = 'command line' AND name IS NOT NULL
  ON CONFLICT DO NOTHING;

CREATE FUNCTION person_id(wanted text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  INSERT INTO people (owner, name, id)
    VALUES (session_user, wanted, 'session-' || left(replace(gen_random_uuid()::text, '-', ''), 12))
    ON CONFLICT (owner, name) DO NOTHING;
  RETURN (SELECT id FROM people WHERE owner = session_user AND name = wanted);
END $$;

-- History that somebody brought along goes to nobody else: nothing was checked of it. Of what stands here by now, that is what a
-- session of its owner could not have written.
ALTER TABLE messages ADD COLUMN imported BOOLEAN NOT NULL DEFAULT false;
UPDATE messages SET imported = true WHERE from_owner = to_owner AND (protocol IS NULL
  OR sender_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = sender_id AND owner = from_owner));

-- Checked when a row is written, and again whenever it is changed.
DROP TRIGGER messages_owned ON messages;
CREATE OR REPLACE FUNCTION mark_owners() RETURNS trigger LANGUAGE plpgsql SET search_path = cc_dm, pg_temp AS $$
DECLARE
  sender sessions;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    -- A receiver may note that nothing proves a message; then it is chat of nobody's.
    IF NEW.sender_id IS DISTINCT FROM OLD.sender_id AND NEW.sender_id IS NOT NULL
        OR NEW.signature IS DISTINCT FROM OLD.signature AND NEW.signature IS NOT NULL
        OR NEW.kind IS DISTINCT FROM OLD.kind AND NEW.kind IS DISTINCT FROM 'chat' THEN
      RAISE insufficient_privilege USING MESSAGE = 'who wrote a message does not change, nor what it is';
    END IF;
    IF NEW.delivered IS DISTINCT FROM OLD.delivered AND NEW.delivered <> 3
        AND OLD.to_owner IS DISTINCT FROM session_user AND NOT is_ours() THEN
      RAISE insufficient_privilege USING MESSAGE = 'who wrote a message may end it, and not send it again';
    END IF;
    IF NEW.to_session IS DISTINCT FROM OLD.to_session THEN
      IF NOT is_ours() THEN
        RAISE insufficient_privilege USING MESSAGE = 'to whom a message goes does not change';
      END IF;
      NEW.to_owner := owner_of(NEW.to_session);
      IF NEW.imported AND NEW.to_owner <> NEW.from_owner THEN
        RAISE insufficient_privilege USING MESSAGE = 'history that was brought along goes to nobody else';
      END IF;
    END IF;
    RETURN NEW;
  END IF;
  -- The one to whom the schema belongs has sessions, too, and those say nothing of owners.
  IF NEW.from_owner IS NOT NULL AND is_ours() THEN RETURN NEW; END IF;
  NEW.from_owner := session_user;
  NEW.to_owner := owner_of(NEW.to_session);
  IF NEW.protocol IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = 'there are no sessions of 1.3.1 here';
  END IF;
  IF NEW.sender_id IS NULL THEN
    IF NEW.to_owner IS DISTINCT FROM session_user THEN
      RAISE insufficient_privilege USING MESSAGE = 'only its own server writes to a session as cc-dm';
    END IF;
  ELSE
    SELECT * INTO sender FROM sessions
      WHERE id = NEW.sender_id AND owner = session_user AND coalesce(nullif(name, ''), id) = NEW.from_session;
    IF NOT FOUND THEN
      RAISE insufficient_privilege USING MESSAGE = 'nobody writes as a session of another user, or under another name';
    END IF;
    IF coalesce(NEW.from_kind, 'session') <> coalesce(sender.kind, 'session') THEN
      RAISE insufficient_privilege USING MESSAGE = 'a session does not write as a person, nor a person as a session';
    END IF;
    IF NEW.kind = 'permission_verdict' AND NEW.to_owner IS DISTINCT FROM session_user
        AND NOT EXISTS (SELECT 1 FROM permission_asked WHERE asker_id = NEW.to_session AND asked_owner = session_user
          AND (session_id = NEW.sender_id OR sender.kind = 'command line')) THEN
      RAISE insufficient_privilege USING MESSAGE = 'a permission of another user is given only by who was asked';
    END IF;
  END IF;
  -- Whoever writes as the same session has to wait, and counts again what may be written if another was faster.
  IF NEW.words IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(52238, hashtext(NEW.sender_id));
    IF current_setting('cc_dm.counted', true) <> (SELECT CAST(count(*) AS TEXT) FROM sendings
        WHERE sender_id = NEW.sender_id) THEN
      RAISE serialization_failure USING MESSAGE = 'somebody else wrote as the same session';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER messages_owned BEFORE INSERT OR UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION mark_owners();
REVOKE UPDATE (to_session) ON messages FROM cc_dm_member;

-- Whose a session was when it was asked is noted then: only that user reads the request, and answers, by that session or as a
-- person.
ALTER TABLE permission_asked ADD COLUMN asked_owner NAME;
UPDATE permission_asked SET asked_owner = owner_of(session_id);
CREATE FUNCTION note_who_is_asked() RETURNS trigger LANGUAGE plpgsql SET search_path = cc_dm, pg_temp AS $$
BEGIN
  NEW.asked_owner := owner_of(NEW.session_id);
  RETURN NEW;
END $$;
CREATE TRIGGER permission_asked_noted BEFORE INSERT OR UPDATE ON permission_asked
  FOR EACH ROW EXECUTE FUNCTION note_who_is_asked();

DROP POLICY own ON permission_asked;
CREATE POLICY own ON permission_asked USING (owner = session_user) WITH CHECK (owner = session_user
  AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = asker_id AND sessions.owner = session_user));
DROP POLICY asked ON permission_asked;
CREATE POLICY asked ON permission_asked FOR SELECT USING (asked_owner = session_user
  OR pg_has_role(session_user, 'cc_dm_watcher', 'USAGE'));
DROP POLICY asked ON permission_requests;
CREATE POLICY asked ON permission_requests FOR SELECT USING (
  EXISTS (SELECT 1 FROM permission_asked AS one WHERE one.asker_id = permission_requests.asker_id
    AND one.request_id = permission_requests.request_id AND one.owner = permission_requests.owner
    AND one.asked_owner = session_user)
    OR pg_has_role(session_user, 'cc_dm_watcher', 'USAGE'));
DROP POLICY answered ON permission_requests;
CREATE POLICY answered ON permission_requests FOR UPDATE USING (
  EXISTS (SELECT 1 FROM permission_asked AS one WHERE one.asker_id = permission_requests.asker_id
    AND one.request_id = permission_requests.request_id AND one.owner = permission_requests.owner
    AND one.asked_owner = session_user)
) WITH CHECK (
  EXISTS (SELECT 1 FROM permission_asked AS one WHERE one.asker_id = permission_requests.asker_id
    AND one.request_id = permission_requests.request_id AND one.owner = permission_requests.owner
    AND one.asked_owner = session_user AND (one.session_id = permission_requests.answered_by
      OR EXISTS (SELECT 1 FROM sessions WHERE sessions.id = permission_requests.answered_by
        AND sessions.owner = session_user AND sessions.kind = 'command line'))));

CREATE FUNCTION answer_once() RETURNS trigger LANGUAGE plpgsql SET search_path = cc_dm, pg_temp AS $$
BEGIN
  IF OLD.owner <> session_user AND NOT is_ours()
      AND (OLD.answered_at IS NOT NULL OR NEW.passed_on_at IS DISTINCT FROM OLD.passed_on_at) THEN
    RAISE insufficient_privilege USING MESSAGE = 'the first answer to a request counts, and only who asked passes it on';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER permission_requests_answered BEFORE UPDATE ON permission_requests
  FOR EACH ROW EXECUTE FUNCTION answer_once();

-- Of another user's only a session that listened, and is gone, is taken off the roster. A person has a place without listening.
CREATE OR REPLACE FUNCTION remove_session(gone text, at text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  DELETE FROM sessions WHERE id = gone AND (owner = session_user OR (doorbell = 1 AND is_gone(gone)));
  IF FOUND THEN PERFORM leave(gone, no_later(at, interval '0')); END IF;
END $$;

CREATE OR REPLACE FUNCTION mail_for(wanted text, holder text, at text, fresh_since text)
RETURNS TABLE (id bigint, from_project text) LANGUAGE sql SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
  SELECT messages.id, from_project FROM messages
    WHERE mail = 1 AND to_name = wanted AND delivered = 2 AND sender_id <> holder
      AND expires_at > no_later(at, interval '0') AND (NOT imported OR from_owner = session_user)
      AND NOT is_live(to_session, no_later(fresh_since, interval '60 seconds'))
      AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = holder AND name = wanted AND owner = session_user)
$$;

-- To give is the right of who wrote it, and of who has the name.
CREATE OR REPLACE FUNCTION give_mail(ids text, holder text, fresh_since text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  UPDATE messages SET to_session = holder
    WHERE delivered = 2 AND mail = 1 AND id IN (SELECT value::bigint FROM json_each(ids))
      AND NOT is_live(to_session, no_later(fresh_since, interval '60 seconds'))
      AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = holder AND name = to_name
        AND session_user IN (owner, from_owner) AND (NOT imported OR owner = from_owner));
  PERFORM pg_notify(channel_of(holder), '');
END $$;

CREATE OR REPLACE FUNCTION mail_waiting_for(wanted text, at text) RETURNS bigint LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
  SELECT count(*) FROM messages WHERE mail = 1 AND NOT imported AND to_session = '' AND to_name = wanted
    AND delivered IN (0, 1, 2) AND coalesce(expires_at > at, true)
$$;

CREATE OR REPLACE FUNCTION import_message(message text, receipt text) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
DECLARE
  one messages;
  its receipts;
BEGIN
  one := jsonb_populate_record(NULL::messages, message::jsonb);
  one.from_owner := session_user;
  one.to_owner := session_user;
  one.imported := true;
  -- A number far beyond any file's would leave none for the messages of others.
  IF one.id IS NULL OR one.id NOT BETWEEN 1 AND 1000000000 OR EXISTS (SELECT 1 FROM messages WHERE id >= one.id) THEN
    one.id := nextval(pg_get_serial_sequence('messages', 'id'));
  ELSE
    PERFORM setval(pg_get_serial_sequence('messages', 'id'), one.id);
  END IF;
  one.words := NULL;
  INSERT INTO messages SELECT one.* ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF receipt IS NOT NULL THEN
    its := jsonb_populate_record(NULL::receipts, receipt::jsonb);
    its.message_id := one.id;
    INSERT INTO receipts SELECT its.*;
  END IF;
  RETURN one.id;
END $$;

CREATE OR REPLACE FUNCTION sweep_messages(at text, fresh_since text, an_hour_ago text, a_minute_ago text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  at := no_later(at, interval '0');
  an_hour_ago := no_later(an_hour_ago, interval '1 hour');
  fresh_since := no_later(fresh_since, interval '60 seconds');
  DELETE FROM messages WHERE id IN (
    SELECT messages.id FROM messages LEFT JOIN receipts ON message_id = messages.id WHERE CASE
      WHEN delivered IN (0, 2) THEN expires_at <= at AND coalesce(kept_until, '') <= at AND NOT is_live(sender_id, fresh_since)
      WHEN kept_until IS NOT NULL AND (state IN ('pushed', 'seen') OR told = 'ended' OR quiet = 1) THEN kept_until <= at
      WHEN kept_until IS NOT NULL THEN kept_until <= an_hour_ago
      WHEN state = 'seen' OR told = 'ended' THEN true
      ELSE NOT is_live(sender_id, fresh_since) AND NOT is_live(to_session, fresh_since) END);
  DELETE FROM receipts WHERE NOT EXISTS (SELECT 1 FROM messages WHERE messages.id = message_id);
  DELETE FROM session_keys WHERE session_id NOT IN (SELECT id FROM sessions)
    AND session_id NOT IN (SELECT session_id FROM conversations)
    AND NOT EXISTS (SELECT 1 FROM messages WHERE sender_id = session_keys.session_id);
  DELETE FROM sendings WHERE sent_at <= no_later(a_minute_ago, interval '1 minute');
  -- An id that nothing on the bus names any more is remembered as long as a conversation is; a person's for good.
  DELETE FROM id_owners WHERE used_at < now() - interval '30 days'
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = id_owners.session_id)
    AND NOT EXISTS (SELECT 1 FROM session_keys WHERE session_keys.session_id = id_owners.session_id)
    AND NOT EXISTS (SELECT 1 FROM conversations WHERE conversations.session_id = id_owners.session_id)
    AND NOT EXISTS (SELECT 1 FROM people WHERE people.id = id_owners.session_id)
    AND NOT EXISTS (SELECT 1 FROM messages WHERE sender_id = id_owners.session_id)
    AND NOT EXISTS (SELECT 1 FROM messages WHERE to_session = id_owners.session_id);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cc_dm FROM PUBLIC;
GRANT EXECUTE ON FUNCTION owner_of, person_id TO cc_dm_member;
-- The first file gives the right to read all tables, and this one was there before it.
REVOKE ALL ON migrations FROM cc_dm_member, cc_dm_watcher;
