package association_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// Whoever reads the database has no token.
func TestR33_NoRecordHoldsASecret(t *testing.T) {
	w, watch := watchedWorld(t)
	m := w.mint("ada")
	// With names, so that the answers are kept for a repeat.
	named := func(c association.Caller, id string) association.Caller { c.RequestID = id; return c }
	session, err := w.svc.SignIn(t.Context(), named(m.device, "r1"), association.SignInRequest{Identifier: "ada", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	next, err := w.svc.Refresh(t.Context(), named(m.device, "r2"), session.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	sudo, err := w.svc.Sudo(t.Context(), named(m.caller, "r3"), association.SudoRequest{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := w.svc.Send(t.Context(), named(m.caller, "r4"), association.SendRequest{Kind: "email", To: "third@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	last, _ := w.mail.Last("third@example.com")
	verified, err := w.svc.Verify(t.Context(), named(m.caller, "r5"), sent.ID, last.Code)
	if err != nil {
		t.Fatal(err)
	}

	tokens := m.tokens()
	delete(tokens, "verification ID") // a name, kept in clear
	for name, token := range map[string]association.Token{
		"second access": session.Access, "second refresh": session.Refresh, "next access": next.Access,
		"next refresh": next.Refresh, "second sudo": sudo.Token, "second verification": verified.Token,
	} {
		tokens[name] = token
	}
	dump := dumped(watch.applied)
	for name, token := range tokens {
		_, tail, _ := strings.Cut(token.Reveal(), ".")
		secret, err := base64.RawURLEncoding.DecodeString(tail)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]byte{secret, secret[:16], secret[16:]} {
			for _, spelling := range spellings(part) {
				if strings.Contains(dump, spelling) {
					t.Errorf("the store holds the %s token's secret as %q", name, spelling)
				}
			}
		}
		for _, spelling := range append(spellings([]byte(token.Reveal())), spellings([]byte(tail))...) {
			if strings.Contains(dump, spelling) {
				t.Errorf("the store holds the %s token as %q", name, spelling)
			}
		}
	}
	if !strings.Contains(dump, session.ID) || !strings.Contains(dump, "ada@example.com") {
		t.Error("the dump lacks what it must hold, so it proves nothing")
	}
}

// spellings are what a dump could show a secret as.
func spellings(secret []byte) []string {
	sum := sha256.Sum256(secret)
	var all []string
	for _, b := range [][]byte{secret, sum[:]} {
		all = append(all, string(b), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
			base64.RawStdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b))
	}
	return all
}

// dumped is everything that the changes wrote, as text, with what is in base64
// in it in clear too.
func dumped(changes []store.Change) string {
	var b strings.Builder
	var open func(v any)
	open = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				open(inner)
			}
		case []any:
			for _, inner := range v {
				open(inner)
			}
		case string:
			b.WriteString(v + "\n")
			raw, err := base64.StdEncoding.DecodeString(v)
			if err != nil || len(raw) == 0 {
				return
			}
			b.Write(append(raw, '\n'))
			var inner any
			if json.Unmarshal(raw, &inner) == nil {
				open(inner)
			}
		}
	}
	for _, change := range changes {
		text, err := json.Marshal(change)
		if err != nil {
			panic(err)
		}
		b.Write(append(text, '\n'))
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			panic(err)
		}
		open(v)
	}
	return b.String()
}
