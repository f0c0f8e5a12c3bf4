package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"syscall"

	"github.com/ligature-auth/ligature/sender"
)

var (
	errNoStartTLS  = errors.New("smtp: no STARTTLS")
	errNoMechanism = errors.New("smtp: no mechanism")

	errTooManyIterations = errors.New("smtp: too many iterations")
)

// step is what went on when something failed.
type step int

const (
	waiting step = iota
	connecting
	greeting
	hello
	encrypting
	authenticating
	mailFrom
	rcptTo
	dataStart
	dataBody // up to its end, while some of that did not go out
	dataEnd
)

var stepNames = [...]string{
	waiting:        "waiting for a connection",
	connecting:     "connecting",
	greeting:       "greeting",
	hello:          "EHLO",
	encrypting:     "TLS",
	authenticating: "AUTH",
	mailFrom:       "MAIL",
	rcptTo:         "RCPT",
	dataStart:      "DATA",
	dataBody:       "message",
	dataEnd:        "end of message",
}

// failure is why a letter was not handed over. Its err is never shown: it may hold what
// the server said.
type failure struct {
	at  step
	err error
}

// reply returns what the server said, if it was that.
func (f *failure) reply() *textproto.Error {
	var reply *textproto.Error
	errors.As(f.err, &reply)
	return reply
}

// code returns the code of the server's reply, or 0.
func (f *failure) code() int {
	if reply := f.reply(); reply != nil {
		return reply.Code
	}
	return 0
}

// refused reports whether the server said no, which is certain.
func (f *failure) refused() bool { return f.code()/100 == 4 || f.code()/100 == 5 }

// stale reports whether the server had hung up before anything of the message was sent.
func (f *failure) stale() bool {
	return f.at <= dataStart && (f.reply() == nil || f.code() == 421)
}

// tell says what failed to whoever called Send.
func (f *failure) tell() *sender.Error {
	e := &sender.Error{Err: sender.ErrTemporary, Detail: stepNames[f.at] + ": "}
	switch reply := f.reply(); {
	case f.refused():
		status := statusOf(reply)
		e.Err = meaning(f.at, reply.Code, status)
		e.Detail += strconv.Itoa(reply.Code)
		if status != "" {
			e.Detail += " " + status
		}
		return e
	case reply != nil:
		e.Detail += "unexpected reply " + strconv.Itoa(reply.Code)
	default:
		if errors.Is(f.err, errNoMechanism) || errors.Is(f.err, errTooManyIterations) {
			e.Err = sender.ErrPermanent
		}
		e.Detail += cause(f.err)
	}
	e.Uncertain = f.at == dataEnd
	return e
}

// ended adds the context's error to one that it brought about.
func ended(told *sender.Error, ctxErr error) error { return fmt.Errorf("%w: %w", told, ctxErr) }

// cause names an error that is not the server's reply, in words of our own.
func cause(err error) string {
	var (
		errno     syscall.Errno
		lookup    *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		protocol  textproto.ProtocolError
	)
	switch {
	case errors.Is(err, errTooMuch):
		return "the server says too much"
	case errors.Is(err, errNoStartTLS):
		return "the server offers no STARTTLS"
	case errors.Is(err, errNoMechanism):
		return "the server offers no such mechanism"
	case errors.Is(err, errTooManyIterations):
		return "the server wants too many iterations"
	case errors.As(err, &authority):
		return "the certificate is signed by an unknown authority"
	case errors.As(err, &host):
		return "the certificate is for another host"
	case errors.As(err, &invalid):
		return "the certificate is not valid"
	case errors.As(err, &record):
		return "the server does not speak TLS"
	case errors.As(err, &alert):
		return "the server ended TLS"
	case errors.As(err, &lookup):
		return "the host name was not resolved"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server hung up"
	case errors.As(err, &protocol):
		return "the server does not speak SMTP"
	}
	return "failed"
}
