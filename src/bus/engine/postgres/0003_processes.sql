-- Which process a session is, so that others can tell whether it is still there, and what it was called before. On a bus of
-- several machines the connection tells who is there: the first four stay empty.
ALTER TABLE sessions ADD COLUMN pid INTEGER, ADD COLUMN pid_started TEXT, ADD COLUMN pid_space TEXT,
  ADD COLUMN socket_space TEXT, ADD COLUMN conversation TEXT, ADD COLUMN former TEXT;
