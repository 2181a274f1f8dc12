-- An event that is not done. It may be claimed when it is due, of which only the process knows.
-- All instants are milliseconds since 1970.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  progress TEXT,
  body BLOB NOT NULL
);
CREATE INDEX outbox_due ON outbox (destination, due_at);

-- An event that was given up, until its retention is over or it is replayed.
CREATE TABLE dead_letter (
  id INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  last_status INTEGER,
  first_attempt_at INTEGER,
  last_attempt_at INTEGER,
  dead_at INTEGER NOT NULL,
  webhooks TEXT,
  body BLOB NOT NULL
);
CREATE INDEX dead_letter_dead_at ON dead_letter (dead_at);

-- Fingerprints of the message ids that were accepted, 16 bytes each, those of a commit together:
-- they are looked up in memory, since an index over random values would cost a page an event.
CREATE TABLE seen (
  id INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL,
  seen_at INTEGER NOT NULL
);
