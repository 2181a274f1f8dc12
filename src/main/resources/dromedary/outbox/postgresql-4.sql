-- A replay of dead letters. Its events have its number until they are done.
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

-- An event of a replay that has become something else than delivered: the status of its last answer, or what was
-- done to it. One row an event, and no count, for which writers of several nodes would wait.
CREATE TABLE replay_end (
  replay BIGINT NOT NULL,
  id BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (replay, id)
);
