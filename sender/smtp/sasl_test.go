package smtp_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	gosmtp "github.com/emersion/go-smtp"
)

// loginServer is the server's side of LOGIN.
type loginServer struct {
	check func(name, secret string) error
	said  []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.said = append(l.said, string(response))
	}
	switch len(l.said) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.said[0], l.said[1])
}

// cramServer is the server's side of CRAM-MD5 (RFC 2195).
type cramServer struct {
	pass      func()
	challenge []byte
}

func (c *cramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		c.challenge = []byte("<" + rand.Text() + "@localhost>")
		return c.challenge, false, nil
	}
	mac := hmac.New(md5.New, []byte(password))
	mac.Write(c.challenge)
	if string(response) != fmt.Sprintf("%s %x", user, mac.Sum(nil)) {
		return nil, true, gosmtp.ErrAuthFailed
	}
	c.pass()
	return nil, true, nil
}

// scramServer is the server's side of SCRAM (RFC 5802).
type scramServer struct {
	hash  func() hash.Hash
	pass  func()
	count int // of iterations
	step  int
	auth  string // the messages so far that are signed
	nonce string
	salt  []byte
}

func newSCRAMServer(mechanism string, count int, pass func()) *scramServer {
	s := &scramServer{hash: sha256.New, pass: pass, count: count, salt: []byte(rand.Text())}
	if mechanism == "SCRAM-SHA-1" {
		s.hash = sha1.New
	}
	return s
}

func (s *scramServer) mac(key, message []byte) []byte {
	m := hmac.New(s.hash, key)
	m.Write(message)
	return m.Sum(nil)
}

func (s *scramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return []byte{}, false, nil
	}
	s.step++
	switch s.step {
	case 1:
		bare, ok := strings.CutPrefix(string(response), "n,,")
		_, nonce, found := strings.Cut(bare, ",r=")
		if !ok || !found || !strings.HasPrefix(bare, "n="+user+",") {
			return nil, true, gosmtp.ErrAuthFailed
		}
		s.nonce = nonce + rand.Text()
		first := fmt.Sprintf("r=%s,s=%s,i=%d", s.nonce, base64.StdEncoding.EncodeToString(s.salt), s.count)
		s.auth = bare + "," + first
		return []byte(first), false, nil
	case 2:
		bare, proof, found := strings.Cut(string(response), ",p=")
		if !found || bare != "c=biws,r="+s.nonce {
			return nil, true, gosmtp.ErrAuthFailed
		}
		s.auth += "," + bare
		salted, err := pbkdf2.Key(s.hash, password, s.salt, s.count, s.hash().Size())
		if err != nil {
			return nil, true, err
		}
		key := s.mac(salted, []byte("Client Key"))
		stored := s.hash()
		stored.Write(key)
		for i, b := range s.mac(stored.Sum(nil), []byte(s.auth)) {
			key[i] ^= b
		}
		if proof != base64.StdEncoding.EncodeToString(key) {
			return nil, true, gosmtp.ErrAuthFailed
		}
		return []byte("v=" + base64.StdEncoding.EncodeToString(s.mac(s.mac(salted, []byte("Server Key")), []byte(s.auth)))), false, nil
	}
	s.pass()
	return nil, true, nil
}
