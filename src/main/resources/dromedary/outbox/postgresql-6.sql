-- What alerts are about, and what was told of it last: changed by compare-and-set of the version, so
-- that of several nodes who see the same one tells it.
CREATE TABLE alert (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  since BIGINT NOT NULL,
  told_at BIGINT,
  told TEXT,
  count BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (kind, subject)
);
