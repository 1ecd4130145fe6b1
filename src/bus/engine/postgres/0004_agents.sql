-- Which agent a session is one of.
ALTER TABLE sessions ADD COLUMN agent TEXT;
