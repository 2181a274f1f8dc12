-- What alerts are about, and what was told of it last: changed by compare-and-set of the version, so
-- that of several who see the same one tells it.
CREATE TABLE alert (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  told_at INTEGER,
  told TEXT,
  count INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (kind, subject)
) WITHOUT ROWID;
