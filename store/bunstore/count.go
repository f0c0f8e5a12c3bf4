package bunstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ligature-auth/ligature/store"
)

// Count implements [store.Store]. A sum beyond an int64 is an error.
//
// Adding and reading are one statement for each key, so that of all who count at
// once no two read the same value.
func (s *Store) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	values := make([]int64, len(counters))
	var added []int // their places, in the order of the keys, so that two calls seldom deadlock
	for i, c := range counters {
		if c.N > 0 {
			added = append(added, i)
			continue
		}
		found, err := s.total(ctx, c.Key)
		if err != nil {
			return nil, err
		}
		values[i] = found
	}
	if len(added) == 0 {
		return values, nil
	}
	slices.SortFunc(added, func(i, j int) int {
		return slices.Compare(counters[i].Key[:], counters[j].Key[:])
	})
	add := s.addReturning
	if s.dialect == MySQL {
		add = s.addOneByOne
	}
	return values, add(ctx, counters, added, values)
}

// addReturning adds to all keys at once.
func (s *Store) addReturning(ctx context.Context, counters []store.Counter, added []int, values []int64) error {
	args := make([]any, 0, 3*len(added))
	for _, i := range added {
		args = append(args, counters[i].Key[:], counters[i].N, counters[i].Expires)
	}
	query := `INSERT INTO association_counter (id, n, expires) VALUES (?, ?, ?)` + strings.Repeat(`, (?, ?, ?)`, len(added)-1) +
		` ON CONFLICT (id) DO UPDATE SET n = association_counter.n + excluded.n RETURNING id, n`
	return s.query(ctx, "count", query, args, func(rows *sql.Rows) error {
		told := 0
		for rows.Next() {
			var key []byte
			var n int64
			if err := rows.Scan(&key, &n); err != nil {
				return err
			}
			for _, i := range added {
				if string(key) == string(counters[i].Key[:]) {
					values[i] = n
					told++
				}
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if told != len(added) {
			return fmt.Errorf("the database told %d counters of %d", told, len(added))
		}
		return nil
	})
}

// addOneByOne is for MySQL, which cannot return what it wrote but by this one
// function, and by it one value for each statement.
func (s *Store) addOneByOne(ctx context.Context, counters []store.Counter, added []int, values []int64) error {
	for _, i := range added {
		c := counters[i]
		err := s.retry(ctx, "count", func(ctx context.Context) error {
			result, err := s.db.ExecContext(ctx,
				`INSERT INTO association_counter (id, n, expires) VALUES (?, LAST_INSERT_ID(?), ?) ON DUPLICATE KEY UPDATE n = LAST_INSERT_ID(n + ?)`,
				c.Key[:], c.N, c.Expires, c.N)
			if err != nil {
				return err
			}
			values[i], err = result.LastInsertId()
			return cmp.Or(err, lied(values[i] < c.N))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func lied(yes bool) error {
	if yes {
		return errors.New("the database told a counter that is less than what was added")
	}
	return nil
}

// total reads a counter; a missing one is 0.
func (s *Store) total(ctx context.Context, key [32]byte) (int64, error) {
	type counter struct{ n int64 }
	found, err := list(ctx, s, "count", `SELECT n FROM association_counter WHERE id = ?`,
		func(c *counter) []any { return []any{&c.n} }, key[:])
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0].n, nil
}
