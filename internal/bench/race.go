package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// contender is a child in a race.
type contender struct {
	name string
	*child
	from func(i int) int // the number of the i-th person; nil is i itself

	results map[string][]result // by step, one a round
	http    *http.Client
}

// result is one step in one round.
type result struct {
	rate           float64 // requests a second
	p50, p99       time.Duration
	objects, bytes float64 // allocated by the server, a request
	statements     float64 // where they are counted
	brackets       float64

	// Processor time a request, in the three who share the machine. A database in
	// the server's process has none of its own.
	cpu, database, load time.Duration
}

// field is who races, and how.
type field struct {
	contenders []*contender
	rounds, n  int
	imports    bool   // the people's accounts are not there yet
	profiles   string // the directory for CPU profiles; empty for none
}

// enter starts a child and lets it race.
func (f *field) enter(name string, r role) (*contender, error) {
	c, err := start(r)
	if err != nil {
		return nil, err
	}
	in := &contender{name: name, child: c, results: map[string][]result{}, http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true},
	}}
	f.contenders = append(f.contenders, in)
	return in, nil
}

func (f *field) end() {
	for _, c := range f.contenders {
		if err := c.end(); err != nil {
			fmt.Fprintln(progress, c.name, "ended:", err)
		}
	}
}

// run has new people go through the flow in each round, all of them through one
// step before the next, and the contenders step by step in turn: whatever else the
// machine does meets them all. The round before the first warms up and is not kept.
func (f *field) run() error {
	first := 0
	for round := range f.rounds + 1 {
		n := f.n
		if round == 0 {
			n = min(n, 200)
		}
		people := make([][]*subject, len(f.contenders))
		for i, c := range f.contenders {
			people[i] = make([]*subject, n)
			accounts := make([]imported, n)
			for j := range n {
				number := first + j
				if c.from != nil {
					number = c.from(number)
				}
				people[i][j] = &subject{n: number}
				accounts[j] = people[i][j].account()
			}
			if f.imports {
				if err := c.accounts(accounts); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
			}
		}
		first += n
		for s, step := range flow {
			for turn := range f.contenders {
				i := (turn + round + s) % len(f.contenders)
				c := f.contenders[i]
				got, err := c.take(step, people[i], f.profiles)
				if err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				if round > 0 {
					c.results[step.name] = append(c.results[step.name], got)
				}
			}
		}
		fmt.Fprintf(progress, "  round %d of %d\n", round, f.rounds)
	}
	return nil
}

// take has everybody take one step.
func (c *contender) take(s step, people []*subject, profiles string) (result, error) {
	var codes map[string]string
	var err error
	if s.to != nil {
		if codes, err = c.codes(); err != nil {
			return result{}, err
		}
	}
	if profiles != "" {
		if err := c.ask("POST", "/profile", nil, new(string)); err != nil {
			return result{}, err
		}
	}
	before, err := c.usage()
	if err != nil {
		return result{}, err
	}
	took := make([]time.Duration, len(people))
	database, load := databaseCPU(), cpuOf("self")
	began := time.Now()
	err = each(len(people), func(_, i int) error {
		p, code := people[i], ""
		if s.to != nil {
			code = codes[s.to(p)]
		}
		began := time.Now()
		err := s.do(c.http, c.App, p, code)
		took[i] = time.Since(began)
		return err
	})
	elapsed := time.Since(began)
	database, load = databaseCPU()-database, cpuOf("self")-load
	if err != nil {
		return result{}, err
	}
	after, err := c.usage()
	if err != nil {
		return result{}, err
	}
	if profiles != "" {
		var profile []byte
		if err := c.ask("GET", "/profile", nil, &profile); err != nil {
			return result{}, err
		}
		if err := os.WriteFile(filepath.Join(profiles, c.name+" "+s.name+".pprof"), profile, 0o644); err != nil {
			return result{}, err
		}
	}
	slices.Sort(took)
	n := float64(len(people))
	return result{
		rate: n / elapsed.Seconds(), p50: took[len(took)/2], p99: took[len(took)*99/100],
		objects: float64(after.Objects-before.Objects) / n, bytes: float64(after.Bytes-before.Bytes) / n,
		statements: float64(after.Statements-before.Statements) / n, brackets: float64(after.Brackets-before.Brackets) / n,
		cpu: (after.CPU - before.CPU) / time.Duration(len(people)), database: database / time.Duration(len(people)), load: load / time.Duration(len(people)),
	}, nil
}
