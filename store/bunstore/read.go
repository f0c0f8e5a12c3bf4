package bunstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// An account and its associations are read by one statement, which at every
// isolation level sees one state of the database. They are sorted here: a database
// that sorts rows with blobs in them may do so on its disk.
const (
	accountColumns     = `a.id, a.version, a.epoch, a.created_at, a.status, a.data`
	associationColumns = `s.id, s.kind, s.value, s.display, s.created_at, s.data`
	withAssociations   = ` LEFT JOIN association_association s ON s.account = a.id`
)

// Account implements [store.Store].
func (s *Store) Account(ctx context.Context, id string) (*store.Account, error) {
	return s.account(ctx, "account",
		`SELECT `+accountColumns+`, `+associationColumns+` FROM association_account a`+withAssociations+
			` WHERE a.id = ?`, []byte(id))
}

// AccountByIdentifier implements [store.Store].
func (s *Store) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	return s.account(ctx, "account by identifier",
		`SELECT `+accountColumns+`, `+associationColumns+` FROM association_association i JOIN association_account a ON a.id = i.account`+withAssociations+
			` WHERE i.kind = ? AND i.value = ?`, []byte(kind), blob(value))
}

func (s *Store) account(ctx context.Context, op, query string, args ...any) (*store.Account, error) {
	var found accountRows
	err := s.query(ctx, op, query, args, func(rows *sql.Rows) error {
		found = accountRows{}
		for rows.Next() {
			if err := rows.Scan(found.columns()...); err != nil {
				return err
			}
			found.add()
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	a := found.oldestFirst()
	if a == nil {
		return nil, store.ErrNotFound
	}
	return a, nil
}

// Proof implements [store.Store].
func (s *Store) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	var proof *store.Proof
	var found accountRows
	err := s.query(ctx, "proof",
		`SELECT p.id, p.version, p.kind, p.account, p.created_at, p.expires, p.data, `+accountColumns+`, `+associationColumns+
			` FROM association_proof p LEFT JOIN association_account a ON a.id = p.account`+withAssociations+
			` WHERE p.id = ?`, []any{[]byte(id)},
		func(rows *sql.Rows) error {
			proof, found = nil, accountRows{}
			for rows.Next() {
				var p store.Proof
				if err := rows.Scan(append([]any{&p.ID, &p.Version, &p.Kind, &p.Account, &p.CreatedAt, &p.Expires, &p.Data}, found.columns()...)...); err != nil {
					return err
				}
				proof = &p
				found.add()
			}
			return rows.Err()
		})
	if err != nil {
		return nil, nil, err
	}
	if proof == nil {
		return nil, nil, store.ErrNotFound
	}
	if proof.Account == "" {
		return proof, nil, nil
	}
	return proof, found.oldestFirst(), nil
}

// accountRows puts an account together from rows that each hold it and one of its
// associations, either of which may be NULL.
type accountRows struct {
	account *store.Account
	row     struct {
		id, data                                 []byte
		version, epoch, createdAt                sql.NullInt64
		status                                   sql.Null[uint8]
		assocID, kind, value, display, assocData []byte
		linkedAt                                 sql.NullInt64
	}
}

func (a *accountRows) columns() []any {
	r := &a.row
	return []any{
		&r.id, &r.version, &r.epoch, &r.createdAt, &r.status, &r.data,
		&r.assocID, &r.kind, &r.value, &r.display, &r.linkedAt, &r.assocData,
	}
}

func (a *accountRows) add() {
	r := &a.row
	if r.id == nil {
		return
	}
	if a.account == nil {
		a.account = &store.Account{
			ID: string(r.id), Version: r.version.Int64, Epoch: r.epoch.Int64,
			CreatedAt: r.createdAt.Int64, Status: r.status.V, Data: r.data,
		}
	}
	if r.assocID == nil {
		return
	}
	a.account.Associations = append(a.account.Associations, store.Association{
		ID: string(r.assocID), Account: a.account.ID, Kind: string(r.kind), Value: r.value,
		Display: string(r.display), CreatedAt: r.linkedAt.Int64, Data: r.assocData,
	})
}

// oldestFirst returns the account, or nil.
func (a *accountRows) oldestFirst() *store.Account {
	if a.account == nil {
		return nil
	}
	slices.SortFunc(a.account.Associations, func(x, y store.Association) int {
		return cmp.Or(cmp.Compare(x.CreatedAt, y.CreatedAt), cmp.Compare(x.ID, y.ID))
	})
	return a.account
}

// Proofs implements [store.Store].
func (s *Store) Proofs(ctx context.Context, account string, kind uint8) ([]store.Proof, error) {
	return list(ctx, s, "proofs",
		`SELECT id, version, kind, account, created_at, expires, data FROM association_proof WHERE account = ? AND kind = ? ORDER BY created_at, id`,
		func(p *store.Proof) []any {
			return []any{&p.ID, &p.Version, &p.Kind, &p.Account, &p.CreatedAt, &p.Expires, &p.Data}
		}, []byte(account), kind)
}

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
	query, args := `SELECT id, account, at, expires, data FROM association_event WHERE account = ?`, []any{[]byte(account)}
	if before != "" {
		query, args = query+` AND id < ?`, append(args, []byte(before))
	}
	return list(ctx, s, "events", query+` ORDER BY id DESC LIMIT ?`,
		func(e *store.Event) []any { return []any{&e.ID, &e.Account, &e.At, &e.Expires, &e.Data} }, append(args, limit)...)
}

// Notices implements [store.Store].
func (s *Store) Notices(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
	return list(ctx, s, "notices",
		`SELECT id, version, account, due, expires, data FROM association_notice WHERE due <= ? ORDER BY due, id LIMIT ?`,
		func(n *store.Notice) []any {
			return []any{&n.ID, &n.Version, &n.Account, &n.Due, &n.Expires, &n.Data}
		}, now, limit)
}

// list reads any number of records of one kind.
func list[R any](ctx context.Context, s *Store, op, query string, columns func(*R) []any, args ...any) ([]R, error) {
	var found []R
	err := s.query(ctx, op, query, args, func(rows *sql.Rows) error {
		found = []R{}
		for rows.Next() {
			var r R
			if err := rows.Scan(columns(&r)...); err != nil {
				return err
			}
			found = append(found, r)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// query runs a query and hands its rows to read, which begins anew when it is
// tried again.
func (s *Store) query(ctx context.Context, op, query string, args []any, read func(*sql.Rows) error) error {
	c, query := s.native(s.db, query)
	return s.retry(ctx, op, func(ctx context.Context) error {
		rows, err := c.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // read has asked for rows.Err
		return read(rows)
	})
}
