-- The subjects of alerts, each with its last reported state. Changed by compare-and-set of the version, so that a
-- change is reported once.
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
