-- A pending event. It may be claimed when it is due; claims are in the memory of the process only.
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

-- A dead letter: an event that was given up. It is kept until its retention ends or it is replayed.
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

-- Fingerprints of the message ids that were accepted, 16 bytes each, with those of a commit in one row. They are looked
-- up in memory, since an index over random values would write a page per event.
CREATE TABLE seen (
  id INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL,
  seen_at INTEGER NOT NULL
);
