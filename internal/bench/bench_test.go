package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func TestMain(m *testing.M) {
	asChild()
	progress = io.Discard
	// The tests count in windows of an hour, none of which may end while they do.
	now := time.Now()
	if left := now.Truncate(time.Hour).Add(time.Hour).Sub(now); left < 2*time.Minute {
		fmt.Println("waiting for the full hour:", left)
		<-time.After(left)
	}
	testdb.Main(m)
}

// TestRun makes every table, small, with servers in processes of their own.
func TestRun(t *testing.T) {
	o := options{rounds: 1, n: 5, associations: 40, proofs: 40, databases: "PostgreSQL,MariaDB,SQLite,memory", callers: 32}
	o.slack = 64 << 20
	if raceDetector {
		o.slack = 4 << 30 // its memory is no hash's
	}
	for _, s := range sections {
		t.Run(s.name, func(t *testing.T) {
			skipWithout(t)
			made, err := s.make(o)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(made, "\n|") < 4 || strings.Contains(made, "NaN") || strings.Contains(made, "Inf") {
				t.Errorf("no table:\n%s", made)
			}
		})
	}
}

// skipWithout skips the test, or fails it in CI, where a server is not installed.
func skipWithout(t *testing.T) {
	for _, d := range databases {
		d.dsn(t)
	}
}

// A promise that does not hold is an error, which ends the program with one.
func TestABrokenPromiseIsTold(t *testing.T) {
	s := storm{Callers: 200, Memory: 256, Queue: 2 * time.Second, Gated: true}
	for _, tt := range []struct {
		why    string
		r      stormed
		broken int
	}{
		{"at the bounds", stormed{Growth: 320 << 20, Longest: 3 * time.Second}, 0},
		{"memory", stormed{Growth: 320<<20 + 1}, 1},
		{"time", stormed{Longest: 3*time.Second + 1}, 1},
		{"at the bound of a slow machine", stormed{Longest: 6 * time.Second, Alone: time.Second}, 0},
		{"time on a slow machine", stormed{Longest: 6*time.Second + 1, Alone: time.Second}, 1},
		{"both", stormed{Growth: 1 << 40, Longest: time.Hour}, 2},
	} {
		err := s.broken(tt.r, 64<<20)
		told := 0
		if err != nil {
			told = strings.Count(err.Error(), "more than")
		}
		if told != tt.broken {
			t.Errorf("%s: %v, want %d promises broken", tt.why, err, tt.broken)
		}
	}
}

func TestUnknownTableIsAnError(t *testing.T) {
	if run(options{}, "growht", "") == nil {
		t.Error("a name that is no table's was passed over")
	}
}

func TestStatementsAreCountedAtTheDriver(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			var c counter
			db, err := c.open(role{Driver: d.driver, DSN: d.dsn(t), Count: true})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var one int
			if err := tx.QueryRowContext(t.Context(), "SELECT 1").Scan(&one); err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), "CREATE TABLE x (y INTEGER)"); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if s, b := c.statements.Load(), c.brackets.Load(); s != 2 || b != 2 {
				t.Errorf("counted %d statements and %d ends of transactions, want 2 and 2", s, b)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{
		{[]float64{7}, 7},
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(c.of); got != c.want {
			t.Errorf("the median of %v is %v, want %v", c.of, got, c.want)
		}
	}
}
