-- The span in which an event was stored, if it is traced.
ALTER TABLE outbox ADD COLUMN trace BLOB;
ALTER TABLE dead_letter ADD COLUMN trace BLOB;
