package testdb_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// hold makes TestHold, in a child process, keep its databases until its input ends.
const hold = "LIGATURE_TESTDB_HOLD"

// TestHold asks for a database of each kind.
func TestHold(t *testing.T) {
	postgresql, mariadb, redis := testdb.PostgreSQL(t), testdb.MariaDB(t, "utf8mb4_general_ci"), testdb.Redis(t)
	if os.Getenv(hold) == "" {
		return
	}
	fmt.Println("up", postgresql, mariadb, redis)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

// child is this test binary once more, in TestHold.
type child struct {
	*exec.Cmd
	input io.Closer // ends TestHold

	postgresql, mariadb, redis string // what it holds
}

// startChild returns when the child holds its databases.
func startChild(t *testing.T, env ...string) child {
	t.Helper()
	c := child{Cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHold$")}
	c.Env = append(append(os.Environ(), env...), hold+"=1")
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.input = input
	output, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(output)
	line, err := said.ReadString('\n')
	if _, scanErr := fmt.Sscanf(line, "up %s %s %s", &c.postgresql, &c.mariadb, &c.redis); scanErr != nil {
		rest, _ := io.ReadAll(said)
		t.Fatalf("the child said (%v): %s%s", err, line, rest)
	}
	return c
}

// finish lets the child end by itself.
func (c child) finish(t *testing.T) {
	t.Helper()
	if err := c.input.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the child: %v", err)
	}
}

// process is one that runs.
type process struct {
	pid, parent int
	program     string
	started     string // tells it from a later process with its number
}

// look finds a process by its number.
func look(pid int) (process, bool) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false
	}
	_, tail, _ := strings.Cut(string(stat), "(") // the program is in parentheses, and may hold some
	end := strings.LastIndexByte(tail, ')')
	fields := strings.Fields(tail[end+1:])
	parent, _ := strconv.Atoi(fields[1])
	return process{pid, parent, tail[:end], fields[19]}, fields[0] != "Z"
}

// descendants returns the processes that a process has started, and those that they
// have.
func descendants(t *testing.T, root int) []process {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var all []process
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := look(pid); ok {
				all = append(all, p)
			}
		}
	}
	if len(all) == 0 {
		t.Fatal("no process can be seen")
	}
	var found []process
	for parents := []int{root}; len(parents) > 0; parents = parents[1:] {
		for _, p := range all {
			if p.parent == parents[0] {
				found, parents = append(found, p), append(parents, p.pid)
			}
		}
	}
	return found
}

// await fails the test with the complaint that there is still after half a minute.
func await(t *testing.T, complaint func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		c := complaint()
		if c == "" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(c)
		}
	}
}
