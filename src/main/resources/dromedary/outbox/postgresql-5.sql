-- The span in which an event was stored, if it is traced.
ALTER TABLE outbox ADD COLUMN trace BYTEA;
ALTER TABLE dead_letter ADD COLUMN trace BYTEA;
