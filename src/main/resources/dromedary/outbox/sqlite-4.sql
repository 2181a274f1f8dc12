-- A replay of dead letters. Its events have its number until they are done.
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

-- An event of a replay that has become something else than delivered: the status of its last answer, or what was
-- done to it. One row an event, and no count, for which writers of several nodes would wait.
CREATE TABLE replay_end (
  replay INTEGER NOT NULL,
  id INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (replay, id)
);
