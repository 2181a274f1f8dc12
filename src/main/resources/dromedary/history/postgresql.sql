-- A record of one event in one attempt, or of an event that was dropped or deleted (webhook 0).
-- All instants are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS attempt_history (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node TEXT NOT NULL,
  interesting INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  at BIGINT NOT NULL,
  destination TEXT NOT NULL,
  webhook INTEGER NOT NULL,
  webhook_name TEXT NOT NULL,
  message_id TEXT COLLATE "C" NOT NULL,
  type TEXT NOT NULL,
  number INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  class TEXT NOT NULL,
  status INTEGER,
  took_micros BIGINT NOT NULL,
  detail TEXT,
  next_at BIGINT,
  because TEXT,
  origin TEXT NOT NULL,
  user_hash BIGINT
);
-- The expiry reads positions, ages and sizes from this index alone.
CREATE INDEX IF NOT EXISTS attempt_history_expiry ON attempt_history (interesting, seq, at, bytes);
CREATE INDEX IF NOT EXISTS attempt_history_event ON attempt_history (message_id, seq);
CREATE INDEX IF NOT EXISTS attempt_history_webhook ON attempt_history (destination, webhook, seq);
CREATE INDEX IF NOT EXISTS attempt_history_failed ON attempt_history (destination, webhook, class, seq)
  WHERE outcome IN ('temporary', 'permanent');

-- A rollup: the counts of a minute or an hour (step is 60 or 3600 seconds). Webhook 0 is the destination.
CREATE TABLE IF NOT EXISTS attempt_rollup (
  step INTEGER NOT NULL,
  destination TEXT NOT NULL,
  webhook INTEGER NOT NULL,
  at BIGINT NOT NULL,
  node TEXT NOT NULL,
  ended TEXT NOT NULL,
  attempt_micros BYTEA NOT NULL,
  delivery_millis BYTEA NOT NULL,
  PRIMARY KEY (step, destination, webhook, at, node)
);
