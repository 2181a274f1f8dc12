-- The subjects of alerts, each with its last reported state. Changed by compare-and-set of the version, so that only
-- one of several nodes reports a change that all of them see.
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
