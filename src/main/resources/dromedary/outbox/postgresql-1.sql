-- A pending event. It may be claimed when it is due; claim_token is set while it is claimed.
-- All instants are milliseconds since 1970.
CREATE TABLE outbox (
  id BIGINT PRIMARY KEY,
  destination TEXT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  accepted_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  claim_token BIGINT,
  attempts INTEGER NOT NULL,
  progress TEXT,
  body BYTEA NOT NULL
);
CREATE INDEX outbox_due ON outbox (destination, due_at);
-- Rows are deleted all the time: vacuum by their number, not by a share of a table that may have been large.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
-- Nodes take ids in blocks of this size.
CREATE SEQUENCE outbox_id INCREMENT BY 1000;

-- A dead letter: an event that was given up. It is kept until its retention ends or it is replayed.
CREATE TABLE dead_letter (
  id BIGINT PRIMARY KEY,
  destination TEXT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  accepted_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  last_status INTEGER,
  first_attempt_at BIGINT,
  last_attempt_at BIGINT,
  dead_at BIGINT NOT NULL,
  webhooks TEXT,
  body BYTEA NOT NULL
);
CREATE INDEX dead_letter_dead_at ON dead_letter (dead_at);

-- Fingerprints of the message ids that were accepted.
CREATE TABLE seen (
  fingerprint UUID PRIMARY KEY,
  seen_at BIGINT NOT NULL
);
CREATE INDEX seen_seen_at ON seen USING brin (seen_at);
