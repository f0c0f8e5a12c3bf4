package testdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// patience bounds how long a server may take to start, and a statement to run.
const patience = time.Minute

// server is a program that this process started and will end.
type server struct {
	cmd   *exec.Cmd
	dir   string
	quit  syscall.Signal
	ended chan struct{} // closed once it has
}

// running holds the servers that have not been ended.
var running struct {
	sync.Mutex
	servers []*server
	closed  bool
}

// starter runs a function on a thread that lives as long as the process: a child is
// sent its signal when the thread that started it ends, not only with the process.
var starter = sync.OnceValue(func() chan<- func() {
	todo := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range todo {
			f()
		}
	}()
	return todo
})

// start starts a program in the directory, where its output goes to the file log. The
// signal quit ends it, at the latest when this process ends.
func start(dir string, quit syscall.Signal, program string, args ...string) (*server, error) {
	attributes, err := tied(quit)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("testdb: %w", err)
	}
	defer log.Close()

	s := &server{cmd: exec.Command(program, args...), dir: dir, quit: quit, ended: make(chan struct{})}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr, s.cmd.SysProcAttr = dir, log, log, attributes
	s.cmd.Env = append(os.Environ(), "TMPDIR="+dir) // for MariaDB's files, and for sweep

	running.Lock()
	defer running.Unlock()
	if running.closed {
		return nil, errors.New("testdb: asked for a server after Main stopped them")
	}
	done := make(chan error)
	starter() <- func() { done <- s.cmd.Start() }
	if err := <-done; err != nil {
		return nil, fmt.Errorf("testdb: %w", err)
	}
	running.servers = append(running.servers, s)
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait() // its ProcessState tells
	}()
	return s, nil
}

// run is start for a program that ends by itself, and must not fail.
func run(dir, program string, args ...string) error {
	s, err := start(dir, syscall.SIGKILL, program, args...)
	if err != nil {
		return err
	}
	defer s.stop()
	select {
	case <-s.ended:
	case <-time.After(patience):
		return s.failed("takes too long")
	}
	if !s.cmd.ProcessState.Success() {
		return s.failed(s.cmd.ProcessState.String())
	}
	return nil
}

// await returns once ping does without an error. A server that ends before, or
// exhausts the patience, is stopped.
func (s *server) await(ping func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
			continue
		case <-s.ended:
			return s.failed(s.cmd.ProcessState.String())
		case <-ctx.Done():
			s.stop()
			return s.failed("does not answer: " + err.Error())
		}
	}
}

// failed is the error of a program, with the end of what it said.
func (s *server) failed(how string) error {
	log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	const most = 8 << 10
	tail := bytes.TrimSpace(log[max(0, len(log)-most):])
	return fmt.Errorf("testdb: %s: %s; the end of its log:\n%s", filepath.Base(s.cmd.Path), how, tail)
}

// stop ends the server, and returns when it has ended. Nothing happens if it had.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(s.quit)
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	running.Lock()
	defer running.Unlock()
	running.servers = slices.DeleteFunc(running.servers, func(r *server) bool { return r == s })
}

// stopAll ends the servers and removes what they wrote. No more can be started.
func stopAll() error {
	running.Lock()
	running.closed = true
	servers := slices.Clone(running.servers)
	running.Unlock()

	var all sync.WaitGroup
	for _, s := range servers {
		all.Go(s.stop)
	}
	all.Wait()
	return removeScratch()
}
