package testdb_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// TestNothingStays: once the process has ended, its servers and their data are gone.
func TestNothingStays(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(t *testing.T, c child)
	}{
		{"after Main", func(t *testing.T, c child) { c.finish(t) }},
		{"after SIGKILL", func(t *testing.T, c child) {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(); err == nil {
				t.Error("the child ended by itself")
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			temporary := openTempDir(t)
			c := startChild(t, "TMPDIR="+temporary,
				"LIGATURE_TEST_POSTGRESQL=", "LIGATURE_TEST_MARIADB=", "LIGATURE_TEST_REDIS=")
			below := descendants(t, c.Process.Pid)
			var programs []string
			for _, p := range below {
				programs = append(programs, p.program)
			}
			for _, want := range []string{"postgres", "mariadbd", "redis-server"} {
				if !slices.Contains(programs, want) {
					t.Errorf("the child has started %q: no %s", programs, want)
				}
			}
			if entries(t, temporary) == 0 {
				t.Error("the child keeps its data elsewhere")
			}

			test.end(t, c)
			awaitEnd(t, below, temporary)
		})
	}
}

// awaitEnd waits for the processes to end and the directory to be empty.
func awaitEnd(t *testing.T, processes []process, dir string) {
	t.Helper()
	await(t, func() string {
		for _, p := range processes {
			if now, ok := look(p.pid); ok && now.started == p.started {
				return fmt.Sprintf("%s (%d) is alive", p.program, p.pid)
			}
		}
		if n := entries(t, dir); n > 0 {
			return fmt.Sprintf("%d directories are left", n)
		}
		return ""
	})
}

// openTempDir is t.TempDir for whoever the servers run as, too.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "testdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// entries counts what is in a directory.
func entries(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
