package smtp_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

// openSMTPD is Debian's mail server of that name, on a port and with a mailbox of its
// own. Its queue and its socket are where the program has them: there is one at a time on a
// machine.
//
// With Debian 12's OpenSSL it breaks off every TLS handshake, so that TLS ends in front of
// it, and nobody has to log in: the server of the other tests does both.
type openSMTPD struct {
	dir, port string
	said      *said
}

func startOpenSMTPD(t *testing.T) *openSMTPD {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/smtpd")
	if err != nil {
		missing(t, "no smtpd on this machine: make setup installs it on Debian")
	}
	if os.Geteuid() != 0 {
		missing(t, "smtpd starts for root alone")
	}
	nobody, err := osuser.Lookup("nobody")
	if err != nil {
		missing(t, err.Error())
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	alone(t, "ligature-smtpd")

	// Not t.TempDir, into which only root can look.
	dir, err := os.MkdirTemp("", "ligature-smtpd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	x := &openSMTPD{dir: dir, port: freePort(t), said: &said{}}
	config, mailbox := filepath.Join(dir, "smtpd.conf"), filepath.Join(dir, "mail")
	err = errors.Join(
		os.WriteFile(config, []byte(`
table everybody { "@" = "nobody" }
listen on 127.0.0.1 port `+x.port+` hostname localhost
action "keep" maildir "`+mailbox+`" virtual <everybody>
match from any for domain "example.com" action "keep"
`), 0o600),
		os.Chmod(dir, 0o755), os.Mkdir(mailbox, 0o700), os.Chown(mailbox, uid, -1))
	if err != nil {
		t.Fatal(err)
	}

	cmd := exec.CommandContext(t.Context(), program, "-d", "-F", "-f", config)
	cmd.Stdout, cmd.Stderr = x.said, x.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	await(t, "smtpd to listen", ended, func() bool {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", x.port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, x.said.String)
	return x
}

// behindTLS ends TLS in front of the server, and returns the port.
func (x *openSMTPD) behindTLS(t *testing.T) int {
	t.Helper()
	pair := ca(t, 0).issue(t, "", time.Now().Add(time.Hour))
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	pipe := func(to, from net.Conn) {
		wg.Go(func() {
			_, _ = io.Copy(to, from)
			_ = to.Close()
		})
	}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", x.port))
			if err != nil {
				t.Error(err)
				_ = c.Close()
				continue
			}
			pipe(server, c)
			pipe(c, server)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

// arrived returns the messages in the mailbox, with the line ends of mail.
func (x *openSMTPD) arrived(t *testing.T) (all [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(x.dir, "mail", "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
	}
	return all
}

// TestOpenSMTPDTakesIt: delivered to a mailbox, read by another reader, both parts whole
// and the signature good.
func TestOpenSMTPDTakesIt(t *testing.T) {
	x := startOpenSMTPD(t)
	port, _ := strconv.Atoi(x.port)
	plain := smtp.Options{
		Host: "127.0.0.1", Port: port, TLS: smtp.UnsafePlaintext,
		From: mail.Address{Name: "Beispiel 例子, Inc.", Address: "no-reply@mail.example.org"},
	}
	safe := plain
	safe.Port, safe.TLS, safe.TLSConfig = x.behindTLS(t), smtp.ImplicitTLS, ca(t, 0).trust()
	n := 0
	for name, o := range map[string]smtp.Options{"plaintext": plain, "TLS": safe} {
		for kind, key := range keys(t) {
			o := signing(o, key)
			o.Now = func() time.Time { return at }
			s := newSender(t, o)
			for i := range 3 { // by one connection
				m := message()
				m.ID = fmt.Sprintf("%s-%s-%d", kind, name, i)
				receipt, err := s.Send(t.Context(), m)
				if err != nil {
					t.Fatalf("%s with %s: %v\n%s", kind, name, err, x.said)
				}
				n++
				await(t, fmt.Sprintf("%d messages", n), nil, func() bool { return len(x.arrived(t)) >= n }, x.said.String)
				got := x.named(t, receipt.MessageID)
				checkArrived(t, got, m)
				if err := verify(got, kind, key); err != nil {
					t.Errorf("the signature is refused: %v", err)
				}
			}
		}
	}

	m := message()
	m.To = "somebody@elsewhere.example"
	_, err := newSender(t, plain).Send(t.Context(), m)
	checkFailure(t, "another domain", err, sender.ErrRecipient, false)
	if err == nil || !strings.HasSuffix(err.Error(), "RCPT: 550") {
		t.Errorf("another domain: %v", err)
	}
	if all := x.arrived(t); len(all) != n {
		t.Errorf("%d messages arrived, want %d", len(all), n)
	}
}

// named returns the one message of that Message-ID.
func (x *openSMTPD) named(t *testing.T, id string) (found []byte) {
	t.Helper()
	for _, data := range x.arrived(t) {
		if parseMail(t, data).Get("Message-Id") == id {
			if found != nil {
				t.Errorf("%s arrived twice", id)
			}
			found = data
		}
	}
	return found
}

func checkArrived(t *testing.T, data []byte, m sender.Message) {
	t.Helper()
	if data == nil {
		t.Fatal("it did not arrive")
	}
	p := parseMail(t, data)
	for field, want := range map[string]string{
		"Delivered-To":             m.To,
		"Return-Path":              "<no-reply@mail.example.org>",
		"To":                       "<" + m.To + ">",
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"Content-Language":         m.Language,
		"Date":                     "Sun, 01 Mar 2026 12:00:00 +0800",
		"Mime-Version":             "1.0",
	} {
		if all := p.Header[field]; len(all) != 1 || all[0] != want {
			t.Errorf("%s is %q, want %q", field, all, want)
		}
	}
	if from, err := p.AddressList("From"); err != nil || len(from) != 1 || from[0].Name != "Beispiel 例子, Inc." {
		t.Errorf("it is from %v, %v", from, err)
	}
	if p.subject != m.Subject || p.text != canonical(m.Text) || p.html != canonical(m.HTML) {
		t.Errorf("it reads %q, %q, %q", p.subject, p.text, p.html)
	}
}
