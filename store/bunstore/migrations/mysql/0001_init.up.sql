-- Keys are bytes, so that nothing but equal bytes is equal: every collation calls
-- some different texts the same. Times are Unix microseconds.
-- association_readable shows both as text.
--
-- MySQL commits each of these statements by itself. Each may be run again, so
-- that a migration that was cut off is simply begun anew.

CREATE TABLE IF NOT EXISTS association_migration (
  version INTEGER PRIMARY KEY
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS association_account (
  id         VARBINARY(128)   NOT NULL PRIMARY KEY,
  version    BIGINT           NOT NULL,
  epoch      BIGINT           NOT NULL,
  created_at BIGINT           NOT NULL,
  status     TINYINT UNSIGNED NOT NULL,
  data       MEDIUMBLOB       NOT NULL
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS association_association (
  kind       VARBINARY(64)  NOT NULL,
  value      VARBINARY(320) NOT NULL,
  id         VARBINARY(128) NOT NULL,
  account    VARBINARY(128) NOT NULL,
  display    VARBINARY(320) NOT NULL,
  created_at BIGINT         NOT NULL,
  data       MEDIUMBLOB     NOT NULL,
  PRIMARY KEY (kind, value),
  INDEX association_association_account (account, created_at, id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS association_proof (
  id         VARBINARY(128)   NOT NULL PRIMARY KEY,
  version    BIGINT           NOT NULL,
  kind       TINYINT UNSIGNED NOT NULL,
  account    VARBINARY(128)   NOT NULL,
  created_at BIGINT           NOT NULL,
  expires    BIGINT           NOT NULL,
  data       MEDIUMBLOB       NOT NULL,
  INDEX association_proof_account (account, kind, created_at, id),
  INDEX association_proof_expires (expires)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS association_counter (
  id      VARBINARY(32) NOT NULL PRIMARY KEY,
  n       BIGINT        NOT NULL,
  expires BIGINT        NOT NULL,
  INDEX association_counter_expires (expires)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS association_event (
  account VARBINARY(128) NOT NULL,
  id      VARBINARY(128) NOT NULL,
  at      BIGINT         NOT NULL,
  expires BIGINT         NOT NULL,
  data    MEDIUMBLOB     NOT NULL,
  PRIMARY KEY (account, id),
  INDEX association_event_expires (expires)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS association_notice (
  id      VARBINARY(128) NOT NULL PRIMARY KEY,
  version BIGINT         NOT NULL,
  account VARBINARY(128) NOT NULL,
  due     BIGINT         NOT NULL,
  expires BIGINT         NOT NULL,
  data    MEDIUMBLOB     NOT NULL,
  INDEX association_notice_due (due, id),
  INDEX association_notice_expires (expires)
) ENGINE = InnoDB;

-- For support, never for a program: every association as a person reads it.
CREATE OR REPLACE VIEW association_readable AS
SELECT
  CONVERT(s.account USING utf8mb4) AS account,
  CASE a.status WHEN 1 THEN 'active' ELSE CONCAT('status ', COALESCE(a.status, 'unknown')) END AS status,
  CONVERT(s.kind USING utf8mb4)    AS kind,
  CONVERT(s.display USING utf8mb4) AS typed,
  CONVERT(s.value USING utf8mb4)   AS canonical,
  FROM_UNIXTIME(s.created_at / 1000000) AS linked_at,
  FROM_UNIXTIME(a.created_at / 1000000) AS account_created_at,
  a.epoch                          AS epoch,
  CONVERT(s.id USING utf8mb4)      AS association
FROM association_association s
LEFT JOIN association_account a ON a.id = s.account;

INSERT IGNORE INTO association_migration (version) VALUES (1);
