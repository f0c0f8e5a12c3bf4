package smtp_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

// A server, or somebody in between, that says it has no TLS gets to hear nothing.
func TestNothingIsSaidInClear(t *testing.T) {
	for name, replies := range map[string]map[string]string{
		"no STARTTLS":            {},
		"AUTH alone":             {"EHLO": "250-localhost\r\n250 AUTH PLAIN LOGIN"},
		"no EHLO":                {"EHLO": "502 5.5.1 what", "HELO": "250 localhost"},
		"STARTTLS refused":       {"EHLO": "250-localhost\r\n250-STARTTLS\r\n250 AUTH PLAIN", "STARTTLS": "454 4.7.0 not now"},
		"STARTTLS, and then not": {"EHLO": "250-localhost\r\n250-STARTTLS\r\n250 AUTH PLAIN", "STARTTLS": "220 2.0.0 go on"},
		"an answer put in":       {"EHLO": "250-localhost\r\n250-STARTTLS\r\n250 AUTH PLAIN", "STARTTLS": "220 2.0.0 go on\r\n250-localhost\r\n250 AUTH PLAIN"},
	} {
		t.Run(name, func(t *testing.T) {
			s := (&script{replies: replies}).start(t)
			o := s.options()
			o.TLS, o.TLSConfig = smtp.StartTLS, ca(t, 0).trust()
			o.Username, o.Password = user, sender.NewSecret(password)
			// The client hello of TLS has no end of line.
			o.Timeout = time.Second
			_, err := newSender(t, o).Send(t.Context(), message())
			checkFailure(t, name, err, sender.ErrTemporary, false)
			said, _ := s.heard()
			if offered := strings.Contains(replies["EHLO"], "STARTTLS"); offered != (count(said, "STARTTLS") == 1) ||
				offered == strings.Contains(err.Error(), "the server offers no STARTTLS") {
				t.Errorf("STARTTLS is offered: %t; it says %q, and %v", offered, said, err)
			}
			for _, line := range said {
				switch verb, _, _ := strings.Cut(line, " "); verb {
				case "EHLO", "HELO", "STARTTLS", "QUIT":
				default:
					if line[0] != 0x16 { // a record of TLS
						t.Errorf("it says %q", line)
					}
				}
			}
		})
	}
}

// New refuses a Username without TLS. Were it not to, no password would be said either.
func TestNoPasswordIsSaidInClear(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"} {
		s := (&script{replies: map[string]string{
			"EHLO": "250-localhost\r\n250 AUTH " + mechanism, "AUTH": "334 ",
		}}).start(t)
		o := s.options()
		o.Username, o.Password = user, sender.NewSecret(password)
		to := smtp.NewUnchecked(o)
		_, err := to.Send(t.Context(), message())
		_ = to.Close()
		checkFailure(t, mechanism, err, sender.ErrTemporary, false)
		if said, _ := s.heard(); len(said) != 1 {
			t.Errorf("%s: it says %q", mechanism, said)
		}
	}
}

func TestCertificates(t *testing.T) {
	for _, mode := range []setup{{}, {implicit: true}} {
		for _, test := range []struct {
			name string
			cert func() tls.Certificate
			want string // in the error; empty: it works
		}{
			{"right", func() tls.Certificate { return ca(t, 0).issue(t, "", time.Now().Add(time.Hour)) }, ""},
			{"of another authority", func() tls.Certificate { return ca(t, 1).issue(t, "", time.Now().Add(time.Hour)) }, "unknown authority"},
			{"of another host", func() tls.Certificate { return ca(t, 0).issue(t, "mail.example.com", time.Now().Add(time.Hour)) }, "another host"},
			{"too old", func() tls.Certificate { return ca(t, 0).issue(t, "", time.Now().Add(-time.Hour)) }, "not valid"},
		} {
			mode.tls = &tls.Config{Certificates: []tls.Certificate{test.cert()}}
			s := mode.start(t)
			_, err := s.sender(t).Send(t.Context(), message())
			if test.want == "" {
				if err != nil {
					t.Errorf("%s: %v", test.name, err)
				}
				continue
			}
			checkFailure(t, test.name, err, sender.ErrTemporary, false)
			if err == nil || !strings.Contains(err.Error(), "TLS: the certificate") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("a certificate %s: %v", test.name, err)
			}
			if len(s.received()) != 0 || len(s.auths) != 0 {
				t.Errorf("a certificate %s: %d messages and %d logins", test.name, len(s.received()), len(s.auths))
			}
		}
	}
}

func TestImplicitTLSToAServerInClear(t *testing.T) {
	s := (&script{}).start(t)
	o := s.options()
	o.TLS = smtp.ImplicitTLS
	_, err := newSender(t, o).Send(t.Context(), message())
	checkFailure(t, "in clear", err, sender.ErrTemporary, false)
}

func TestOldTLSIsRefused(t *testing.T) {
	config := ca(t, 0).serving(t)
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	s := setup{tls: config}.start(t)
	_, err := s.sender(t).Send(t.Context(), message())
	checkFailure(t, "TLS 1.1", err, sender.ErrTemporary, false)
}

func TestTheStrongestMechanismIsUsed(t *testing.T) {
	all := []string{"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}
	for _, mode := range []setup{{}, {implicit: true}} {
		for n := range all {
			mode.mechanisms = append([]string{"GSSAPI"}, all[:n+1]...)
			s := mode.start(t)
			if _, err := s.sender(t).Send(t.Context(), message()); err != nil {
				t.Errorf("offered %q: %v", mode.mechanisms, err)
			}
			if len(s.auths) != 1 || s.auths[0] != all[n] {
				t.Errorf("offered %q, it uses %q", mode.mechanisms, s.auths)
			}
			if n == 0 {
				continue
			}
			o := s.options(t)
			o.Auth = smtp.Mechanism(all[0])
			if _, err := newSender(t, o).Send(t.Context(), message()); err != nil || s.auths[1] != all[0] {
				t.Errorf("told to use %q, it uses %q: %v", all[0], s.auths[1:], err)
			}
		}
	}
}

// What a server has SCRAM compute is not ended by a context, so it has a bound.
func TestSCRAMIsBounded(t *testing.T) {
	for _, mechanism := range []string{"SCRAM-SHA-1", "SCRAM-SHA-256"} {
		for n, fine := range map[int]bool{1: true, 100_000: true, 1_000_001: false, 2_000_000: false} {
			s := setup{mechanisms: []string{mechanism}, iterations: n}.start(t)
			_, err := s.sender(t).Send(t.Context(), message())
			if fine {
				if err != nil {
					t.Errorf("%s of %d iterations: %v", mechanism, n, err)
				}
				continue
			}
			checkFailure(t, fmt.Sprint(mechanism, n), err, sender.ErrPermanent, false)
			if err == nil || !strings.HasSuffix(err.Error(), "AUTH: the server wants too many iterations") {
				t.Errorf("%s of %d iterations: %v", mechanism, n, err)
			}
		}
	}
}

func TestLoginFails(t *testing.T) {
	for _, mechanism := range []string{"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"} {
		s := setup{mechanisms: []string{mechanism}}.start(t)
		o := s.options(t)
		o.Password = sender.NewSecret(password + "?")
		_, err := newSender(t, o).Send(t.Context(), message())
		checkFailure(t, mechanism, err, sender.ErrPermanent, false)
		if err == nil || !strings.Contains(err.Error(), "AUTH: 535 5.7.8") {
			t.Errorf("%s: %v", mechanism, err)
		}
	}
	s := setup{mechanisms: []string{"GSSAPI", "PLAINER"}}.start(t)
	_, err := s.sender(t).Send(t.Context(), message())
	checkFailure(t, "no mechanism", err, sender.ErrPermanent, false)
}
