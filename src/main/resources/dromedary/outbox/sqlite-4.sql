-- A replay of dead letters. Its events have its number while they are pending.
CREATE TABLE replay (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at INTEGER NOT NULL,
  rate INTEGER NOT NULL,
  events INTEGER NOT NULL,
  restored INTEGER NOT NULL,
  stopped_at INTEGER
);
ALTER TABLE outbox ADD COLUMN replay INTEGER;
CREATE INDEX outbox_replay ON outbox (replay, id) WHERE replay IS NOT NULL;

-- An event of a replay that ended other than by delivery, with the status of its last answer, or what an operator did
-- to it. There is a row per event rather than a counter, which writers of several nodes would contend for.
CREATE TABLE replay_end (
  replay INTEGER NOT NULL,
  id INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (replay, id)
);
