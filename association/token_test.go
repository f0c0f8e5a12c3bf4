package association_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// watchedWorld is a world whose store is watched, without budgets.
func watchedWorld(t *testing.T, edits ...func(*association.Config)) (*world, *watched) {
	watch := &watched{}
	return newWorld(t, append(edits, unlimited, func(c *association.Config) {
		watch.Store, c.Store = c.Store, watch
	})...), watch
}

func unlimited(c *association.Config) { c.Policy.UnsafeNoBudgets = true }

const phoneNumber = "+8613800000000"

// minted is one live token of every sort, all of one account.
type minted struct {
	caller    association.Caller // its session has them all but signIn
	device    association.Caller // asked for signIn, signed out
	session   association.Session
	sudo      association.Token
	bind      association.Token // for phoneNumber
	prove     association.Token // for sudo
	signIn    association.Token
	challenge association.Token // a pending code's ID
}

func (w *world) mint(name string) minted {
	w.t.Helper()
	address := name + "@example.com"
	w.member(name, "email", address)
	var m minted
	m.caller, m.session = w.signIn(name)
	m.device = device("phone of " + name)
	m.sudo = w.sudo(m.caller)
	m.bind = w.prove(m.caller, "phone", phoneNumber)
	m.prove = w.prove(m.caller, "email", address)
	m.signIn = w.prove(m.device, "email", address)
	id, _ := w.code(m.caller, "email", "new."+address)
	m.challenge = association.NewToken(id)
	return m
}

func (m minted) tokens() map[string]association.Token {
	return map[string]association.Token{
		"access": m.session.Access, "refresh": m.session.Refresh, "sudo": m.sudo, "verification to bind": m.bind,
		"verification for sudo": m.prove, "verification to sign in": m.signIn, "verification ID": m.challenge,
	}
}

// entry is a place that takes a token.
type entry struct {
	name    string
	takes   string // which of minted.tokens
	refuses error
	use     func(t *testing.T, w *world, m minted, token association.Token) error
}

var entries = []entry{
	{"Authenticate", "access", association.ErrUnauthenticated, func(t *testing.T, w *world, _ minted, token association.Token) error {
		_, err := w.svc.Authenticate(t.Context(), token)
		return err
	}},
	{"Verify", "verification ID", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		last, _ := w.mail.Last("new." + m.device.Device[len("phone of "):] + "@example.com")
		_, err := w.svc.Verify(t.Context(), m.caller, token.Reveal(), last.Code)
		return err
	}},
	{"SignIn", "verification to sign in", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.SignIn(t.Context(), m.device, association.SignInRequest{VerificationToken: token})
		return err
	}},
	{"SignUp", "verification to sign in", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.SignUp(t.Context(), m.device, association.SignUpRequest{VerificationToken: token})
		return err
	}},
	{"Sudo", "verification for sudo", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.Sudo(t.Context(), m.caller, association.SudoRequest{VerificationToken: token})
		return err
	}},
	{"Bind, to prove who", "sudo", association.ErrSudoRequired, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.Bind(t.Context(), m.caller, association.BindRequest{
			Kind: "phone", To: phoneNumber, SudoToken: token, VerificationToken: m.bind,
		})
		return err
	}},
	{"Bind, to prove what", "verification to bind", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.Bind(t.Context(), m.caller, association.BindRequest{
			Kind: "phone", To: phoneNumber, SudoToken: m.sudo, VerificationToken: token,
		})
		return err
	}},
	{"SetPassword", "sudo", association.ErrSudoRequired, func(t *testing.T, w *world, m minted, token association.Token) error {
		return w.svc.SetPassword(t.Context(), m.caller, association.PasswordRequest{SudoToken: token, Password: "another one"})
	}},
	{"Refresh", "refresh", association.ErrInvalidGrant, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.Refresh(t.Context(), m.device, token)
		return err
	}},
}

// mutants are spellings that are almost the token: none may be taken for it.
func mutants(token string) iter.Seq2[string, string] {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	dot := strings.IndexByte(token, '.')
	return func(yield func(name, mutant string) bool) {
		tell := func(name, mutant string) bool { return mutant == token || mutant == "" || yield(name, mutant) }
		for i := range len(token) {
			for bit := range 8 {
				flipped := []byte(token)
				flipped[i] ^= 1 << bit
				if !tell(fmt.Sprintf("bit %d of byte %d", bit, i), string(flipped)) {
					return
				}
			}
			if !tell(fmt.Sprintf("first %d bytes", i), token[:i]) || !tell(fmt.Sprintf("from byte %d", i), token[i:]) ||
				!tell(fmt.Sprintf("newline at %d", i), token[:i]+"\n"+token[i:]) {
				return
			}
		}
		for _, c := range alphabet { // the last character has bits to spare
			if !tell("alias in the secret", token[:len(token)-1]+string(c)) ||
				!tell("alias in the ID", token[:dot-1]+string(c)+token[dot:]) {
				return
			}
		}
		for _, tail := range []string{"=", "==", " ", "\n", "\r\n", "A", "AA", ".", "\x00", ".A", token} {
			if !tell("with a tail", token+tail) || !tell("with a head", tail+token) ||
				!tell("with a tail in the ID", token[:dot]+tail+token[dot:]) {
				return
			}
		}
		_ = tell("standard alphabet", strings.NewReplacer("-", "+", "_", "/").Replace(token[5:])) &&
			tell("capitals", strings.ToUpper(token)) && tell("small", strings.ToLower(token)) &&
			tell("no secret", token[:dot+1]) && tell("no ID", token[:5]+token[dot:]) && tell("swapped", token[:5]+token[dot+1:]+"."+token[5:dot])
	}
}

func TestR33_NoOtherSpellingOfATokenIsTaken(t *testing.T) {
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			m := w.mint("ada")
			token := m.tokens()[e.takes].Reveal()
			before := watch.writes()
			tried := 0
			for name, mutant := range mutants(token) {
				if e.takes == "refresh" && generationAltered(token, mutant) {
					continue // see TestR33_ARefreshTokenOfNoGenerationEndsTheSession
				}
				tried++
				if err := e.use(t, w, m, association.NewToken(mutant)); !errors.Is(err, e.refuses) {
					t.Errorf("%s: %v, want %v", name, err, e.refuses)
				}
				if now := watch.writes(); now != before {
					t.Fatalf("%s changed something", name)
				}
			}
			if tried < 500 {
				t.Errorf("only %d spellings were tried", tried)
			}
			if err := e.use(t, w, m, association.NewToken(token)); err != nil {
				t.Errorf("the token itself, after all that: %v", err)
			}
		})
	}
}

// generationAltered reports whether a refresh token was altered in the half of
// the secret that names its generation alone.
func generationAltered(token, mutant string) bool {
	const family = len("lgr1_") + 22 + len(".") + 21 // characters that hold no bit of it
	return len(mutant) == len(token) && mutant[:family] == token[:family]
}

// A refresh token of the family, but of no generation that is known, cannot be
// told from an old copy: it gets nothing, and the session ends.
func TestR33_ARefreshTokenOfNoGenerationEndsTheSession(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	_, session := w.signIn("ada")
	token := session.Refresh.Reveal()
	i := len(token) - 2
	altered := token[:i] + string("AB"[bytes.IndexByte([]byte("BA"), token[i])&1]) + token[i+1:]
	if altered == token {
		t.Fatal("not altered")
	}
	if _, err := w.svc.Refresh(t.Context(), device("d"), association.NewToken(altered)); !errors.Is(err, association.ErrInvalidGrant) {
		t.Errorf("altered: %v", err)
	}
	if _, err := w.svc.Refresh(t.Context(), device("d"), session.Refresh); !errors.Is(err, association.ErrInvalidGrant) {
		t.Errorf("the session went on: %v", err)
	}
}

func TestR34_ATokenIsGoodForNothingButItsOwnUse(t *testing.T) {
	w, watch := watchedWorld(t)
	m := w.mint("ada")
	prefixes := []string{}
	for _, token := range m.tokens() {
		prefixes = append(prefixes, token.Reveal()[:5])
	}
	slices.Sort(prefixes)
	prefixes = slices.Compact(prefixes)
	if len(prefixes) != 5 {
		t.Errorf("the prefixes are %q, want five", prefixes)
	}
	for _, e := range entries {
		for sort, token := range m.tokens() {
			tries := map[string]association.Token{}
			if sort != e.takes {
				tries[sort] = token
			}
			for _, prefix := range prefixes { // dressed as another sort
				if dressed := prefix + token.Reveal()[5:]; dressed != m.tokens()[e.takes].Reveal() {
					tries[sort+" as "+prefix] = association.NewToken(dressed)
				}
			}
			for name, try := range tries {
				before := watch.writes()
				if err := e.use(t, w, m, try); !errors.Is(err, e.refuses) {
					t.Errorf("%s took %s: %v, want %v", e.name, name, err, e.refuses)
				}
				if watch.writes() != before {
					t.Errorf("%s changed something for %s", e.name, name)
				}
			}
		}
	}
	// Each is still good for its own.
	for _, name := range []string{"Authenticate", "Verify", "SignIn", "Sudo", "Refresh"} {
		e := entries[slices.IndexFunc(entries, func(e entry) bool { return e.name == name })]
		if err := e.use(t, w, m, m.tokens()[e.takes]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

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
	if !strings.Contains(dump, sudo.Token.Reveal()[5:27]) || !strings.Contains(dump, "ada@example.com") {
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

// An account that may not act is refused wherever a token is used, not only
// where one is given out.
func TestR08_ADisabledAccountIsRefusedAtEveryUse(t *testing.T) {
	want := map[string]error{ // where it is not ErrBlocked
		"Verify": association.ErrInvalidProof, "Refresh": association.ErrInvalidGrant,
	}
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			m := w.mint("ada")
			status := func(status uint8) {
				a, err := w.store.Account(t.Context(), m.caller.Actor.Account)
				if err != nil {
					t.Fatal(err)
				}
				a.Status = status
				if err := watch.Store.Apply(t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
					t.Fatal(err)
				}
			}
			refused := want[e.name]
			if refused == nil {
				refused = association.ErrBlocked
			}
			for _, not := range []uint8{0, 2, 255} {
				status(not)
				before := watch.writes()
				if err := e.use(t, w, m, m.tokens()[e.takes]); !errors.Is(err, refused) {
					t.Errorf("status %d: %v, want %v", not, err, refused)
				}
				if watch.writes() != before {
					t.Errorf("status %d: something changed", not)
				}
			}
			status(1)
			if err := e.use(t, w, m, m.tokens()[e.takes]); err != nil {
				t.Errorf("enabled again: %v", err)
			}
		})
	}
	t.Run("without a token", func(t *testing.T) {
		w, watch := watchedWorld(t)
		m := w.mint("ada")
		a, err := w.store.Account(t.Context(), m.caller.Actor.Account)
		if err != nil {
			t.Fatal(err)
		}
		a.Status = 2
		if err := watch.Store.Apply(t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
			t.Fatal(err)
		}
		_, bySession := w.svc.ResumeSession(t.Context(), m.session.ID)
		_, byPassword := w.svc.SignIn(t.Context(), m.device, association.SignInRequest{Identifier: "ada", Password: password})
		_, bySudo := w.svc.Sudo(t.Context(), m.caller, association.SudoRequest{Password: password})
		_, byCode := w.svc.Send(t.Context(), m.caller, association.SendRequest{Kind: "phone", To: phoneNumber})
		_, byGrant := w.svc.Bind(t.Context(), m.caller, association.BindRequest{Kind: "phone", To: phoneNumber, FromSession: true})
		for name, err := range map[string]error{
			"ResumeSession": bySession, "SignIn": byPassword, "Sudo": bySudo, "Send": byCode, "Bind from the session": byGrant,
		} {
			if !errors.Is(err, association.ErrBlocked) {
				t.Errorf("%s: %v, want ErrBlocked", name, err)
			}
		}
		if _, err := w.svc.SignIn(t.Context(), m.device, association.SignInRequest{Identifier: "ada", Password: "wrong"}); !errors.Is(err, association.ErrInvalidPassword) {
			t.Errorf("a wrong password tells that the account is disabled: %v", err)
		}
	})
}

func TestIsAccessToken(t *testing.T) {
	w, _ := watchedWorld(t)
	m := w.mint("ada")
	for name, token := range m.tokens() {
		if got := association.IsAccessToken(token); got != (name == "access") {
			t.Errorf("%s: %t", name, got)
		}
	}
	if association.IsAccessToken(association.Token{}) || association.IsAccessToken(association.NewToken("eyJhbGciOi.J9.x")) {
		t.Error("a foreign token is taken for ours")
	}
}
