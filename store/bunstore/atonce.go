package bunstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/ligature-auth/ligature/store"
)

// atOnce reports whether a Change can be one statement. Of the three only PostgreSQL
// takes several writes as one, and it tells a refusal by an error, which would end a
// transaction of the host's. All the writes see the database as it was before, so an
// identifier that is unlinked would still be in the way of its next owner.
func (s *Store) atOnce(change store.Change) bool {
	return s.dialect == PostgreSQL && !s.hosted() && len(change.Unlink) == 0
}

// executeAtOnce does a plan in one round trip, or does nothing and returns false: a
// write that changes no row where it should change one makes the statement divide by
// zero (SQLSTATE 22012). Which one it was, and so what to answer, is for execute to
// find. That is also the way for a database that speaks as PostgreSQL does but will not
// write a table twice in a statement (0A000), as CockroachDB.
func (s *Store) executeAtOnce(ctx context.Context, plan []statement) (done bool, err error) {
	queries, args := make([]string, 0, 8), make([]any, 0, 48)
	for _, st := range plan {
		queries = append(queries, st.query)
		args = append(args, st.args...)
	}
	shape := strings.Join(queries, ";")
	text, ok := s.joined.Load(shape)
	if !ok {
		text, _ = s.joined.LoadOrStore(shape, joined(plan))
	}
	c, query := s.native(s.db, text.(string))
	_, err = c.ExecContext(ctx, query, args...)
	if state := codeOf(err).state; state == "22012" || state == "0A000" || isDuplicate(err) {
		return false, nil
	}
	return err == nil, err
}

func joined(plan []statement) string {
	var writes, verdict strings.Builder
	for i, st := range plan {
		name := "w" + strconv.Itoa(i)
		writes.WriteString(", " + name + " AS (" + st.query + " RETURNING 1)")
		if st.rows == 1 { // what writes several rows has no guard: it writes all, or fails
			verdict.WriteString(" / COALESCE((SELECT 1 FROM " + name + "), 0)")
		}
	}
	return "WITH" + writes.String()[1:] + " SELECT 1" + verdict.String()
}
