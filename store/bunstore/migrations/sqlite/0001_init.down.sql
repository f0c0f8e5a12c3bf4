DROP VIEW association_readable;

DROP TABLE association_notice;

DROP TABLE association_event;

DROP TABLE association_counter;

DROP TABLE association_proof;

DROP TABLE association_association;

DROP TABLE association_account;

DROP TABLE association_migration;
