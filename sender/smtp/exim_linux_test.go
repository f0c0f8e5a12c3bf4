package smtp_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/mail"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

// exim is Debian's mail server, on a port, with a spool and a mailbox of its own. It
// takes what is authenticated, and AUTH only under TLS.
type exim struct {
	Dir, Port, User, Password string
	AcceptFor                 string // its user
}

var eximConfig = template.Must(template.New("").Parse(`
primary_hostname = localhost
local_interfaces = 127.0.0.1
daemon_smtp_ports = {{.Port}}
spool_directory = {{.Dir}}/spool
log_file_path = {{.Dir}}/log/%slog
pid_file_path = {{.Dir}}/spool/pid
keep_environment =
tls_advertise_hosts = *
tls_certificate = {{.Dir}}/cert.pem
tls_privatekey = {{.Dir}}/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = rcpt
dkim_verify_signers =
begin acl
rcpt:
  deny message = authenticate first
       ! authenticated = *
  deny message = no such user here
       local_parts = nobody
  accept
begin routers
all:
  driver = accept
  transport = keep
begin transports
keep:
  driver = appendfile
  directory = {{.Dir}}/mail
  maildir_format
  user = {{.AcceptFor}}
  envelope_to_add
  return_path_add
begin authenticators
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${if eq{$auth1}{ {{- .User -}} }{ {{- .Password -}} }fail}
  server_set_id = $auth1
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{ {eq{$auth2}{ {{- .User -}} }} {eq{$auth3}{ {{- .Password -}} }} }}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${if and{ {eq{$auth1}{ {{- .User -}} }} {eq{$auth2}{ {{- .Password -}} }} }}
  server_set_id = $auth1
`))

// freePort returns a port that nobody listens on, below those that the system gives to
// clients: it stays free until the server is up.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		n, err := rand.Int(rand.Reader, big.NewInt(12000))
		if err != nil {
			t.Fatal(err)
		}
		port := strconv.Itoa(20000 + int(n.Int64()))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// missing skips a test, but not in CI.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func startExim(t *testing.T) *exim {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/exim4")
	if err != nil {
		missing(t, "no exim4 on this machine: apt-get install exim4-daemon-light")
	}
	if os.Geteuid() != 0 {
		missing(t, "exim4 takes its configuration from root alone")
	}
	account, err := osuser.Lookup("Debian-exim")
	if err != nil {
		missing(t, err.Error())
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)

	// Not t.TempDir, into which only root can look.
	dir, err := os.MkdirTemp("", "ligature-exim-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	key, cert := pemFiles(t)
	x := &exim{Dir: dir, Port: freePort(t), User: "app", Password: password, AcceptFor: account.Username}
	var config bytes.Buffer
	err = eximConfig.Execute(&config, x)
	for name, content := range map[string][]byte{"exim.conf": config.Bytes(), "key.pem": key, "cert.pem": cert} {
		file := filepath.Join(dir, name)
		err = errors.Join(err, os.WriteFile(file, content, 0o640), os.Chown(file, 0, gid))
	}
	for _, name := range []string{".", "spool", "log", "mail"} {
		sub := filepath.Join(dir, name)
		err = errors.Join(err, os.MkdirAll(sub, 0o755), os.Chown(sub, uid, gid), os.Chmod(sub, 0o755))
	}
	if err = errors.Join(err, os.Chown(dir, 0, 0)); err != nil {
		t.Fatal(err)
	}

	cmd := exec.CommandContext(t.Context(), program, "-bdf", "-C", filepath.Join(dir, "exim.conf"))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
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
	await(t, "exim4 to listen", ended, func() bool {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", x.Port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, x.log)
	return x
}

// log returns what the server wrote down, and why it refused.
func (x *exim) log() (all string) {
	for _, name := range []string{"mainlog", "rejectlog", "paniclog"} {
		log, _ := os.ReadFile(filepath.Join(x.Dir, "log", name))
		all += string(log)
	}
	return all
}

// await returns once there is what is waited for.
func await(t *testing.T, what string, ended <-chan struct{}, ready func() bool, log func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("waited for %s, and it ended:\n%s", what, log())
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s:\n%s", what, log())
		}
	}
}

func pemFiles(t *testing.T) (key, cert []byte) {
	t.Helper()
	pair := ca(t, 0).issue(t, "", time.Now().Add(time.Hour))
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
}

// arrived returns the messages in the mailbox, with the line ends of mail.
func (x *exim) arrived(t *testing.T) (all [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(x.Dir, "mail", "new", "*"))
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

func (x *exim) options(t *testing.T) smtp.Options {
	port, _ := strconv.Atoi(x.Port)
	return smtp.Options{
		Host: "127.0.0.1", Port: port, TLSConfig: ca(t, 0).trust(),
		Username: x.User, Password: smtp.NewPassword(x.Password),
		From: mail.Address{Name: "Beispiel 例子, Inc.", Address: "no-reply@mail.example.org"},
	}
}

func TestEximTakesIt(t *testing.T) {
	x := startExim(t)
	for _, auth := range []smtp.Mechanism{smtp.Strongest, smtp.Plain, smtp.Login} {
		for kind, key := range keys(t) {
			before := x.arrived(t)
			o := signing(x.options(t), key)
			o.Auth = auth
			o.Now = func() time.Time { return at }
			m := message()
			m.ID = fmt.Sprintf("%s-%s", kind, auth)
			receipt, err := newSender(t, o).Send(t.Context(), m)
			if err != nil {
				t.Fatalf("%s with %q: %v\n%s", kind, auth, err, x.log())
			}
			x.awaitMail(t, len(before)+1)
			got := x.named(t, receipt.MessageID)
			checkArrived(t, got, m)
			if err := verify(got, kind, key); err != nil {
				t.Errorf("the signature is refused: %v", err)
			}
		}
	}
	log := x.log()
	for _, want := range []string{"P=esmtpsa", "X=TLS1.3", "A=cram:app", "A=plain:app", "A=login:app"} {
		if !strings.Contains(log, want) {
			t.Errorf("the server's log does not say %s:\n%s", want, log)
		}
	}
}

// awaitMail waits for messages to be delivered, which comes after they were taken.
func (x *exim) awaitMail(t *testing.T, n int) {
	t.Helper()
	await(t, fmt.Sprintf("%d messages", n), nil, func() bool { return len(x.arrived(t)) >= n }, x.log)
}

// named returns the one message of that Message-ID.
func (x *exim) named(t *testing.T, id string) (found []byte) {
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
		"Envelope-To":              m.To,
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

func TestEximRefuses(t *testing.T) {
	x := startExim(t)
	for _, test := range []struct {
		name   string
		to     string
		change func(*smtp.Options)
		want   error
		detail string
	}{
		{"no such user", "nobody@example.com", func(*smtp.Options) {}, sender.ErrRecipient, "RCPT: 550"},
		{"wrong password", message().To, func(o *smtp.Options) { o.Password = smtp.NewPassword("?" + password) }, sender.ErrPermanent, "AUTH: 535"},
		{"nobody in particular", message().To, func(o *smtp.Options) { o.Username, o.Password = "", smtp.Password{} }, sender.ErrRecipient, "RCPT: 550"},
		{"no such mechanism", message().To, func(o *smtp.Options) { o.Auth = smtp.SCRAMSHA256 }, sender.ErrPermanent, "AUTH: the server offers no such mechanism"},
		{"another authority", message().To, func(o *smtp.Options) { o.TLSConfig = ca(t, 1).trust() }, sender.ErrTemporary, "TLS: the certificate is signed by an unknown authority"},
	} {
		o := x.options(t)
		test.change(&o)
		m := message()
		m.To = test.to
		_, err := newSender(t, o).Send(t.Context(), m)
		checkFailure(t, test.name, err, test.want, false)
		if err == nil || !strings.HasSuffix(err.Error(), test.detail) {
			t.Errorf("%s: %v, want %q", test.name, err, test.detail)
		}
	}
	if all := x.arrived(t); len(all) != 0 {
		t.Errorf("%d messages arrived", len(all))
	}
}
