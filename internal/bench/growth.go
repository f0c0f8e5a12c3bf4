package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/ligature-auth/ligature/store/bunstore"
)

// growth compares the latency of each step in a large database with that in a small
// one of the same server.
func growth(o options) (string, error) {
	told := ""
	people := (o.rounds + 1) * o.n
	small := size{max(10_000, people), 10_000}
	large := size{max(o.associations, people), o.proofs}
	err := within(func(s *scope) error {
		f := &field{rounds: o.rounds, n: o.n}
		defer f.end()
		var in [2]*contender
		for i, z := range []size{small, large} {
			dsn := postgresql(s, recommended)
			if err := z.fill(dsn); err != nil {
				return err
			}
			c, err := f.enter(z.String(), role{"ligature", "pgx", string(bunstore.PostgreSQL), dsn, open, false})
			if err != nil {
				return err
			}
			spread := z.associations / people
			c.from = func(i int) int { return i * spread }
			in[i] = c
		}
		if err := f.run(); err != nil {
			return err
		}
		var t table
		t.row("p50 of", "ratio", small.String(), large.String())
		for _, step := range reported {
			t.row(step, ratio(in[1].against(in[0], step, p50)), millis(in[0].of(step, p50)), millis(in[1].of(step, p50)))
		}
		told = "## Growth, on PostgreSQL\n\n" + t.String()
		return nil
	})
	return told, err
}

// size of a database: accounts with one association each, and live proofs, with as
// many counters and twice as many events.
type size struct{ associations, proofs int }

// String says it as a column's head.
func (z size) String() string {
	return fmt.Sprintf("%d associations, %d proofs", z.associations, z.proofs)
}

// rows are as the store would write them, in the order of their keys.
const rows = `
INSERT INTO association_account (id, version, epoch, created_at, status, data)
  SELECT lpad(i::text, 12, '0')::bytea, 1, 0, 0, 1, '{"v":1,"epochAt":0}' FROM generate_series(0, ASSOCIATIONS - 1) i;
INSERT INTO association_association (kind, value, id, account, display, created_at, data)
  SELECT 'phone', ('+86138' || lpad(i::text, 8, '0'))::bytea, left(md5(i::text), 22)::bytea, lpad(i::text, 12, '0')::bytea,
    ('+86 138 ' || lpad(i::text, 8, '0'))::bytea, 0, '{"v":1,"provedBy":"import"}' FROM generate_series(0, ASSOCIATIONS - 1) i;
INSERT INTO association_proof (id, version, kind, account, created_at, expires, data)
  SELECT left(md5(i::text), 22)::bytea, 1, 1 + i % 3, lpad((i::bigint * 7919 % ASSOCIATIONS)::text, 12, '0')::bytea, NOW, NOW + 3600000000 + i,
    ('{"v":1,"of":"' || repeat(md5(i::text), 20) || '"}')::bytea FROM generate_series(1, PROOFS) i ORDER BY 1;
INSERT INTO association_counter (id, n, expires)
  SELECT sha256(i::text::bytea), 1, NOW + 3600000000 + i FROM generate_series(1, PROOFS) i ORDER BY 1;
INSERT INTO association_event (account, id, at, expires, data)
  SELECT lpad((i::bigint * 7919 % ASSOCIATIONS)::text, 12, '0')::bytea, ('00064' || left(md5(i::text), 33))::bytea, NOW, NOW + 31536000000000 + i,
    ('{"v":1,"kind":"sign_in","session":"' || repeat(md5(i::text), 5) || '"}')::bytea FROM generate_series(1, 2 * PROOFS) i ORDER BY 1, 2;
VACUUM (ANALYZE);
CHECKPOINT`

// fill makes a database of this size.
func (z size) fill(dsn string) error {
	ctx := context.Background()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	store, err := bunstore.Open(db, bunstore.PostgreSQL, bunstore.Config{})
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	text := strings.NewReplacer("ASSOCIATIONS", fmt.Sprint(z.associations), "PROOFS", fmt.Sprint(z.proofs),
		"NOW", "(extract(epoch FROM now()) * 1000000)::bigint").Replace(rows)
	for statement := range strings.SplitSeq(text, ";") {
		fmt.Fprintln(progress, "  filling:", strings.SplitN(strings.TrimSpace(statement), "\n", 2)[0])
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
