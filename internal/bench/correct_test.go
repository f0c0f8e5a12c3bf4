package main

import (
	"net/http"
	"testing"
)

func TestTheFlowBinds(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		p := r.person(t, 1)
		r.until(t, p, "bind")
		before, counted := r.events(t, p), r.count(t, "counter")
		if r.bound(t, p) != 0 {
			t.Error("bound too early")
		}
		if status := r.take(t, named("bind"), p, ""); status != http.StatusOK {
			t.Fatal(status)
		}
		if r.bound(t, p) != 1 || r.events(t, p) != before+1 {
			t.Error("the address or its event is not in the database")
		}
		if n := r.count(t, "notice", "account", p.account().ID); n != 1 {
			t.Errorf("the phone is owed %d notices, want 1", n)
		}
		// The caller's address and account; two for each of three targets; guesses
		// about the first address and about the account.
		if counted != 10 {
			t.Errorf("%d counters, want 10", counted)
		}
	})
}

func TestWrongCodesAreRefused(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		p := r.person(t, 1)
		r.until(t, p, "verify")
		wrong := "000000"
		if r.code(p.email()) == wrong {
			wrong = "000001"
		}
		for range 4 {
			if status := r.take(t, named("verify"), p, wrong); status != http.StatusBadRequest {
				t.Fatal(status)
			}
		}
		right := *p
		if status := r.take(t, named("verify"), &right, ""); status != http.StatusOK {
			t.Fatal("the fifth guess, a right one:", status)
		}
		if status := r.take(t, named("verify"), p, ""); status != http.StatusBadRequest {
			t.Error("the code again:", status)
		}

		q := r.person(t, 2)
		r.until(t, q, "verify")
		for range 5 {
			r.take(t, named("verify"), q, wrong)
		}
		if status := r.take(t, named("verify"), q, ""); status != http.StatusBadRequest {
			t.Error("the sixth guess:", status)
		}
	})
}

func TestCodesAreSpentOnce(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		for i, step := range []string{"verify", "bind", "sign in", "sudo"} {
			p := r.person(t, 1+i)
			r.until(t, p, step)
			if n := r.atOnce(t, named(step), repeated(p)...); n != 1 {
				t.Errorf("%d of 8 could %s", n, step)
			}
		}
	})
}

// bindTo is a step that is about another's address.
func bindTo(name string, q *subject) step {
	s := named(name)
	body := s.body
	s.body = func(p *subject, code string) map[string]string {
		b := body(p, code)
		if b["email"] != "" {
			b["email"] = q.email()
		}
		return b
	}
	if s.to != nil {
		s.to = func(*subject) string { return q.email() }
	}
	return s
}

func TestOneAccountGetsTheAddress(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		var people []*subject
		first := &subject{n: 1}
		for n := range 4 {
			p := r.person(t, 1+n)
			r.until(t, p, "send")
			for _, name := range []string{"send", "verify"} {
				if status := r.take(t, bindTo(name, first), p, ""); status != http.StatusOK {
					t.Fatalf("%s: %d", name, status)
				}
			}
			people = append(people, p)
		}
		if n := r.atOnce(t, bindTo("bind", first), people...); n != 1 {
			t.Errorf("%d of 4 could bind it", n)
		}
	})
}

func TestBindNeedsBothProofs(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		p, q := r.person(t, 1), r.person(t, 2)
		r.until(t, p, "bind")
		r.until(t, q, "bind")
		for _, c := range []struct {
			name   string
			forged subject
			want   int
		}{
			{"no session", subject{n: 1, sudo: p.sudo, token: p.token}, http.StatusUnauthorized},
			{"no sudo", subject{n: 1, access: p.access, token: p.token}, http.StatusUnauthorized},
			{"another's sudo", subject{n: 1, access: p.access, sudo: q.sudo, token: p.token}, http.StatusUnauthorized},
			{"no token", subject{n: 1, access: p.access, sudo: p.sudo}, http.StatusBadRequest},
			{"another's token", subject{n: 2, access: p.access, sudo: p.sudo, token: q.token}, http.StatusBadRequest},
			{"another address", subject{n: 3, access: p.access, sudo: p.sudo, token: p.token}, http.StatusBadRequest},
		} {
			if status := r.take(t, named("bind"), &c.forged, ""); status != c.want {
				t.Errorf("%s: %d, want %d", c.name, status, c.want)
			}
		}
		if r.bound(t, p) != 0 {
			t.Error("bound all the same")
		}
		if status := r.take(t, named("bind"), p, ""); status != http.StatusOK {
			t.Error(status)
		}
	})
}

func TestSendsAreCounted(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		signedOut := named("send, signed out")
		if status := r.take(t, signedOut, &subject{n: 50}, ""); status != http.StatusOK {
			t.Fatal(status)
		}
		if status := r.take(t, signedOut, &subject{n: 50}, ""); status != http.StatusTooManyRequests {
			t.Error("again at once:", status)
		}
		first := func(*subject, string) map[string]string {
			return map[string]string{"phone_number": (&subject{n: 1}).phone()}
		}
		toFirst := signedOut
		toFirst.body = first
		for n := range 6 { // from other devices and addresses
			last := r.code((&subject{n: 1}).phone())
			if status := r.take(t, toFirst, &subject{n: 2 + n}, ""); status != http.StatusOK {
				t.Fatal(status)
			}
			if sent := r.code((&subject{n: 1}).phone()) != last; sent != (n < 5) {
				t.Errorf("code %d of an hour: sent is %v", 1+n, sent)
			}
		}
		sameIP := 0
		for n := range 25 {
			s := signedOut
			p := &subject{n: 1000 + n}
			s.body = func(*subject, string) map[string]string { return map[string]string{"phone_number": p.phone()} }
			if r.take(t, s, &subject{n: 999}, "") == http.StatusOK {
				sameIP++
			}
		}
		if sameIP != 20 {
			t.Errorf("%d sends from one address, want 20", sameIP)
		}
	})
}
