package bunstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/ligature-auth/ligature/store"
)

// Apply implements [store.Store].
func (s *Store) Apply(ctx context.Context, change store.Change) error {
	plan := s.plan(change)
	inTx := s.config.InTx != nil && len(change.Accounts)+len(change.Unlink)+len(change.Link) > 0
	alone := len(plan) < 2 && !inTx // a statement is a transaction of its own
	atOnce := !alone && !inTx && s.atOnce(change)
	return s.retry(ctx, "apply", func(ctx context.Context) error {
		if alone {
			return s.execute(ctx, s.db, plan)
		}
		if atOnce {
			if done, err := s.executeAtOnce(ctx, plan); done || err != nil {
				return err
			}
		}
		whole := ctx
		if s.hosted() {
			whole = context.WithoutCancel(ctx) // or a savepoint would not be rolled back
		}
		if host, ok := s.db.(hostTx); ok {
			return host.savepoint(whole, func() error { return s.execute(ctx, host, plan) })
		}
		// Inside a savepoint bun hands on the context that the transaction began with.
		return s.db.RunInTx(whole, nil, func(_ context.Context, tx bun.Tx) error {
			if err := s.execute(ctx, tx, plan); err != nil || !inTx {
				return err
			}
			if err := s.config.InTx(ctx, tx, change); err != nil {
				return &plainError{err}
			}
			return nil
		})
	})
}

// statement is one write together with what it means if it changes another number
// of rows than it should. That number is the only thing a decision rests on: it
// is right at every isolation level, while what was read before may be old.
type statement struct {
	query   string
	args    []any
	rows    int64
	refused error
}

func (s *Store) execute(ctx context.Context, db bun.IConn, plan []statement) error {
	for _, st := range plan {
		c, query := s.native(db, st.query)
		result, err := c.ExecContext(ctx, query, st.args...)
		if isDuplicate(err) {
			return st.refused
		}
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if changed != st.rows {
			return st.refused
		}
	}
	return nil
}

// plan says what to write, in the order in which the contract refuses. Every
// transaction takes the tables in this order, and the records of a table in the
// order of their keys, so that two of them seldom deadlock.
func (s *Store) plan(change store.Change) []statement {
	plan := make([]statement, 0, 8)
	add := func(refused error, query string, args ...any) {
		plan = append(plan, statement{query: query, args: args, rows: 1, refused: refused})
	}
	for _, a := range sorted(change.Accounts, func(a store.Account) string { return a.ID }) {
		if a.Version == 0 {
			add(store.ErrConflict, `INSERT INTO association_account (id, version, epoch, created_at, status, data) VALUES (?, 1, ?, ?, ?, ?)`+s.orNothing(),
				[]byte(a.ID), a.Epoch, a.CreatedAt, a.Status, blob(a.Data))
		} else {
			add(store.ErrConflict, `UPDATE association_account SET version = version + 1, epoch = ?, created_at = ?, status = ?, data = ? WHERE id = ? AND version = ?`,
				a.Epoch, a.CreatedAt, a.Status, blob(a.Data), []byte(a.ID), a.Version)
		}
	}
	for _, p := range sorted(change.Proofs, func(p store.Proof) string { return p.ID }) {
		if p.Version == 0 {
			add(store.ErrConflict, `INSERT INTO association_proof (id, version, kind, account, created_at, expires, data) VALUES (?, 1, ?, ?, ?, ?, ?)`+s.orNothing(),
				[]byte(p.ID), p.Kind, []byte(p.Account), p.CreatedAt, p.Expires, blob(p.Data))
		} else {
			add(store.ErrConflict, `UPDATE association_proof SET version = version + 1, kind = ?, account = ?, created_at = ?, expires = ?, data = ? WHERE id = ? AND version = ?`,
				p.Kind, []byte(p.Account), p.CreatedAt, p.Expires, blob(p.Data), []byte(p.ID), p.Version)
		}
	}
	for _, n := range sorted(change.Notices, func(n store.Notice) string { return n.ID }) {
		if n.Version == 0 {
			add(store.ErrConflict, `INSERT INTO association_notice (id, version, account, due, expires, data) VALUES (?, 1, ?, ?, ?, ?)`+s.orNothing(),
				[]byte(n.ID), []byte(n.Account), n.Due, n.Expires, blob(n.Data))
		} else {
			add(store.ErrConflict, `UPDATE association_notice SET version = version + 1, account = ?, due = ?, expires = ?, data = ? WHERE id = ? AND version = ?`,
				[]byte(n.Account), n.Due, n.Expires, blob(n.Data), []byte(n.ID), n.Version)
		}
	}
	identifier := func(a store.Association) string { return a.Kind + "\x00" + string(a.Value) }
	for _, u := range sorted(change.Unlink, identifier) {
		add(store.ErrConflict, `DELETE FROM association_association WHERE kind = ? AND value = ? AND id = ? AND account = ?`,
			[]byte(u.Kind), blob(u.Value), []byte(u.ID), []byte(u.Account))
	}
	for _, l := range sorted(change.Link, identifier) {
		add(store.ErrTaken, `INSERT INTO association_association (kind, value, id, account, display, created_at, data) VALUES (?, ?, ?, ?, ?, ?, ?)`+s.orNothing(),
			[]byte(l.Kind), blob(l.Value), []byte(l.ID), []byte(l.Account), []byte(l.Display), l.CreatedAt, blob(l.Data))
	}
	if n := len(change.Events); n > 0 {
		args := make([]any, 0, 5*n)
		for _, e := range change.Events {
			args = append(args, []byte(e.Account), []byte(e.ID), e.At, e.Expires, blob(e.Data))
		}
		plan = append(plan, statement{
			query: `INSERT INTO association_event (account, id, at, expires, data) VALUES (?, ?, ?, ?, ?)` + strings.Repeat(`, (?, ?, ?, ?, ?)`, n-1),
			args:  args, rows: int64(n), refused: store.ErrConflict,
		})
	}
	return plan
}

// orNothing makes an insert that finds its key taken change no row, where a
// failed statement would end the whole transaction. MySQL's words for it also
// wave through what does not fit; there the error is told by its code.
func (s *Store) orNothing() string {
	if s.dialect == MySQL {
		return ""
	}
	return ` ON CONFLICT DO NOTHING`
}

// sorted returns the records in the order of their keys, and leaves the caller's.
func sorted[R any](records []R, key func(R) string) []R {
	return slices.SortedFunc(slices.Values(records), func(a, b R) int { return cmp.Compare(key(a), key(b)) })
}

// blob is never nil, which would be NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
