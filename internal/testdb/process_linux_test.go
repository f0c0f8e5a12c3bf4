package testdb_test

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// TestServerOutlivesThread: the thread that a test runs on may end before the process
// does, and a server with it, if that thread had started it.
func TestServerOutlivesThread(t *testing.T) {
	thread := make(chan int)
	var addr string
	go func() {
		defer close(thread)
		runtime.LockOSThread() // without an unlock the thread ends with the goroutine
		if tid := syscall.Gettid(); tid != os.Getpid() {
			addr = testdb.Redis(t)
			thread <- tid
			return
		}
		// The main thread does not end, so this goroutine sits on it.
		next := make(chan struct{})
		go func() {
			defer close(next)
			runtime.LockOSThread()
			addr = testdb.Redis(t)
			thread <- syscall.Gettid()
		}()
		<-next
	}()
	tid, ok := <-thread
	if !ok {
		return // Redis says why
	}
	await(t, func() string {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid)); err == nil {
			return "the thread is alive"
		}
		return ""
	})
	if got := redis(t, addr, "PING"); got != "+PONG" {
		t.Errorf("PING: %s", got)
	}
}
