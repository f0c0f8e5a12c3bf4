package main

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ligature-auth/ligature/store/bunstore"
)

// rig is a contender in this process.
type rig struct {
	*served
	what, dialect string
	db            *sql.DB
	server        string
}

// both runs a test on ligature and on the minimum, on each database: what is
// compared must do the same.
func both(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, d := range databases {
		for _, what := range d.contenders() {
			t.Run(d.name+"/"+what, func(t *testing.T) {
				db, err := sql.Open(d.driver, d.dsn(t))
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				db.SetMaxOpenConns(open)
				db.SetMaxIdleConns(open)
				s := &served{codes: map[string]string{}}
				if err := s.start(t.Context(), role{What: what, Dialect: string(d.dialect)}, db); err != nil {
					t.Fatal(err)
				}
				server := httptest.NewServer(s.app)
				defer server.Close()
				test(t, &rig{s, what, string(d.dialect), db, strings.TrimPrefix(server.URL, "http://")})
			})
		}
	}
}

// person has an account.
func (r *rig) person(t *testing.T, n int) *subject {
	t.Helper()
	p := &subject{n: n}
	if err := r.imports(t.Context(), p.account()); err != nil {
		t.Fatal(err)
	}
	return p
}

func (r *rig) code(to string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.codes[to]
}

// named returns the step of this name.
func named(name string) step {
	for _, s := range flow {
		if s.name == name {
			return s
		}
	}
	panic("no step " + name)
}

// until takes the person through the flow up to before the step.
func (r *rig) until(t *testing.T, p *subject, name string) {
	t.Helper()
	for _, s := range flow {
		if s.name == name {
			return
		}
		if status := r.take(t, s, p, ""); status != http.StatusOK {
			t.Fatalf("%s: %d", s.name, status)
		}
	}
}

// requests makes the names of requests differ, so that none is a repeat.
var requests atomic.Int64

// take has the person take the step, with this code or else the one that was sent.
func (r *rig) take(t *testing.T, s step, p *subject, code string) int {
	t.Helper()
	if s.to != nil {
		code = cmp.Or(code, r.code(s.to(p)))
	}
	request, err := s.request(r.server, p, code)
	if err != nil {
		t.Error(err)
		return 0
	}
	request.Header.Set("X-Request-Id", fmt.Sprint(requests.Add(1)))
	status, a, err := send(http.DefaultClient, request)
	if err != nil {
		t.Error(err)
		return 0
	}
	if status == http.StatusOK {
		s.keep(p, a)
	}
	return status
}

// atOnce has copies of the person take the step at the same time, and returns how
// many could.
func (r *rig) atOnce(t *testing.T, s step, people ...*subject) (done int) {
	t.Helper()
	statuses := make([]int, len(people))
	var all sync.WaitGroup
	for i, p := range people {
		own := *p
		all.Go(func() { statuses[i] = r.take(t, s, &own, "") })
	}
	all.Wait()
	for _, status := range statuses {
		if status == http.StatusOK {
			done++
		}
	}
	return done
}

func repeated(p *subject) (all []*subject) {
	for range 8 {
		all = append(all, p)
	}
	return all
}

// count asks the database for rows of a table, which is called otherwise by each,
// where columns have these values.
func (r *rig) count(t *testing.T, table string, where ...string) (n int) {
	t.Helper()
	query, args := "SELECT count(*) FROM ", []any{}
	if r.what == "ligature" {
		query += "association_"
		table = strings.Replace(table, "identifier", "association", 1)
	}
	query += table + " WHERE 1 = 1"
	for i := 0; i < len(where); i += 2 {
		query += " AND " + where[i] + " = "
		if r.dialect == string(bunstore.PostgreSQL) {
			query += fmt.Sprintf("$%d", 1+i/2)
		} else {
			query += "?"
		}
		var value any = where[i+1]
		if r.what == "ligature" {
			value = []byte(where[i+1])
		}
		args = append(args, value)
	}
	if err := r.db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (r *rig) bound(t *testing.T, p *subject) int {
	t.Helper()
	return r.count(t, "identifier", "account", p.account().ID, "value", p.email())
}

func (r *rig) events(t *testing.T, p *subject) int {
	t.Helper()
	return r.count(t, "event", "account", p.account().ID)
}
