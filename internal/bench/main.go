// Command bench measures what ligature costs, against a minimum that was written by
// hand, on each database, over HTTP. The results and what they mean are in
// docs/performance.md.
//
//	go run ./internal/bench -h
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// options are the sizes of a run.
type options struct {
	rounds, n            int
	associations, proofs int
	databases            string
	profiles             string
	callers              int
	slack                uint64 // bytes that a storm may take beside its hashes
}

type section struct {
	name string
	make func(o options) (string, error)
}

// sections are the tables, in the order in which they are made.
var sections = []section{
	{"statements", statements},
	{"databases", compared},
	{"drivers", drivers},
	{"pool", pools},
	{"growth", growth},
	{"passwords", passwords},
}

// progress is for who waits.
var progress io.Writer = os.Stderr

func main() {
	asChild()
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "how many rounds the medians are of")
	flag.IntVar(&o.n, "n", 1500, "how many people go through the flow in a round")
	flag.IntVar(&o.associations, "associations", 5_000_000, "how many there are in the large database")
	flag.IntVar(&o.proofs, "proofs", 1_000_000, "how many of them live in the large database")
	flag.StringVar(&o.databases, "databases", "PostgreSQL,MariaDB,SQLite,memory", "what statements and databases are about")
	flag.StringVar(&o.profiles, "profiles", "", "a `directory` for CPU profiles of each step, which slow it down")
	flag.IntVar(&o.callers, "callers", 200, "how many sign in by a password at once")
	o.slack = 64 << 20
	only := flag.String("only", "", "the tables to make, of `statements,databases,drivers,pool,growth,passwords`")
	out := flag.String("out", "", "a `file` for the tables, beside the standard output")
	flag.Parse()
	exit(run(o, *only, *out))
}

// asChild is the whole life of this program where it was started to be measured.
func asChild() {
	if len(os.Args) != 3 {
		return
	}
	switch os.Args[1] {
	case "serve":
		exit(serve(os.Args[2]))
	case "storm":
		exit(rage(os.Args[2]))
	}
}

// on reports whether a database is wanted.
func (o options) on(name string) bool { return slices.Contains(strings.Split(o.databases, ","), name) }

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(o options, only, out string) error {
	var w io.Writer = os.Stdout
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer f.Close()
		w = io.MultiWriter(w, f)
	}
	wanted := strings.FieldsFunc(only, func(c rune) bool { return c == ',' })
	for _, name := range wanted {
		if !slices.ContainsFunc(sections, func(s section) bool { return s.name == name }) {
			return fmt.Errorf("there is no table %q", name)
		}
	}
	var failed []error
	fmt.Fprint(w, machine(o))
	for _, s := range sections {
		if len(wanted) > 0 && !slices.Contains(wanted, s.name) {
			continue
		}
		fmt.Fprintln(progress, s.name)
		made, err := s.make(o)
		if err != nil { // the others are worth having all the same
			failed = append(failed, fmt.Errorf("%s: %w", s.name, err))
		}
		if _, err := io.WriteString(w, made); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}
