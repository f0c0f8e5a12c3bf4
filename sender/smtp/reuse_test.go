package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/ligature-auth/ligature/sender"
)

var modes = map[string]setup{"STARTTLS": {}, "implicit TLS": {implicit: true}, "plaintext": {plaintext: true}}

func TestOneConnectionServesMany(t *testing.T) {
	for name, mode := range modes {
		s := mode.start(t)
		to := s.sender(t)
		for range 20 {
			deliver(t, s, message(), to)
		}
		if all, _ := s.connections(); all != 1 {
			t.Errorf("%s: 20 messages made %d connections", name, all)
		}
	}
}

// How much a server may say is counted by the message, not by the connection.
func TestATalkativeServerKeepsItsConnection(t *testing.T) {
	said := strings.Repeat("250-"+strings.Repeat("x", 996)+"\r\n", 400) + "250 2.0.0 queued"
	s := (&script{replies: map[string]string{"end": said}}).start(t)
	to := newSender(t, s.options())
	for n := range 1<<20/len(said) + 1 {
		if _, err := to.Send(t.Context(), message()); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
	}
	if heard, _ := s.heard(); count(heard, "EHLO") != 1 {
		t.Errorf("it makes %d connections", count(heard, "EHLO"))
	}
}

// A refusal costs no connection either, and leaves nothing behind for the next message.
func TestOneConnectionServesAfterARefusal(t *testing.T) {
	for _, at := range []string{"MAIL", "RCPT", "end"} {
		s := setup{plaintext: true}.start(t)
		to := s.sender(t)
		for range 3 {
			s.refusing(at, &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}})
			m := message()
			m.To = "nobody@example.net"
			if _, err := to.Send(t.Context(), m); err == nil {
				t.Errorf("%s is refused, and Send does not say so", at)
			}
			s.refusing(at, nil)
			if got, _ := deliver(t, s, message(), to); !slices.Equal(got.to, []string{message().To}) {
				t.Errorf("after a refusal of %s it goes to %q", at, got.to)
			}
		}
		if all, _ := s.connections(); all != 1 {
			t.Errorf("refusals of %s made it %d connections", at, all)
		}
	}
}

func TestAServerThatHangsUpCostsNoFailure(t *testing.T) {
	for name, mode := range modes {
		s := mode.start(t)
		to := s.sender(t)
		for range 5 {
			deliver(t, s, message(), to)
			s.hangUp()
		}
		if all, _ := s.connections(); all != 5 {
			t.Errorf("%s: %d connections, want 5", name, all)
		}
	}
}

// Servers also hang up, or say that they are about to, when they are spoken to again.
func TestAServerThatHangsUpWhenSpokenToCostsNoFailure(t *testing.T) {
	for _, verb := range []string{"RSET", "MAIL", "RCPT", "DATA"} {
		for _, reply := range []string{"", "421 4.4.2 too late"} {
			s := (&script{instead: func(name string, before int) (string, bool) {
				return reply, name == verb && (before == 1 || name == "RSET") // RSET comes with the second message
			}}).start(t)
			to := newSender(t, s.options())
			for range 2 {
				if _, err := to.Send(t.Context(), message()); err != nil {
					t.Errorf("%s answered with %q: %v", verb, reply, err)
				}
			}
			said, ends := s.heard()
			if greetings := count(said, "EHLO"); ends != 2 || greetings != 2 {
				t.Errorf("%s answered with %q: %d messages on %d connections", verb, reply, ends, greetings)
			}
		}
	}
}

// After the message began to go out, nothing is tried again.
func TestNothingIsSentTwice(t *testing.T) {
	for _, reply := range []string{"", "421 4.3.2 bye"} {
		s := (&script{instead: func(name string, before int) (string, bool) {
			return reply, name == "end" && before == 1
		}}).start(t)
		to := newSender(t, s.options())
		if _, err := to.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		_, err := to.Send(t.Context(), message())
		checkFailure(t, reply, err, sender.ErrTemporary, reply == "")
		if _, ends := s.heard(); ends != 2 {
			t.Errorf("two messages came %d times", ends)
		}
	}
}

func count(lines []string, verb string) (n int) {
	for _, line := range lines {
		if strings.HasPrefix(line, verb) {
			n++
		}
	}
	return n
}

func TestConcurrentSends(t *testing.T) {
	for name, mode := range modes {
		s := mode.start(t)
		o := s.options(t)
		o.MaxConns, o.MaxIdle = 5, 3
		to := newSender(t, o)
		const sends = 64
		var wg sync.WaitGroup
		for i := range sends {
			wg.Go(func() {
				m := message()
				m.ID, m.To = fmt.Sprint("m-", i), fmt.Sprintf("p%d@example.com", i)
				if _, err := to.Send(t.Context(), m); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		seen := map[string]int{}
		for _, m := range s.received() {
			p := parseMail(t, m.data)
			if len(m.to) != 1 || p.Get("To") != "<"+m.to[0]+">" {
				t.Errorf("%s: to %q it says it is to %q", name, m.to, p.Get("To"))
			}
			seen[m.to[0]]++
		}
		for i := range sends {
			if n := seen[fmt.Sprintf("p%d@example.com", i)]; n != 1 {
				t.Errorf("%s: message %d arrived %d times", name, i, n)
			}
		}
		// One whose goodbye is not over may overlap with its successor.
		if all, most := s.connections(); most > 2*5 || all > sends {
			t.Errorf("%s: %d connections, %d at once", name, all, most)
		}
	}
}

// Who has to wait for a connection does so no longer than the context.
func TestWaitingEndsWithTheContext(t *testing.T) {
	begun := make(chan struct{})
	s := setup{plaintext: true, stall: true, atEnd: func() { close(begun) }}.start(t)
	o := s.options(t)
	o.MaxConns = 1
	to := newSender(t, o)
	busy, free := context.WithCancel(t.Context())
	defer free()
	first := make(chan error, 1)
	go func() {
		_, err := to.Send(busy, message())
		first <- err
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := to.Send(ctx, message())
	checkFailure(t, "waiting", err, sender.ErrTemporary, false)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "waiting") {
		t.Errorf("waiting ends with %v", err)
	}
	free()
	checkFailure(t, "the first", <-first, sender.ErrTemporary, true)
}

func TestIdleConnectionsEnd(t *testing.T) {
	for name, mode := range modes {
		s := mode.start(t)
		o := s.options(t)
		o.IdleTimeout = time.Millisecond
		to := newSender(t, o)
		for n := range 3 {
			deliver(t, s, message(), to)
			select {
			case <-s.left:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: connection %d is still there", name, n)
			}
		}
	}
}

func TestCloseSaysGoodbye(t *testing.T) {
	s := (&script{}).start(t)
	to := newSender(t, s.options())
	if _, err := to.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := to.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if said, _ := s.heard(); said[len(said)-1] != "QUIT" {
		t.Errorf("the last words are %q", said[len(said)-1])
	}
	_, err := to.Send(t.Context(), message())
	checkFailure(t, "closed", err, sender.ErrPermanent, false)
}

// Close while a message is on its way: the message goes on, and its connection ends.
func TestCloseLetsMessagesGoOn(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := setup{plaintext: true, atEnd: func() { close(begun); <-goOn }}.start(t)
	o := s.options(t)
	o.IdleTimeout = time.Hour // the connection ends, but not by this
	to := newSender(t, o)
	sent := make(chan error)
	go func() {
		_, err := to.Send(t.Context(), message())
		sent <- err
	}()
	<-begun
	_ = to.Close()
	close(goOn)
	if err := <-sent; err != nil {
		t.Errorf("a message on its way: %v", err)
	}
	select {
	case <-s.left:
	case <-time.After(10 * time.Second):
		t.Error("its connection is still there")
	}
}

// A goodbye that the server does not answer ends by itself, and no goroutine stays.
func TestNothingStaysBehind(t *testing.T) {
	s := (&script{replies: map[string]string{"QUIT": "221-and"}}).start(t)
	to := newSender(t, s.options())
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if _, err := to.Send(ctx, message()); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	_ = to.Close()
	var stacks strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	for stack := range strings.SplitSeq(stacks.String(), "\n\n") {
		if strings.Contains(stack, "ligature/sender/smtp.") {
			t.Errorf("left behind:\n%s", stack)
		}
	}
}
