package association

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/ligature-auth/ligature/internal/secret"
)

// Key is key material: at least 32 bytes from a cryptographic source. It redacts
// itself when printed or logged (R67).
type Key struct{ secret.Text }

// NewKey takes key material and keeps a copy.
func NewKey(material []byte) Key { return Key{secret.New(string(material))} }

// Keys are what make a copy of the database useless to a thief: codes and tokens
// are stored as MACs under them. There is no default (R37).
type Keys struct {
	// Active is the ID in Ring of the key that new codes and tokens are made
	// with.
	Active string

	// Ring holds the signing keys by ID. To rotate: add a new key on every
	// instance, then make it Active, then drop the old one once the refresh
	// lifetime has passed. Whatever was made with a dropped key is dead.
	Ring map[string]Key

	// Index names things that are looked up by what they are about: slots,
	// counters, pseudonyms in logs; and it encrypts the secrets of authenticator apps,
	// which outlive the ring. It is not rotated in normal operation: a new one forgets
	// every counter and every pending code, and makes every app useless.
	Index Key
}

const minKeyBytes = 32

func (k Keys) validate() error {
	seen := map[string]string{}
	check := func(field string, k Key) error {
		key := k.Reveal()
		if len(key) < minKeyBytes {
			return fmt.Errorf("%s: a key needs at least %d bytes, got %d", field, minKeyBytes, len(key))
		}
		if allEqual(key) {
			return fmt.Errorf("%s: a key of one repeated byte is no key", field)
		}
		if other, ok := seen[key]; ok {
			return fmt.Errorf("%s: the same key as %s", field, other)
		}
		seen[key] = field
		return nil
	}
	if k.Active == "" {
		return errors.New("Keys.Active is missing")
	}
	if _, ok := k.Ring[k.Active]; !ok {
		return errors.New("Keys.Active names no key of Keys.Ring")
	}
	if err := check("Keys.Index", k.Index); err != nil {
		return err
	}
	for id, key := range k.Ring {
		if err := check(fmt.Sprintf("Keys.Ring[%q]", id), key); err != nil {
			return err
		}
	}
	return nil
}

func allEqual(key string) bool { return strings.Count(key, key[:1]) == len(key) }

// sealed is how the store holds a secret: which key, and the MAC it made.
type sealed struct {
	Key string `json:"key"`
	MAC []byte `json:"mac"`
}

// The uses of a ring key, each with a sub-key of its own.
const (
	useCode   = "ligature/code/v1"
	useToken  = "ligature/token/v1"
	useAnswer = "ligature/answer/v1"
)

// The uses of the index key.
const (
	useSlot    = "ligature/slot/v1"
	useCounter = "ligature/counter/v1"
	useLog     = "ligature/log/v1"
	useSecret  = "ligature/secret/v1" // of authenticators
)

// keyring derives and applies sub-keys. It is immutable.
type keyring struct {
	active string
	subs   map[string]map[string][]byte // key ID, use
	aeads  map[string]cipher.AEAD       // key ID
	index  map[string][]byte            // use
	hidden cipher.AEAD                  // under the index key
}

func newKeyring(k Keys) (keyring, error) {
	if err := k.validate(); err != nil {
		return keyring{}, err
	}
	r := keyring{active: k.Active, subs: map[string]map[string][]byte{}, aeads: map[string]cipher.AEAD{}}
	var err error
	if r.index, err = subkeys(k.Index, useSlot, useCounter, useLog, useSecret); err != nil {
		return keyring{}, err
	}
	if r.hidden, err = newAEAD(r.index[useSecret]); err != nil {
		return keyring{}, err
	}
	for id, key := range k.Ring {
		if r.subs[id], err = subkeys(key, useCode, useToken, useAnswer); err != nil {
			return keyring{}, err
		}
		if r.aeads[id], err = newAEAD(r.subs[id][useAnswer]); err != nil {
			return keyring{}, err
		}
	}
	return r, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func subkeys(key Key, uses ...string) (map[string][]byte, error) {
	m := map[string][]byte{}
	for _, use := range uses {
		sub, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, use, 32)
		if err != nil {
			return nil, err
		}
		m[use] = sub
	}
	return m, nil
}

// seal returns the MAC of the fields under the active key.
func (r keyring) seal(use string, fields ...[]byte) sealed {
	return sealed{Key: r.active, MAC: mac(r.subs[r.active][use], use, fields)}
}

// matches reports whether s was made from these fields, in constant time. It is
// the one place where MACs are compared (R17). A key that has left the ring, or
// an empty s, matches nothing.
func (r keyring) matches(s sealed, use string, fields ...[]byte) bool {
	sub, ok := r.subs[s.Key][use]
	return ok && hmac.Equal(s.MAC, mac(sub, use, fields))
}

// name returns a MAC of the fields under the index key: the same fields have
// the same name for as long as that key lives.
func (r keyring) name(use string, fields ...[]byte) []byte {
	return mac(r.index[use], use, fields)
}

func mac(key []byte, use string, fields [][]byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(macInput(use, fields))
	return h.Sum(nil)
}

// macInput is injective: every field is preceded by its length (R16).
func macInput(use string, fields [][]byte) []byte {
	n := 8 + len(use)
	for _, f := range fields {
		n += 8 + len(f)
	}
	b := appendField(make([]byte, 0, n), []byte(use))
	for _, f := range fields {
		b = appendField(b, f)
	}
	return b
}

func appendField(b, field []byte) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(field))), field...)
}

func int64Field(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// encrypt seals plain under the active key; context must be given again to open.
func (r keyring) encrypt(plain []byte, context ...[]byte) (keyID string, box []byte) {
	return r.active, closed(r.aeads[r.active], plain, macInput(useAnswer, context))
}

func (r keyring) decrypt(keyID string, box []byte, context ...[]byte) ([]byte, bool) {
	return opened(r.aeads[keyID], box, macInput(useAnswer, context))
}

// hide is encrypt for what must outlive the ring.
func (r keyring) hide(plain []byte, context ...[]byte) []byte {
	return closed(r.hidden, plain, macInput(useSecret, context))
}

func (r keyring) show(box []byte, context ...[]byte) ([]byte, bool) {
	return opened(r.hidden, box, macInput(useSecret, context))
}

func closed(a cipher.AEAD, plain, context []byte) []byte {
	nonce := randomBytes(a.NonceSize())
	return a.Seal(nonce, nonce, plain, context)
}

func opened(a cipher.AEAD, box, context []byte) ([]byte, bool) {
	if a == nil || len(box) < a.NonceSize() {
		return nil, false
	}
	plain, err := a.Open(nil, box[:a.NonceSize()], box[a.NonceSize():], context)
	return plain, err == nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
