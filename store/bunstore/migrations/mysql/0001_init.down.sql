DROP VIEW IF EXISTS association_readable;

DROP TABLE IF EXISTS association_notice;

DROP TABLE IF EXISTS association_event;

DROP TABLE IF EXISTS association_counter;

DROP TABLE IF EXISTS association_proof;

DROP TABLE IF EXISTS association_association;

DROP TABLE IF EXISTS association_account;

DROP TABLE IF EXISTS association_migration;
