package testdb

import (
	"runtime"
	"testing"
)

var (
	Find = find
	Must = must
)

// Outcome returns how f ends its test: it "fails", "skips" or "goes on".
func Outcome(t testing.TB, f func(testing.TB)) string {
	r := &recorder{TB: t, outcome: "goes on"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r.outcome
}

type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Fatal(...any) { r.end("fails") }
func (r *recorder) Skip(...any)  { r.end("skips") }

func (r *recorder) end(how string) {
	r.outcome = how
	runtime.Goexit()
}
