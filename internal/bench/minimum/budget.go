package minimum

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"time"
)

// budget is a limit on something in a fixed window.
type budget struct {
	rule, subject string
	most          int64
	per           time.Duration
}

// count adds n to each budget and returns the totals, all in one statement whose
// keys stand in order, so that two of them do not deadlock.
func (s *server) count(ctx context.Context, now, n int64, budgets ...budget) ([]int64, error) {
	keys := make([][]byte, len(budgets))
	order := make([]int, len(budgets))
	ends := make([]int64, len(budgets))
	for i, b := range budgets {
		start := now - now%micro(b.per)
		keys[i], order[i], ends[i] = s.mac("counter", b.rule, b.subject, strconv.FormatInt(start, 10)), i, start+micro(b.per)
	}
	slices.SortFunc(order, func(i, j int) int { return bytes.Compare(keys[i], keys[j]) })
	args := make([]any, 0, 3*len(budgets))
	for _, i := range order {
		args = append(args, keys[i], n, ends[i])
	}
	rows, err := s.db.QueryContext(ctx, s.sql.count[len(budgets)], args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err is asked for
	totals := make([]int64, len(budgets))
	for rows.Next() {
		var key []byte
		var total int64
		if err := rows.Scan(&key, &total); err != nil {
			return nil, err
		}
		totals[slices.IndexFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })] = total
	}
	return totals, rows.Err()
}

// wrong is what a wrong guess adds to its budget, and a right one 1: one and the
// same write.
const wrong = 1 << 32
