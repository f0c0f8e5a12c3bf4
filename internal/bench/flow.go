package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// clients is how many there are at a time.
const clients = 8

// subject is a person who goes through the whole flow once, with a device and an
// address of their own, so that nobody's budget is used up.
type subject struct {
	n                              int
	access, challenge, token, sudo string
}

func (p *subject) account() imported {
	return imported{ID: fmt.Sprintf("%012d", p.n), Phone: fmt.Sprintf("+86138%08d", p.n)}
}

func (p *subject) phone() string { return p.account().Phone }
func (p *subject) email() string { return fmt.Sprintf("person%d@example.com", p.n) }
func (p *subject) ip() string    { return fmt.Sprintf("10.%d.%d.%d", p.n>>16&255, p.n>>8&255, p.n&255) }

// step is one request of the flow.
type step struct {
	name         string
	method, path string
	signedIn     bool
	body         func(p *subject, code string) map[string]string
	to           func(p *subject) string // whose code the body needs; nil for none
	keep         func(p *subject, a told)
}

// told is what answers may hold.
type told struct {
	Challenge string `json:"verification_id"`
	Token     string `json:"verification_token"`
	Sudo      string `json:"sudo_token"`
	Access    string `json:"access_token"`
	Error     string `json:"error"`
}

// flow is the ceremony: sign in by a code, prove oneself again by one, and bind
// another address by a third.
var flow = []step{
	sending("send, signed out", "phone_number", (*subject).phone, false),
	verifying("verify, signed out", (*subject).phone),
	{"sign in", "POST", "/v1/signin", false,
		func(p *subject, _ string) map[string]string {
			return map[string]string{"verification_token": p.token}
		}, nil,
		func(p *subject, a told) { p.access = a.Access }},
	sending("send for sudo", "phone_number", (*subject).phone, true),
	verifying("verify for sudo", (*subject).phone),
	{"sudo", "POST", "/v1/user/sudo", true,
		func(p *subject, _ string) map[string]string {
			return map[string]string{"verification_token": p.token}
		}, nil,
		func(p *subject, a told) { p.sudo = a.Sudo }},
	sending("send", "email", (*subject).email, true),
	verifying("verify", (*subject).email),
	{"bind", "PATCH", "/v1/user/contact", true,
		func(p *subject, _ string) map[string]string {
			return map[string]string{"email": p.email(), "sudo_token": p.sudo, "verification_token": p.token}
		}, nil,
		func(*subject, told) {}},
}

// reported are the steps that tables show.
var reported = []string{"send", "verify", "bind", "sudo", "sign in"}

func sending(name, field string, to func(*subject) string, signedIn bool) step {
	return step{name, "POST", "/v1/verification", signedIn,
		func(p *subject, _ string) map[string]string { return map[string]string{field: to(p)} }, nil,
		func(p *subject, a told) { p.challenge = a.Challenge }}
}

func verifying(name string, to func(*subject) string) step {
	return step{name, "POST", "/v1/verification/verify", false,
		func(p *subject, code string) map[string]string {
			return map[string]string{"verification_id": p.challenge, "verification_code": code}
		}, to,
		func(p *subject, a told) { p.token = a.Token }}
}

// request makes the step's request to a server.
func (s step) request(server string, p *subject, code string) (*http.Request, error) {
	body, err := json.Marshal(s.body(p, code))
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(s.method, "http://"+server+s.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"bench/1"}, "X-Forwarded-For": {p.ip()},
		"X-Device-Id": {fmt.Sprintf("device-%d", p.n)}, "X-Request-Id": {fmt.Sprintf("%s %d", s.name, p.n)},
	}
	if s.signedIn {
		r.Header.Set("Authorization", "Bearer "+p.access)
	}
	return r, nil
}

// send makes the request, and returns the status and what the answer holds.
func send(h *http.Client, r *http.Request) (status int, a told, err error) {
	answer, err := h.Do(r)
	if err != nil {
		return 0, a, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	return answer.StatusCode, a, err
}

// do has one person take the step.
func (s step) do(h *http.Client, server string, p *subject, code string) error {
	r, err := s.request(server, p, code)
	if err != nil {
		return err
	}
	status, a, err := send(h, r)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: %d %s", s.name, status, a.Error)
	}
	s.keep(p, a)
	return nil
}

// each calls do for 0 to n-1, by as many goroutines as there are clients, and
// tells it which of them it is.
func each(n int, do func(client, i int) error) error {
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, clients)
	for c := range clients {
		all.Go(func() {
			for errs[c] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[c] = do(c, i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
