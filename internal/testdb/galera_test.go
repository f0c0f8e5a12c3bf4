//go:build cluster

package testdb_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// TestGalera kills each node in turn: the others go on, and it comes back with what
// they wrote, even when it is started before they know that it was gone.
func TestGalera(t *testing.T) {
	c := testdb.Galera(t)
	write := func(node int, statement string, args ...any) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err := open(t, "mysql", c.DSN(node)).ExecContext(ctx, statement, args...); err != nil {
			t.Fatalf("node %d: %s: %v", node, statement, err)
		}
	}
	write(0, "CREATE TABLE thing (id int PRIMARY KEY)")
	for i := range testdb.Nodes {
		other := (i + 1) % testdb.Nodes
		write(i, "INSERT INTO thing VALUES (?)", 10*i)
		c.Kill(i)
		if err := open(t, "mysql", c.DSN(i)).PingContext(t.Context()); err == nil {
			t.Errorf("node %d answers after it was killed", i)
		}
		if i == 0 {
			c.Start(i) // before the others know that it was gone
			write(other, "INSERT INTO thing VALUES (?)", 10*i+1)
		} else {
			write(other, "INSERT INTO thing VALUES (?)", 10*i+1)
			c.Start(i)
		}
		want := fmt.Sprintf("%d,%d", 10*i, 10*i+1)
		got := query(t, "mysql", c.DSN(i), fmt.Sprintf("SELECT GROUP_CONCAT(id ORDER BY id) FROM thing WHERE id DIV 10 = %d", i))
		if got != want {
			t.Errorf("node %d is back with %s, want %s", i, got, want)
		}
	}
}

// TestNothingStaysOfGalera: a node that is killed while it hands its state to another
// leaves scripts behind, and those end, too.
func TestNothingStaysOfGalera(t *testing.T) {
	temporary := openTempDir(t)
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestGalera$")
	c.Env = append(os.Environ(), "TMPDIR="+temporary)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var below []process
	await(t, func() string {
		below = descendants(t, c.Process.Pid)
		for _, p := range below {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
			if p.program == "bash" && bytes.Contains(line, []byte("donor")) {
				return ""
			}
		}
		return "no node hands its state to another"
	})
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	awaitEnd(t, below, temporary)
}
