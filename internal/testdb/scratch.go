package testdb

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// scratch is the directory for everything that the servers write.
var scratch struct {
	sync.Mutex
	dir     string
	sweeper *exec.Cmd
	// alive is never written to. The sweeper reads it, and so learns that this
	// process has ended, however that came.
	alive io.WriteCloser
}

// sweep is what the sweeper runs, for the directory $0: once its input ends, it waits
// for the servers to end, which are told to at the same time, and removes the
// directory. The scripts of a Galera node may outlive the node. They are known by the
// TMPDIR that only the children of this process, and theirs, have.
const sweep = `
cat
try=0
while [ $((try += 1)) -le 50 ]; do
	children=$(grep -lsz -F "TMPDIR=$0/" /proc/[0-9]*/environ | cut -d / -f 3)
	if [ -z "$children" ]; then
		rm -rf "$0" && exit
	elif [ $try -gt 5 ]; then
		kill -9 $children
	fi
	sleep 0.2
done
exit 1
`

// newDir makes a directory that the servers may write to.
func newDir(name string) (string, error) {
	scratch.Lock()
	defer scratch.Unlock()
	if scratch.dir == "" {
		if err := makeScratch(); err != nil {
			return "", fmt.Errorf("testdb: %w", err)
		}
	}
	dir, err := os.MkdirTemp(scratch.dir, name+"-")
	if err != nil {
		return "", fmt.Errorf("testdb: %w", err)
	}
	return dir, giveAway(dir)
}

// makeScratch makes the directory and starts its sweeper.
func makeScratch() error {
	dir, err := os.MkdirTemp("", "ligature-testdb-")
	if err != nil {
		return err
	}
	sweeper := exec.Command("/bin/sh", "-c", sweep, dir)
	sweeper.SysProcAttr = apart()
	alive, err := sweeper.StdinPipe()
	if err != nil {
		return err
	}
	if err := sweeper.Start(); err != nil {
		return err
	}
	scratch.dir, scratch.sweeper, scratch.alive = dir, sweeper, alive
	return giveAway(dir)
}

// removeScratch removes the directory, if there is one, and returns when it is gone.
func removeScratch() error {
	scratch.Lock()
	defer scratch.Unlock()
	if scratch.dir == "" {
		return nil
	}
	if err := scratch.alive.Close(); err != nil {
		return err
	}
	if err := scratch.sweeper.Wait(); err != nil {
		return fmt.Errorf("removing %s: %w", scratch.dir, err)
	}
	return nil
}
