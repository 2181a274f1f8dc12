-- To find the oldest event, the time of acceptance of many events is read from the index alone.
-- The index includes the id, since claims read in the order of due time and id.
DROP INDEX outbox_fresh;
DROP INDEX outbox_retry;
CREATE INDEX outbox_fresh ON outbox (destination, due_at, id, accepted_at) WHERE attempts = 0;
CREATE INDEX outbox_retry ON outbox (destination, due_at, id, accepted_at) WHERE attempts > 0;
