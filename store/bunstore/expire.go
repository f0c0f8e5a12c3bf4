package bunstore

import (
	"context"
	"strings"
)

// batch is how many records one statement deletes at most, so that none holds its
// locks for long.
const batch = 500

// What expires, with the columns that name a record.
var expiring = []struct{ table, key string }{
	{"association_proof", "id"},
	{"association_counter", "id"},
	{"association_notice", "id"},
	{"association_event", "account, id"},
}

// DeleteExpired implements [store.Store], in batches that are each a transaction
// of its own.
func (s *Store) DeleteExpired(ctx context.Context, before int64, limit int) (int, error) {
	deleted := 0
	for _, e := range expiring {
		for deleted < limit {
			most := min(batch, limit-deleted)
			n, err := s.deleteBatch(ctx, e.table, e.key, before, most)
			deleted += n
			if err != nil {
				return deleted, err
			}
			if n < most {
				break
			}
		}
	}
	return deleted, nil
}

// deleteBatch asks again, while it deletes, whether a record has expired: what is
// renewed meanwhile stays.
func (s *Store) deleteBatch(ctx context.Context, table, key string, before int64, limit int) (int, error) {
	query, args := `DELETE FROM TABLE WHERE expires < ? ORDER BY expires LIMIT ?`, []any{before, limit}
	if s.dialect != MySQL {
		query = `DELETE FROM TABLE WHERE (KEY) IN (SELECT KEY FROM TABLE WHERE expires < ? ORDER BY expires LIMIT ?) AND expires < ?`
		args = append(args, before)
	}
	query = strings.NewReplacer("TABLE", table, "KEY", key).Replace(query)
	c, query := s.native(s.db, query)
	deleted := 0
	err := s.retry(ctx, "delete expired", func(ctx context.Context) error {
		result, err := c.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		deleted = int(n)
		return err
	})
	return deleted, err
}
