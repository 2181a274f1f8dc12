-- A lane for events that have never been attempted and one for retries, so that the former do not wait for the latter.
CREATE INDEX outbox_fresh ON outbox (destination, due_at) WHERE attempts = 0;
CREATE INDEX outbox_retry ON outbox (destination, due_at) WHERE attempts > 0;
DROP INDEX outbox_due;
-- When an event was parked. If this and the due time are far in the future, the clock was wrong.
ALTER TABLE outbox ADD COLUMN parked_at BIGINT;
