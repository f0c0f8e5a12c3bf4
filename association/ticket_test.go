package association_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// forge makes a ticket by hand: the parts as they are, signed by sign.
func forge(header, claims string, sign func(input string) []byte) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	return input + "." + base64.RawURLEncoding.EncodeToString(sign(input))
}

func edDSA(key ed25519.PrivateKey) func(string) []byte {
	return func(input string) []byte { return ed25519.Sign(key, []byte(input)) }
}

func hs256(key []byte) func(string) []byte {
	return func(input string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(input))
		return h.Sum(nil)
	}
}

// claimed are the claims of a good ticket at a time, changed: a nil takes one out.
func claimed(now time.Time, change map[string]any) string {
	claims := map[string]any{
		"sub": "ada", "aud": "acme", "jti": "ticket-1", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
	for name, v := range change {
		claims[name] = v
		if v == nil {
			delete(claims, name)
		}
	}
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const ticketHeader = `{"alg":"EdDSA","kid":"app","typ":"JWT"}`

// TestForgedTickets: one thing is wrong with each, and a ticket with nothing wrong is
// taken beside them, so that it is that thing.
func TestForgedTickets(t *testing.T) {
	public, private := ticketKey(1)
	otherPublic, other := ticketKey(2)
	w, watch := watchedWorld(t, takesTickets(public), func(cfg *association.Config) {
		cfg.Tickets.Keys["second"] = otherPublic
	})
	now := w.clock.Now()
	good := claimed(now, nil)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	with := func(name string, v any) string {
		return forge(ticketHeader, claimed(now, map[string]any{name: v}), edDSA(private))
	}
	header := func(h string) string { return forge(h, good, edDSA(private)) }
	whole := forge(ticketHeader, good, edDSA(private))
	parts := strings.Split(whole, ".")
	// The same last byte spelt otherwise: six bits of 86 characters hold none of 64 bytes.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, whole[len(whole)-1])
	alias := whole[:len(whole)-1] + string(alphabet[last^1])

	bad := map[string]string{
		"nothing": "", "no ticket": "x", "two dots": "..", "our own token": "lga1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43),

		"alg none":                       forge(`{"alg":"none","kid":"app"}`, good, func(string) []byte { return nil }),
		"alg None":                       forge(`{"alg":"None","kid":"app"}`, good, func(string) []byte { return nil }),
		"alg none, signed":               forge(`{"alg":"none","kid":"app"}`, good, edDSA(private)),
		"alg missing":                    header(`{"kid":"app"}`),
		"alg empty":                      header(`{"alg":"","kid":"app"}`),
		"alg a number":                   header(`{"alg":1,"kid":"app"}`),
		"alg in small letters":           header(`{"alg":"eddsa","kid":"app"}`),
		"HS256 with the public key":      forge(`{"alg":"HS256","kid":"app"}`, good, hs256(public)),
		"HS256 with the key in DER":      forge(`{"alg":"HS256","kid":"app"}`, good, hs256(der)),
		"HS256 with the key in PEM":      forge(`{"alg":"HS256","kid":"app"}`, good, hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))),
		"EdDSA with an HMAC":             forge(ticketHeader, good, hs256(public)),
		"signed for another algorithm":   forge(`{"alg":"RS256","kid":"app"}`, good, edDSA(private)),
		"a key of its own":               forge(`{"alg":"EdDSA","kid":"app","jwk":{"kty":"OKP","crv":"Ed25519","x":"`+base64.RawURLEncoding.EncodeToString(otherPublic)+`"}}`, good, edDSA(other)),
		"another key":                    forge(ticketHeader, good, edDSA(other)),
		"another key's name":             forge(`{"alg":"EdDSA","kid":"second"}`, good, edDSA(private)),
		"a name of no key":               header(`{"alg":"EdDSA","kid":"third"}`),
		"kid missing":                    header(`{"alg":"EdDSA"}`),
		"kid empty":                      header(`{"alg":"EdDSA","kid":""}`),
		"kid a list":                     header(`{"alg":"EdDSA","kid":["app"]}`),
		"kid null":                       header(`{"alg":"EdDSA","kid":null}`),
		"Ed25519ph":                      forge(ticketHeader, good, func(input string) []byte { return hashed(private, input) }),
		"no signature":                   parts[0] + "." + parts[1] + ".",
		"two parts":                      parts[0] + "." + parts[1],
		"four parts":                     whole + "." + parts[2],
		"half a signature":               whole[:len(whole)-43],
		"an alias of the last character": alias,
		"padded":                         whole + "==",
		"a tail":                         whole + "A",
		"a space before":                 " " + whole,
		"two tickets":                    whole + whole,
		"another ticket's claims":        parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(claimed(now, map[string]any{"sub": "eve"}))) + "." + parts[2],
		"trailing data in the claims":    forge(ticketHeader, good+`{"sub":"eve"}`, edDSA(private)),
		"trailing data in the header":    header(ticketHeader + `{}`),
		"the claims a list":              forge(ticketHeader, "["+good+"]", edDSA(private)),
		"the claims null":                forge(ticketHeader, "null", edDSA(private)),
		"no claims":                      forge(ticketHeader, "", edDSA(private)),
		"more than 4096 bytes":           with("padding", strings.Repeat("x", 4096)),

		"aud missing": with("aud", nil), "aud another": with("aud", "acme2"), "aud empty": with("aud", ""),
		"aud a list without ours": with("aud", []string{"other", "acm"}), "aud an empty list": with("aud", []string{}),
		"aud in capitals": with("aud", "ACME"), "aud a number": with("aud", 1), "aud null in a list": with("aud", []any{nil}),

		"exp missing": with("exp", nil), "exp past": with("exp", now.Add(-2*time.Second).Unix()), "exp zero": with("exp", 0),
		"exp a string": with("exp", "never"), "exp beyond all": with("exp", 1e300), "exp negative": with("exp", -1),
		"more than five minutes":                    with("exp", now.Add(5*time.Minute+time.Second).Unix()),
		"five minutes in the past, as many to come": with("iat", now.Add(-time.Second).Unix()),
		"iat missing":                               with("iat", nil), "iat in the future": with("iat", now.Add(2*time.Second).Unix()),
		"iat before all": with("iat", -1e300), "iat a string": with("iat", "now"), "iat zero": with("iat", 0),
		"nbf in the future": with("nbf", now.Add(2*time.Second).Unix()), "nbf a string": with("nbf", "now"),

		"jti missing": with("jti", nil), "jti empty": with("jti", ""), "jti a number": with("jti", 7),
		"jti too long": with("jti", strings.Repeat("j", 129)),

		"sub missing": with("sub", nil), "sub empty": with("sub", ""), "sub a number": with("sub", 7), "sub null": with("sub", json.RawMessage("null")),
		"sub too long": with("sub", strings.Repeat("s", 129)), "sub with a zero": with("sub", "ada\x00"), "sub with a newline": with("sub", "ada\n"),
	}
	before, events := watch.writes(), len(watch.applied)
	var told string
	for name, ticket := range bad {
		session, err := w.svc.SignInWithTicket(t.Context(), device("d"), association.NewToken(ticket))
		if !errors.Is(err, association.ErrInvalidProof) || session.ID != "" {
			t.Errorf("%s: %v, want ErrInvalidProof", name, err)
			continue
		}
		if told == "" {
			told = err.Error()
		}
		if err.Error() != told {
			t.Errorf("%s is told as %q, the others as %q", name, err, told)
		}
	}
	if watch.writes() != before || len(watch.applied) != events {
		t.Error("a forged ticket changed something")
	}

	for name, tt := range map[string]struct{ change map[string]any }{
		"as it is": {nil}, "aud a list with ours": {map[string]any{"aud": []string{"other", "acme"}, "jti": "list"}},
		"jti of 128 bytes": {map[string]any{"jti": strings.Repeat("j", 128)}}, "sub of 128 bytes": {map[string]any{"sub": strings.Repeat("s", 128), "jti": "6"}},
		"nbf now": {map[string]any{"nbf": now.Unix(), "jti": "2"}}, "a second ahead": {map[string]any{"iat": now.Add(time.Second).Unix(), "jti": "3"}},
		"another jti":   {map[string]any{"jti": "4", "iss": "whoever", "scope": "admin"}},
		"a second late": {map[string]any{"jti": "5", "iat": now.Add(-time.Minute).Unix(), "exp": now.Unix()}},
	} {
		ticket := forge(ticketHeader, claimed(now, tt.change), edDSA(private))
		if name == "as it is" {
			ticket = whole
		}
		if _, err := w.svc.SignInWithTicket(t.Context(), device("d"), association.NewToken(ticket)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.svc.SignInWithTicket(t.Context(), device("d"), association.NewToken(forge(`{"alg":"EdDSA","kid":"second"}`, good, edDSA(other)))); err != nil {
		t.Errorf("the second key has a ticket-1 of its own: %v", err)
	}
}

// hashed signs as Ed25519ph, which is another algorithm under the same key.
func hashed(key ed25519.PrivateKey, input string) []byte {
	h := crypto.SHA512.New()
	h.Write([]byte(input))
	sig, err := key.Sign(rand.Reader, h.Sum(nil), &ed25519.Options{Hash: crypto.SHA512})
	if err != nil {
		panic(err)
	}
	return sig
}

func TestATicketIsGoodOnce(t *testing.T) {
	public, private := ticketKey(1)
	w, watch := watchedWorld(t, takesTickets(public))
	w.member("bob")
	now := w.clock.Now()
	trade := func(c association.Caller, ticket string) (association.Session, error) {
		return w.svc.SignInWithTicket(t.Context(), c, association.NewToken(ticket))
	}
	ticket := forge(ticketHeader, claimed(now, nil), edDSA(private))
	c := named(device("d"), "one")
	session, err := trade(c, ticket)
	if err != nil || session.Account != "ada" || session.Anonymous {
		t.Fatalf("%+v, %v", session, err)
	}
	if actor, err := w.svc.Authenticate(t.Context(), session.Access); err != nil || actor.Account != "ada" || !actor.AuthenticatedAt.Equal(now) {
		t.Errorf("%+v, %v", actor, err)
	}
	before := watch.writes()
	// The same request may have lost its answer; every other is another.
	first, _ := tokens(session, nil)
	if again, err := tokens(trade(c, ticket)); err != nil || again != first {
		t.Errorf("the repeat: %q, %v", again, err)
	}
	for name, c := range map[string]association.Caller{
		"another request": named(device("d"), "two"), "without a name": device("d"), "another device": named(device("e"), "one"),
	} {
		if _, err := trade(c, ticket); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%s: %v, want ErrInvalidProof", name, err)
		}
	}
	for name, change := range map[string]map[string]any{
		"another subject": {"sub": "bob"}, "another time": {"exp": now.Add(time.Minute).Unix()}, "another audience beside": {"aud": []string{"acme", "x"}},
	} {
		if _, err := trade(c, forge(ticketHeader, claimed(now, change), edDSA(private))); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("its ID with %s: %v, want ErrInvalidProof", name, err)
		}
	}
	// What remembers it outlives it, by the second that clocks may differ by too.
	for _, later := range []time.Duration{time.Minute, 4*time.Minute + time.Second - time.Microsecond, time.Microsecond, time.Minute, time.Hour} {
		w.clock.Advance(later)
		for {
			if n, err := w.svc.DeleteExpired(t.Context(), 100); err != nil {
				t.Fatal(err)
			} else if n == 0 {
				break
			}
		}
		for _, c := range []association.Caller{c, named(device("d"), "two")} {
			if _, err := trade(c, ticket); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("%v after it was issued: %v, want ErrInvalidProof", w.clock.Now().Sub(now), err)
			}
		}
	}
	if watch.writes() != before {
		t.Error("a used ticket changed something")
	}
}

func TestOfManyWhoShowOneTicketOneIsIn(t *testing.T) {
	public, private := ticketKey(1)
	for _, known := range []bool{false, true} {
		w, watch := watchedWorld(t, takesTickets(public))
		if known {
			if _, err := w.svc.Import(t.Context(), association.ImportedAccount{ID: "ada"}); err != nil {
				t.Fatal(err)
			}
		}
		ticket := association.NewToken(forge(ticketHeader, claimed(w.clock.Now(), nil), edDSA(private)))
		sessions := make([]association.Session, racers)
		watch.meet(racers)
		errs := dbproof.Together(racers, func(i int) (err error) {
			sessions[i], err = w.svc.SignInWithTicket(t.Context(), device(fmt.Sprint("d", i)), ticket)
			return err
		})
		won := 0
		for i, err := range errs {
			if err != nil {
				refusedOrBusy(t, err, association.ErrInvalidProof)
			} else if won++; !w.alive(sessions[i].Access) {
				t.Error("the winner is not signed in")
			}
		}
		devices, err := w.svc.Devices(t.Context(), w.hostCaller("ada", "s"))
		if won != 1 || err != nil || len(devices) != 1 || devices[0].Factor != "ticket" {
			t.Errorf("known %t: %d are in, with %+v, %v", known, won, devices, err)
		}
	}
}

// A ticket is of the epoch that it was issued in.
func TestR09_ATicketOfAnOldEpochIsDead(t *testing.T) {
	public, private := ticketKey(1)
	w, _ := watchedWorld(t, takesTickets(public))
	id := w.member("ada")
	issue := func() association.Token {
		ticket, err := association.NewTicket(private, association.TicketRequest{KeyID: "app", Audience: "acme", Account: id, At: w.clock.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	trade := func(ticket association.Token) error {
		_, err := w.svc.SignInWithTicket(t.Context(), device("d"), ticket)
		return err
	}
	old := issue()
	w.clock.Advance(time.Second)
	if err := w.svc.EndAccountSessions(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	allRefused(t, association.ErrInvalidProof, map[string]error{"issued before": trade(old), "in the same second": trade(issue())})
	w.clock.Advance(time.Second)
	if err := trade(issue()); err != nil {
		t.Errorf("issued after: %v", err)
	}
	for status, change := range map[string]func() error{
		"disabled": func() error { return w.svc.Disable(t.Context(), id) },
		"deleted":  func() error { return w.svc.DeleteAccount(t.Context(), id) },
	} {
		w.clock.Advance(time.Minute)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second)
		if err := trade(issue()); !errors.Is(err, association.ErrBlocked) {
			t.Errorf("%s: %v, want ErrBlocked", status, err)
		}
		if status == "deleted" {
			break // and so it stays
		}
	}
}

func TestNewTicketRefusesWhatNobodyWouldTake(t *testing.T) {
	_, private := ticketKey(1)
	good := association.TicketRequest{KeyID: "app", Audience: "acme", Account: "user-7", At: time.Now()}
	for name, tt := range map[string]struct {
		key  ed25519.PrivateKey
		edit func(*association.TicketRequest)
	}{
		"no key":        {nil, func(*association.TicketRequest) {}},
		"a short key":   {private[:31], func(*association.TicketRequest) {}},
		"no name of it": {private, func(r *association.TicketRequest) { r.KeyID = "" }},
		"no audience":   {private, func(r *association.TicketRequest) { r.Audience = "" }},
		"nobody":        {private, func(r *association.TicketRequest) { r.Account = "" }},
		"at no time":    {private, func(r *association.TicketRequest) { r.At = time.Time{} }},
	} {
		r := good
		tt.edit(&r)
		if ticket, err := association.NewTicket(tt.key, r); err == nil || !ticket.IsZero() {
			t.Errorf("%s: a ticket is made", name)
		}
	}
}

func TestNewTicketIsOneThatIsTaken(t *testing.T) {
	public, private := ticketKey(1)
	w, _ := watchedWorld(t, takesTickets(public))
	w.clock.Advance(999 * time.Millisecond) // a ticket counts in seconds
	now := w.clock.Now()
	var ids []string
	for range 2 {
		ticket, err := association.NewTicket(private, association.TicketRequest{KeyID: "app", Audience: "acme", Account: "user-7", At: now})
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%v %+v %#v", ticket, ticket, ticket); strings.Contains(text, ticket.Reveal()[:8]) {
			t.Error("printed, a ticket shows itself")
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(ticket.Reveal(), ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			Sub, Jti string
			Aud      []string
			Iat, Exp int64
		}
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		if claims.Sub != "user-7" || !slices.Equal(claims.Aud, []string{"acme"}) || claims.Iat != now.Unix() || claims.Exp-claims.Iat != 300 || len(claims.Jti) != 22 {
			t.Errorf("its claims are %s", payload)
		}
		ids = append(ids, claims.Jti)
		session, err := w.svc.SignInWithTicket(t.Context(), device("d"), ticket)
		if err != nil || session.Account != "user-7" {
			t.Errorf("%q, %v", session.Account, err)
		}
	}
	if ids[0] == ids[1] {
		t.Error("two tickets have one ID")
	}
	if events := (&lab{world: w, spy: &watched{Store: w.store}}).events("user-7"); events["sign_in"] != 2 {
		t.Errorf("the events are %v", events)
	}
	none := newWorld(t)
	if _, err := none.svc.SignInWithTicket(t.Context(), device("d"), association.NewToken("x")); !errors.Is(err, association.ErrUnsupported) {
		t.Errorf("where none are taken: %v, want ErrUnsupported", err)
	}
}

func TestTicketsThatAreNone(t *testing.T) {
	public, _ := ticketKey(1)
	for name, tickets := range map[string]association.Tickets{
		"no audience": {Keys: map[string]ed25519.PublicKey{"app": public}}, "no keys": {Audience: "acme"},
		"a key without a name": {Audience: "acme", Keys: map[string]ed25519.PublicKey{"": public}},
		"half a key":           {Audience: "acme", Keys: map[string]ed25519.PublicKey{"app": public[:16]}},
	} {
		cfg := wholeConfig(t)
		cfg.Tickets = tickets
		if _, err := association.New(cfg); err == nil || !strings.Contains(err.Error(), "Config.Tickets") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The map is the Service's own.
	keys := map[string]ed25519.PublicKey{"app": public}
	_, eve := ticketKey(2)
	w, _ := watchedWorld(t, func(cfg *association.Config) { cfg.Tickets = association.Tickets{Audience: "acme", Keys: keys} })
	keys["eve"] = eve.Public().(ed25519.PublicKey)
	if _, err := w.svc.SignInWithTicket(t.Context(), device("d"), association.NewToken(
		forge(`{"alg":"EdDSA","kid":"eve"}`, claimed(w.clock.Now(), nil), edDSA(eve)))); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("by a key that was added later: %v", err)
	}
}
