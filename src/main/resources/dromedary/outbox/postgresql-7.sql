-- Until when dead letters may still be put back by a replay; NULL: all of them are.
ALTER TABLE replay ADD COLUMN adding_until BIGINT;
