package sendertest

import (
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// delivers: every purpose arrives, once, at its address and with its code; so
// does a second message to the same address.
func (s suite) delivers(t *testing.T) {
	to := s.newSender(t)
	var sent []sender.Message
	for _, purpose := range []sender.Purpose{sender.Bind, sender.Sudo, sender.SignIn} {
		m := s.message(len(sent))
		m.Purpose = purpose
		again := s.message(len(sent) + 1)
		again.Purpose, again.To = purpose, m.To
		bare := s.message(len(sent) + 2)
		bare.Purpose, bare.Account, bare.Locale = purpose, "", ""
		sent = append(sent, m, again, bare)
	}
	for _, m := range sent {
		if ok, err := s.send(t.Context(), t, to, m); ok && err != nil {
			t.Errorf("a %s message fails: %v", m.Purpose, err)
		}
	}
	notice := s.notice(len(sent))
	if ok, err := s.send(t.Context(), t, to, notice); ok && err != nil {
		t.Errorf("a notice fails: %v", err)
	}

	if s.Delivered == nil {
		t.Skip("what arrives is not checked: Options.Delivered is nil")
	}
	all := s.Delivered()
	if want := len(sent) + 1; len(all) != want {
		t.Errorf("%d messages made %d deliveries", want, len(all))
	}
	for _, m := range sent {
		all = checkDelivered(t, all, m)
	}
	for _, d := range all { // what holds no code is the notice
		if d.To != notice.To {
			t.Errorf("the notice for %q goes to %q", notice.To, d.To)
		}
	}
}

// concurrent: 64 sends at once keep apart.
func (s suite) concurrent(t *testing.T) {
	to := s.newSender(t)
	sent := make([]sender.Message, 64)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range sent {
		sent[i] = s.message(i)
		wg.Go(func() {
			<-start
			if ok, err := s.send(t.Context(), t, to, sent[i]); ok && err != nil {
				t.Errorf("one of %d concurrent sends fails: %v", len(sent), err)
			}
		})
	}
	close(start)
	wg.Wait()

	if s.Delivered == nil {
		t.Skip("what arrives is not checked: Options.Delivered is nil")
	}
	all := s.Delivered()
	if len(all) != len(sent) {
		t.Errorf("%d concurrent sends made %d deliveries", len(sent), len(all))
	}
	for _, m := range sent {
		all = checkDelivered(t, all, m)
	}
}

// checkDelivered checks that m's code is in one delivery, to m's address, and
// returns the deliveries without it.
func checkDelivered(t *testing.T, all []Delivery, m sender.Message) (rest []Delivery) {
	t.Helper()
	var to []string
	for _, d := range all {
		if strings.Contains(d.Content, m.Code.Reveal()) {
			to = append(to, d.To)
		} else {
			rest = append(rest, d)
		}
	}
	if len(to) != 1 || to[0] != m.To {
		t.Errorf("the %s code for %q goes to %q", m.Purpose, m.To, to)
	}
	return rest
}
