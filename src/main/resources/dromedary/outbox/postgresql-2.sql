-- Events that have never been attempted do not wait behind those that have failed: a lane each.
CREATE INDEX outbox_fresh ON outbox (destination, due_at) WHERE attempts = 0;
CREATE INDEX outbox_retry ON outbox (destination, due_at) WHERE attempts > 0;
DROP INDEX outbox_due;
-- When an event was parked. A due time that is far ahead comes of a wrong clock if this is ahead, too.
ALTER TABLE outbox ADD COLUMN parked_at BIGINT;
