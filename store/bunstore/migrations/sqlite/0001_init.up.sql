-- Keys are bytes, so that nothing but equal bytes is equal. Times are Unix
-- microseconds. association_readable shows both as text.

CREATE TABLE IF NOT EXISTS association_migration (
  version INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE association_account (
  id         BLOB    NOT NULL PRIMARY KEY,
  version    INTEGER NOT NULL,
  epoch      INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  status     INTEGER NOT NULL,
  data       BLOB    NOT NULL
) STRICT;

CREATE TABLE association_association (
  kind       BLOB    NOT NULL,
  value      BLOB    NOT NULL,
  id         BLOB    NOT NULL,
  account    BLOB    NOT NULL,
  display    BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  data       BLOB    NOT NULL,
  PRIMARY KEY (kind, value)
) STRICT;

CREATE INDEX association_association_account ON association_association (account, created_at, id);

CREATE TABLE association_proof (
  id         BLOB    NOT NULL PRIMARY KEY,
  version    INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  account    BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  data       BLOB    NOT NULL
) STRICT;

CREATE INDEX association_proof_account ON association_proof (account, kind, created_at, id);

CREATE INDEX association_proof_expires ON association_proof (expires);

CREATE TABLE association_counter (
  id         BLOB    NOT NULL PRIMARY KEY,
  n          INTEGER NOT NULL,
  expires    INTEGER NOT NULL
) STRICT;

CREATE INDEX association_counter_expires ON association_counter (expires);

CREATE TABLE association_event (
  account    BLOB    NOT NULL,
  id         BLOB    NOT NULL,
  at         INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  data       BLOB    NOT NULL,
  PRIMARY KEY (account, id)
) STRICT;

CREATE INDEX association_event_expires ON association_event (expires);

CREATE TABLE association_notice (
  id         BLOB    NOT NULL PRIMARY KEY,
  version    INTEGER NOT NULL,
  account    BLOB    NOT NULL,
  due        INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  data       BLOB    NOT NULL
) STRICT;

CREATE INDEX association_notice_due ON association_notice (due, id);

CREATE INDEX association_notice_expires ON association_notice (expires);

-- For support, never for a program: every association as a person reads it.
CREATE VIEW association_readable AS
SELECT
  CAST(s.account AS TEXT) AS account,
  CASE a.status WHEN 1 THEN 'active' ELSE 'status ' || coalesce(a.status, 'unknown') END AS status,
  CAST(s.kind AS TEXT)    AS kind,
  CAST(s.display AS TEXT) AS typed,
  CAST(s.value AS TEXT)   AS canonical,
  strftime('%Y-%m-%d %H:%M:%f', s.created_at / 1000000.0, 'unixepoch') AS linked_at,
  strftime('%Y-%m-%d %H:%M:%f', a.created_at / 1000000.0, 'unixepoch') AS account_created_at,
  a.epoch                 AS epoch,
  CAST(s.id AS TEXT)      AS association
FROM association_association s
LEFT JOIN association_account a ON a.id = s.account;

INSERT INTO association_migration (version) VALUES (1);
