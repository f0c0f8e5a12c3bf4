package association_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// dump is every byte that the store was ever given, and every string in a
// record's JSON decoded where it is base64.
func (w *watched) dump(t *testing.T) []byte {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var b bytes.Buffer
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			fmt.Fprintln(&b, v)
			if raw, err := base64.StdEncoding.DecodeString(v); err == nil {
				b.Write(append(raw, '\n'))
			}
		case map[string]any:
			for name, field := range v {
				fmt.Fprintln(&b, name)
				walk(field)
			}
		case []any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	data := func(raw []byte) {
		b.Write(append(raw, '\n'))
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("a record is not JSON: %v", err)
		}
		walk(v)
	}
	for _, change := range w.applied {
		for _, a := range change.Accounts {
			fmt.Fprintln(&b, a.ID)
			data(a.Data)
		}
		for _, p := range change.Proofs {
			fmt.Fprintln(&b, p.ID, p.Account)
			data(p.Data)
		}
		for _, a := range append(change.Link, change.Unlink...) {
			fmt.Fprintf(&b, "%s %s %s %s\n%s\n", a.ID, a.Account, a.Kind, a.Display, a.Value)
			data(a.Data)
		}
		for _, e := range change.Events {
			fmt.Fprintln(&b, e.ID, e.Account)
			data(e.Data)
		}
		for _, n := range change.Notices {
			fmt.Fprintln(&b, n.ID, n.Account)
			data(n.Data)
		}
	}
	for _, c := range w.counters {
		b.Write(append(c.Key[:], '\n'))
	}
	return b.Bytes()
}

// storedForms are the forms in which a careless program stores a secret.
func storedForms(secret string) map[string][]byte {
	plain := []byte(secret)
	md, s1, s224, s256, s384, s512 := md5.Sum(plain), sha1.Sum(plain), sha256.Sum224(plain), sha256.Sum256(plain), sha512.Sum384(plain), sha512.Sum512(plain)
	forms := map[string][]byte{}
	for name, raw := range map[string][]byte{
		"": plain, "MD5 ": md[:], "SHA-1 ": s1[:], "SHA-224 ": s224[:], "SHA-256 ": s256[:], "SHA-384 ": s384[:], "SHA-512 ": s512[:],
	} {
		forms[name+"raw"] = raw
		forms[name+"hex"] = []byte(hex.EncodeToString(raw))
		forms[name+"HEX"] = []byte(strings.ToUpper(hex.EncodeToString(raw)))
		forms[name+"base64"] = []byte(base64.RawStdEncoding.EncodeToString(raw))
		forms[name+"base64url"] = []byte(base64.RawURLEncoding.EncodeToString(raw))
	}
	return forms
}

// longCodes makes codes that are not in a dump by chance.
func longCodes(cfg *association.Config) {
	cfg.Policy.CodeDigits = map[sender.Purpose]int{sender.Bind: 10, sender.Sudo: 10, sender.SignIn: 10}
}

func TestR15_NoSecretIsStored(t *testing.T) {
	l := newLab(t, roomy, longCodes)
	account := l.own("email", "ada@example.com")
	secrets := map[string]string{}
	keep := func(name string, tokens ...association.Token) {
		for i, token := range tokens {
			_, secret, ok := strings.Cut(token.Reveal(), ".")
			if !ok {
				t.Fatalf("%s: no token", name)
			}
			raw, err := base64.RawURLEncoding.DecodeString(secret)
			if err != nil {
				t.Fatal(err)
			}
			secrets[fmt.Sprint(name, i)] = secret
			secrets[fmt.Sprint("raw ", name, i)] = string(raw)
		}
	}
	// Every call is named, so that the answers kept for repeats are in the dump.
	prove := func(c association.Caller, name, kind, to string) association.Token {
		id, code := l.askBy(named(c, "send "+name), kind, to)
		secrets[name+" code"] = code
		l.guess(1, named(c, "wrong "+name), id, code)
		secrets[name+" wrong guess"] = wrong(code)
		g, err := l.svc.Verify(t.Context(), named(c, "verify "+name), id, code)
		if err != nil {
			t.Fatal(err)
		}
		keep(name, g.Token)
		return g.Token
	}
	c := device("d")
	session, err := l.svc.SignIn(t.Context(), named(c, "in"), association.SignInRequest{
		VerificationToken: prove(c, "sign in", "email", "ada@example.com"),
	})
	if err != nil {
		t.Fatal(err)
	}
	keep("session", session.Access, session.Refresh)
	if session, err = l.svc.Refresh(t.Context(), named(c, "refresh"), session.Refresh); err != nil {
		t.Fatal(err)
	}
	keep("refreshed", session.Access, session.Refresh)
	if c.Actor, err = l.svc.Authenticate(t.Context(), session.Access); err != nil {
		t.Fatal(err)
	}
	sudo, err := l.svc.Sudo(t.Context(), named(c, "sudo"), association.SudoRequest{
		VerificationToken: prove(c, "sudo", "email", "ada@example.com"),
	})
	if err != nil {
		t.Fatal(err)
	}
	keep("sudo", sudo.Token)
	_, err = l.svc.Bind(t.Context(), named(c, "bind"), association.BindRequest{
		Kind: "phone", To: "+8613800000000", SudoToken: sudo.Token,
		VerificationToken: prove(c, "bind", "phone", "+8613800000000"),
	})
	if err != nil {
		t.Fatal(err)
	}

	dump := l.spy.dump(t)
	if !bytes.Contains(dump, []byte(account)) || !bytes.Contains(dump, []byte("ada@example.com")) {
		t.Fatal("the dump does not hold the records")
	}
	for name, secret := range secrets {
		for form, spelled := range storedForms(secret) {
			if bytes.Contains(dump, spelled) {
				t.Errorf("the store holds the %s, %s", name, form)
			}
		}
	}
}

// TestR15_ACodeWorksInItsRowAlone moves the MACs of two codes to each other's
// record: a thief of the database with a code of their own gains nothing.
func TestR15_ACodeWorksInItsRowAlone(t *testing.T) {
	for _, whole := range []bool{false, true} {
		l := newLab(t)
		c := device("d")
		type row struct {
			id, code string
			proof    store.Proof
			data     map[string]json.RawMessage
		}
		var rows [2]row
		for i, to := range []string{"ada@example.com", "eve@example.com"} {
			r := &rows[i]
			r.id, r.code = l.ask(c, to)
			p, _, err := l.store.Proof(t.Context(), slotOf(r.id))
			if err != nil {
				t.Fatal(err)
			}
			r.proof = *p
			if err := json.Unmarshal(p.Data, &r.data); err != nil {
				t.Fatal(err)
			}
		}
		swap := []string{"code"}
		if whole { // even with everything that the MAC does not cover in another field
			swap = append(swap, "nonce", "codeExpires", "requestedAt")
		}
		for _, field := range swap {
			if rows[0].data[field] == nil {
				t.Fatalf("a record has no field %q", field)
			}
			rows[0].data[field], rows[1].data[field] = rows[1].data[field], rows[0].data[field]
		}
		var change store.Change
		for _, r := range rows {
			data, err := json.Marshal(r.data)
			if err != nil {
				t.Fatal(err)
			}
			r.proof.Data = data
			change.Proofs = append(change.Proofs, r.proof)
		}
		if err := l.store.Apply(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		_, nonce0, _ := strings.Cut(rows[0].id, ".")
		_, nonce1, _ := strings.Cut(rows[1].id, ".")
		for _, slot := range []string{rows[0].id, rows[1].id} {
			for _, nonce := range []string{nonce0, nonce1} {
				for _, code := range []string{rows[0].code, rows[1].code} {
					id := "lgc1_" + slotOf(slot) + "." + nonce
					if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
						t.Errorf("a code whose MAC was moved: got %v, want %v", err, association.ErrInvalidProof)
					}
				}
			}
		}
	}
}
