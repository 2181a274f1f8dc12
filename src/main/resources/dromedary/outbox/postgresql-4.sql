-- A replay of dead letters. Its events have its number while they are pending.
CREATE TABLE replay (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started_at BIGINT NOT NULL,
  rate INTEGER NOT NULL,
  events BIGINT NOT NULL,
  restored BIGINT NOT NULL,
  stopped_at BIGINT
);
ALTER TABLE outbox ADD COLUMN replay BIGINT;
CREATE INDEX outbox_replay ON outbox (replay, id) WHERE replay IS NOT NULL;

-- An event of a replay that ended other than by delivery, with the status of its last answer, or what an operator did
-- to it. There is a row per event rather than a counter, which writers of several nodes would contend for.
CREATE TABLE replay_end (
  replay BIGINT NOT NULL,
  id BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (replay, id)
);
