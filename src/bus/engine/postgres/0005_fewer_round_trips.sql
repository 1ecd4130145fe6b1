-- A function in SQL is planned at each call; PL/pgSQL keeps its plans for as long as the connection. These are on the way of each
-- message.
CREATE OR REPLACE FUNCTION is_connected(session text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF NOT pg_try_advisory_lock(52237, hashtext(session)) THEN RETURN true; END IF;
  RETURN NOT pg_advisory_unlock(52237, hashtext(session));
END $$;

-- Nearly everybody is connected, and that is the cheaper question.
CREATE OR REPLACE FUNCTION is_gone(session text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN NOT is_connected(session) AND is_settled();
END $$;

CREATE OR REPLACE FUNCTION owner_of(session text) RETURNS name LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT owner FROM id_owners WHERE session_id = session), (SELECT owner FROM sessions WHERE id = session));
END $$;

CREATE OR REPLACE FUNCTION is_live(session text, fresh_since text) RETURNS boolean LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM sessions WHERE id = session AND coalesce(leased_until, last_seen) > fresh_since);
END $$;

CREATE OR REPLACE FUNCTION waiting_for(receiver text, at text) RETURNS bigint LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  RETURN (SELECT count(*) FROM messages LEFT JOIN receipts ON message_id = messages.id
    WHERE to_session = receiver AND to_owner = (SELECT owner FROM sessions WHERE sessions.id = receiver)
      AND delivered IN (0, 1, 2) AND CASE delivered
      WHEN 1 THEN coalesce(state, 'queued') IN ('queued', 'accepted') ELSE coalesce(expires_at > at, true) END);
END $$;

CREATE OR REPLACE FUNCTION mail_waiting_for(wanted text, at text) RETURNS bigint LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = cc_dm, pg_temp AS $$
BEGIN
  RETURN (SELECT count(*) FROM messages WHERE mail = 1 AND NOT imported AND to_session = '' AND to_name = wanted
    AND delivered IN (0, 1, 2) AND coalesce(expires_at > at, true));
END $$;

-- What a server marks the messages with that it takes, so that it finds them if the connection was lost before it heard which they were.
ALTER TABLE messages ADD COLUMN claim TEXT;
GRANT UPDATE (claim) ON messages TO cc_dm_member;
