package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/ligature-auth/ligature/store/bunstore"
)

// machine says what was measured where.
func machine(o options) string {
	return fmt.Sprintf("%s, %s/%s, %s, %d CPUs shared by the load, the server and the database. %d clients, %d requests a step and round, medians of %d rounds.\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU(), clients, o.n, o.rounds)
}

// enterAll enters ligature and each minimum that there is for the database, each on one
// of its own, reached in the same way.
func (f *field) enterAll(s *scope, d database, count bool) error {
	for _, what := range d.contenders() {
		if _, err := f.enter(what, role{what, d.driver, string(d.dialect), d.dsn(s), open, count}); err != nil {
			return err
		}
	}
	return nil
}

func (d database) contenders() []string {
	if d.dialect == bunstore.PostgreSQL {
		return []string{"ligature", "minimum", atOnce}
	}
	return []string{"ligature", "minimum"}
}

// statements counts at the driver what each step sends.
func statements(o options) (string, error) {
	var t table
	t.row(append([]string{"statements, and BEGIN and COMMIT"}, append(reported, "whole flow")...)...)
	for _, d := range databases {
		if !o.on(d.name) {
			continue
		}
		err := within(func(s *scope) error {
			f := &field{rounds: 1, n: 50, imports: true}
			defer f.end()
			if err := f.enterAll(s, d, true); err != nil {
				return err
			}
			if err := f.run(); err != nil {
				return err
			}
			for _, c := range f.contenders {
				cells := []string{d.name + ", " + c.name}
				for _, step := range reported {
					cells = append(cells, tally(c, step))
				}
				t.row(append(cells, tally(c, names()...))...)
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return "## Statements per step\n\n" + t.String(), nil
}

// tally is how many statements these steps send, and how many begin and end
// transactions.
func tally(c *contender, steps ...string) string {
	var statements, brackets float64
	for _, step := range steps {
		statements += c.of(step, func(r result) float64 { return r.statements })
		brackets += c.of(step, func(r result) float64 { return r.brackets })
	}
	if brackets == 0 {
		return fmt.Sprintf("%.4g", statements)
	}
	return fmt.Sprintf("%.4g + %.4g", statements, brackets)
}

// names of all steps.
func names() []string {
	var all []string
	for _, s := range flow {
		all = append(all, s.name)
	}
	return all
}

// compared is the flow on each database, ligature and the minimum side by side.
func compared(o options) (string, error) {
	told := ""
	for _, d := range databases {
		if !o.on(d.name) {
			continue
		}
		err := within(func(s *scope) error {
			f := &field{rounds: o.rounds, n: o.n, imports: true, profiles: o.profiles}
			defer f.end()
			if err := f.enterAll(s, d, false); err != nil {
				return err
			}
			if err := f.run(); err != nil {
				return err
			}
			for _, theirs := range f.contenders[1:] {
				made, err := sideBySide(f.contenders[0], theirs)
				if err != nil {
					return err
				}
				told += "## " + d.name + ", ligature / the " + theirs.name + "\n\n" + made
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	if !o.on("memory") {
		return told, nil
	}
	made, err := inMemory(o)
	return told + made, err
}

// inMemory is ligature without a database.
func inMemory(o options) (string, error) {
	f := &field{rounds: o.rounds, n: o.n, imports: true}
	defer f.end()
	c, err := f.enter("in memory", role{What: "ligature", Driver: "memory"})
	if err != nil {
		return "", err
	}
	if err := f.run(); err != nil {
		return "", err
	}
	var t table
	t.row("step", "requests/s", "p50", "p99", "allocations/request")
	for _, step := range reported {
		t.row(step, whole(c.of(step, rate)), millis(c.of(step, p50)), millis(c.of(step, p99)),
			whole(c.of(step, objects)))
	}
	return "## In memory, for reference\n\n" + t.String(), nil
}

// sideBySide is the main table.
func sideBySide(ours, theirs *contender) (string, error) {
	var t table
	t.row("step", "throughput", "by processor time", "requests/s", "p50", "p99", "server's CPU", "database's CPU", "allocations/request", "kB/request")
	for _, step := range reported {
		both := func(value func(result) float64, show func(float64) string) string {
			return show(ours.of(step, value)) + " / " + show(theirs.of(step, value))
		}
		t.row(step, ratio(ours.against(theirs, step, rate)), ratio(theirs.against(ours, step, processor)), both(rate, whole), both(p50, millis), both(p99, millis),
			both(inServer, millis), both(inDatabase, millis),
			both(objects, whole), both(func(r result) float64 { return r.bytes / 1024 }, whole))
	}
	one, err := ours.usage()
	if err != nil {
		return "", err
	}
	other, err := theirs.usage()
	if err != nil {
		return "", err
	}
	t.row("the process", "", "", "resident "+mega(one.Resident)+" / "+mega(other.Resident), "peak "+mega(one.Peak)+" / "+mega(other.Peak),
		"live heap "+mega(one.Heap)+" / "+mega(other.Heap), "", "", "", "")
	return t.String(), nil
}
