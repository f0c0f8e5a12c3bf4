package association_test

import (
	"bytes"
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
	device    association.Caller // the same device, which asked for signIn signed out
	session   association.Session
	name      string // of the session, after its sudo
	sudo      association.Token
	bind      association.Token // for phoneNumber
	prove     association.Token // for sudo
	signIn    association.Token
	challenge association.Token // a pending code's ID
	code      string            // and the code
}

func (w *world) mint(name string) minted {
	w.t.Helper()
	address := name + "@example.com"
	w.member(name, "email", address)
	var m minted
	m.caller, m.session = w.signIn(name)
	m.device = m.caller
	m.device.Actor = association.Actor{}
	m.sudo = w.sudo(m.caller)
	m.name = w.nameOf(m.session)
	m.bind = w.prove(m.caller, "phone", phoneNumber)
	m.prove = w.prove(m.caller, "email", address)
	m.signIn = w.prove(m.device, "email", address)
	id, code := w.code(m.caller, "email", "new."+address)
	m.challenge, m.code = association.NewToken(id), code
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
		_, err := w.svc.Verify(t.Context(), m.caller, token.Reveal(), m.code)
		return err
	}},
	{"SignIn", "verification to sign in", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.SignIn(t.Context(), m.device, association.SignInRequest{VerificationToken: token})
		return err
	}},
	{"SignIn, signed in", "verification to sign in", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.SignIn(t.Context(), m.caller, association.SignInRequest{VerificationToken: token})
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
	{"EnrolAuthenticator", "sudo", association.ErrSudoRequired, func(t *testing.T, w *world, m minted, token association.Token) error {
		_, err := w.svc.EnrolAuthenticator(t.Context(), m.caller, association.EnrolRequest{SudoToken: token})
		return err
	}},
	{"Unbind", "sudo", association.ErrSudoRequired, func(t *testing.T, w *world, m minted, token association.Token) error {
		a, err := w.store.Account(t.Context(), m.caller.Actor.Account)
		if err != nil {
			t.Fatal(err)
		}
		name := a.Associations[slices.IndexFunc(a.Associations, func(as store.Association) bool { return as.Kind == "username" })]
		return w.svc.Unbind(t.Context(), m.caller, association.UnbindRequest{ID: name.ID, SudoToken: token})
	}},
	{"CheckSudo", "sudo", association.ErrSudoRequired, func(t *testing.T, w *world, m minted, token association.Token) error {
		return w.svc.CheckSudo(t.Context(), m.caller, token)
	}},
	{"ResetPassword", "verification to sign in", association.ErrInvalidProof, func(t *testing.T, w *world, m minted, token association.Token) error {
		return w.svc.ResetPassword(t.Context(), m.device, association.ResetRequest{VerificationToken: token, Password: "another horse"})
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

func TestIsToken(t *testing.T) {
	w, _ := watchedWorld(t)
	m := w.mint("ada")
	for name, token := range m.tokens() {
		whole := token.Reveal()
		for _, spelling := range []string{whole, whole + "x", whole[:len(whole)/2], whole[:5]} {
			if !association.IsToken(association.NewToken(spelling)) {
				t.Errorf("%s, %d bytes of %d: taken for a foreign one", name, len(spelling), len(whole))
			}
		}
	}
	for _, foreign := range []string{"", "eyJhbGciOi.J9.x", "lga1", "xlga1_", "PUBLISHABLE_KEY"} {
		if association.IsToken(association.NewToken(foreign)) {
			t.Errorf("%q is taken for ours", foreign)
		}
	}
}
