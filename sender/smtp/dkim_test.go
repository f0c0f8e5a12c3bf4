package smtp_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// keys returns a signer of each kind.
func keys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	one, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	_, two, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"rsa": one, "ed25519": two}
}

// verify checks the one signature of a message with the key that it was made with.
func verify(data []byte, kind string, key crypto.Signer) error {
	var public []byte
	switch key := key.Public().(type) {
	case ed25519.PublicKey:
		public = key
	default:
		var err error
		if public, err = x509.MarshalPKIXPublicKey(key); err != nil {
			return err
		}
	}
	all, err := dkim.VerifyWithOptions(bytes.NewReader(data), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) {
			if name != "2026a._domainkey.example.org" {
				return nil, fmt.Errorf("no record %s", name)
			}
			return []string{"v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public)}, nil
		},
	})
	if err != nil {
		return err
	}
	if len(all) != 1 {
		return fmt.Errorf("%d signatures", len(all))
	}
	return all[0].Err
}

func signing(o smtp.Options, key crypto.Signer) smtp.Options {
	o.DKIM = &smtp.DKIM{Domain: "example.org", Selector: "2026a", Signer: key}
	return o
}

func TestDKIMVerifies(t *testing.T) {
	for kind, key := range keys(t) {
		t.Run(kind, func(t *testing.T) {
			s := setup{}.start(t)
			to := newSender(t, signing(s.options(t), key))
			for _, page := range []string{message().HTML, ""} {
				m := message()
				m.HTML = page
				got, _ := deliver(t, s, m, to)
				if err := verify(got.data, kind, key); err != nil {
					t.Fatalf("the signature is refused: %v\n%s", err, got.data)
				}
				for what, tampered := range tamperings(t, got.data) {
					if err := verify(tampered, kind, key); err == nil {
						t.Errorf("the signature does not see: %s", what)
					}
				}
				// What servers put on top of a message on its way.
				relayed := "Received: from a by b; Mon, 01 Jan 2001 00:00:00 +0000\r\nSender: app@example.org\r\n" + string(got.data)
				if err := verify([]byte(relayed), kind, key); err != nil {
					t.Errorf("the signature is refused of a message that was relayed: %v", err)
				}
				if p := parseMail(t, got.data); p.text == "" || p.Get("To") != "<"+m.To+">" {
					t.Errorf("the signed message reads %+v", p)
				}
			}
		})
	}
}

// tamperings returns the message with one thing changed each.
func tamperings(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	header, body, _ := strings.Cut(string(data), "\r\n\r\n")
	signature, _, _ := strings.Cut(header, "\r\nAuto-Submitted")
	for _, field := range []string{"From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Language", "MIME-Version", "Auto-Submitted"} {
		at := strings.Index(header, "\r\n"+field+": ")
		if at < 0 {
			t.Fatalf("there is no %s in\n%s", field, header)
		}
		changed := []byte(header)
		changed[at+len(field)+6] ^= 1
		all["another "+field] = []byte(string(changed) + "\r\n\r\n" + body)
	}
	for _, field := range []string{
		"From: a@example.com", "To: a@example.com", "Subject: x", "Reply-To: a@example.com", "Cc: a@example.com", "Bcc: a@example.com",
		"Date: Mon, 01 Jan 2001 00:00:00 +0000", "Message-ID: <a@example.com>", "Auto-Submitted: no", "Content-Language: xx",
		"MIME-Version: 1.0", "Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=x", "Content-Transfer-Encoding: base64",
		"List-Unsubscribe: <https://example.com>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
	} {
		all["one more "+field] = []byte(signature + "\r\n" + field + header[len(signature):] + "\r\n\r\n" + body)
		all["first of all "+field] = []byte(field + "\r\n" + string(data))
	}
	for i := 0; i < len(body); i += 1 + len(body)/50 {
		if strings.ContainsRune(" \r\n", rune(body[i])) || body[i]^1 == ' ' {
			continue // relaxed canonicalization sees no difference between spaces
		}
		changed := []byte(string(data))
		changed[len(header)+4+i] ^= 1
		all[fmt.Sprintf("byte %d of the body", i)] = changed
	}
	return all
}

// brokenSigner fails as a service for keys would.
type brokenSigner struct{ crypto.Signer }

func (brokenSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("cannot sign for " + message().To)
}

func TestNothingIsSentUnsigned(t *testing.T) {
	for _, key := range keys(t) {
		s := setup{plaintext: true}.start(t)
		to := newSender(t, signing(s.options(t), brokenSigner{key}))
		_, err := to.Send(t.Context(), message())
		checkFailure(t, "a key that does not sign", err, sender.ErrTemporary, false)
		if all, _ := s.connections(); all != 0 {
			t.Error("it connects before there is a message")
		}
	}
}
