// Package bunstore keeps ligature's records in SQLite, PostgreSQL, or MySQL and
// MariaDB, through [bun].
//
//	db, err := sql.Open("pgx", "postgres://app@db/app")
//	…
//	records, err := bunstore.Prepare(ctx, db, bunstore.PostgreSQL, bunstore.Config{})
//	…
//	svc, err := association.New(association.Config{Store: records, …})
//
// A host that has a *bun.DB gives it to [New]. Nothing is migrated but by [Prepare]
// and [Store.Migrate], or by the host's own tool with the files of [Migrations]. The
// tables are association_*; people read them by the view association_readable.
//
// # Drivers
//
// The package imports none. These are tested:
//
//   - SQLite: modernc.org/sqlite, with
//     ?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000).
//     Without immediate transactions, one that reads before it writes fails the more
//     often the more there are; without the timeout, whoever comes second fails.
//   - PostgreSQL: github.com/jackc/pgx/v5/stdlib, as it comes: it prepares each
//     statement once for each connection. Behind a pooler that changes connections
//     between transactions, add ?default_query_exec_mode=exec; not simple_protocol,
//     by which pgx 5.12.0 sends a statement again whose answer is lost. Any isolation
//     level is right, SERIALIZABLE too.
//   - MySQL, MariaDB: github.com/go-sql-driver/mysql, as it comes. Here bun writes
//     the arguments into the statement, which saves two messages for each.
//
// Others work if their errors tell codes as these do; else what could be tried again
// fails. With MySQL a hook that logs bun's queries logs addresses and everything else
// with them.
//
// Let as many connections be idle as may be open (SetMaxIdleConns, SetMaxOpenConns):
// database/sql keeps two and closes the others after each use, and opening one costs
// more than all that a request asks.
//
// # A host's own rows in the same commit
//
// [Config].InTx writes them inside each of our changes. The other way round,
// [Store.In] with association's Service.With makes our change inside the host's
// transaction.
//
// # Growth
//
// Whatever expires is deleted by [Store.DeleteExpired] in batches. The history is
// the table that grows; its IDs begin with their time, and the key of its table is
// (account, id), so it may be partitioned by ranges of id.
//
// [bun]: https://bun.uptrace.dev
package bunstore
