package main

import (
	"github.com/ligature-auth/ligature/store/bunstore"
)

// drivers compares the ways to reach PostgreSQL.
func drivers(o options) (string, error) {
	told := ""
	err := within(func(s *scope) error {
		f := &field{rounds: o.rounds, n: o.n, imports: true}
		defer f.end()
		var all [2][]*contender // of ligature, of the minimum; the first is what the others are compared with
		for i, what := range []string{"ligature", "minimum"} {
			for _, way := range []struct{ name, driver, mode string }{
				{"pgx as it comes, cache_statement", "pgx", prepared},
				{"pgx, cache_describe", "pgx", "cache_describe"},
				{"pgx, exec", "pgx", "exec"},
				{"pgx, simple_protocol", "pgx", simple},
				{"bun's pgdriver", "pg", ""},
			} {
				c, err := f.enter(way.name, role{what, way.driver, string(bunstore.PostgreSQL), postgresql(s, way.mode), open, false})
				if err != nil {
					return err
				}
				all[i] = append(all[i], c)
			}
		}
		if err := f.run(); err != nil {
			return err
		}
		told = "## Drivers for PostgreSQL\n\nThroughput against the first row of each table.\n\n" +
			toFirst("ligature by", all[0]) + toFirst("the minimum by", all[1])
		return nil
	})
	return told, err
}

// pools compares as many idle connections as may be open with database/sql's two.
func pools(o options) (string, error) {
	told := ""
	err := within(func(s *scope) error {
		f := &field{rounds: o.rounds, n: o.n, imports: true}
		defer f.end()
		for _, p := range []struct {
			name string
			idle int
		}{{"as many as may be open", open}, {"two, database/sql's default", 2}} {
			if _, err := f.enter(p.name, role{"ligature", "pgx", string(bunstore.PostgreSQL), postgresql(s, recommended), p.idle, false}); err != nil {
				return err
			}
		}
		if err := f.run(); err != nil {
			return err
		}
		told = "## Idle connections\n\nThroughput of ligature against the first row.\n\n" + toFirst("idle connections", f.contenders)
		return nil
	})
	return told, err
}

// toFirst shows the throughput of each against that of the first.
func toFirst(title string, all []*contender) string {
	var t table
	t.row(append([]string{title}, reported...)...)
	for i, c := range all {
		cells := []string{c.name}
		for _, step := range reported {
			cell := ratio(c.against(all[0], step, rate))
			if i == 0 {
				cell = whole(c.of(step, rate)) + "/s"
			}
			cells = append(cells, cell)
		}
		t.row(cells...)
	}
	return t.String()
}
