-- Keys are bytes, so that nothing but equal bytes is equal. Times are Unix
-- microseconds. association_readable shows both as text.

CREATE TABLE IF NOT EXISTS association_migration (
  version INTEGER PRIMARY KEY
);

CREATE TABLE association_account (
  id         bytea    PRIMARY KEY,
  version    bigint   NOT NULL,
  epoch      bigint   NOT NULL,
  created_at bigint   NOT NULL,
  status     smallint NOT NULL,
  data       bytea    NOT NULL
);

CREATE TABLE association_association (
  kind       bytea  NOT NULL,
  value      bytea  NOT NULL,
  id         bytea  NOT NULL,
  account    bytea  NOT NULL,
  display    bytea  NOT NULL,
  created_at bigint NOT NULL,
  data       bytea  NOT NULL,
  PRIMARY KEY (kind, value)
);

CREATE INDEX association_association_account ON association_association (account, created_at, id);

-- Proofs and counters are rewritten in place: room in each page keeps their
-- indexes out of it.
CREATE TABLE association_proof (
  id         bytea    PRIMARY KEY,
  version    bigint   NOT NULL,
  kind       smallint NOT NULL,
  account    bytea    NOT NULL,
  created_at bigint   NOT NULL,
  expires    bigint   NOT NULL,
  data       bytea    NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX association_proof_account ON association_proof (account, kind, created_at, id);

CREATE INDEX association_proof_expires ON association_proof (expires);

CREATE TABLE association_counter (
  id      bytea  PRIMARY KEY,
  n       bigint NOT NULL,
  expires bigint NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX association_counter_expires ON association_counter (expires);

CREATE TABLE association_event (
  account bytea  NOT NULL,
  id      bytea  NOT NULL,
  at      bigint NOT NULL,
  expires bigint NOT NULL,
  data    bytea  NOT NULL,
  PRIMARY KEY (account, id)
);

CREATE INDEX association_event_expires ON association_event (expires);

CREATE TABLE association_notice (
  id      bytea  PRIMARY KEY,
  version bigint NOT NULL,
  account bytea  NOT NULL,
  due     bigint NOT NULL,
  expires bigint NOT NULL,
  data    bytea  NOT NULL
);

CREATE INDEX association_notice_due ON association_notice (due, id);

CREATE INDEX association_notice_expires ON association_notice (expires);

-- For support, never for a program: every association as a person reads it.
CREATE VIEW association_readable AS
SELECT
  convert_from(s.account, 'UTF8')       AS account,
  CASE a.status WHEN 1 THEN 'active' ELSE 'status ' || coalesce(a.status::text, 'unknown') END AS status,
  encode(s.kind, 'escape')              AS kind,
  convert_from(s.display, 'UTF8')       AS typed,
  encode(s.value, 'escape')             AS canonical,
  to_timestamp(s.created_at / 1000000.0) AS linked_at,
  to_timestamp(a.created_at / 1000000.0) AS account_created_at,
  a.epoch                               AS epoch,
  encode(s.id, 'escape')                AS association
FROM association_association s
LEFT JOIN association_account a ON a.id = s.account;

INSERT INTO association_migration (version) VALUES (1);
