package association_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestR65_EveryChangeWritesItsEvent in the same commit, with the end of its life.
func TestR65_EveryChangeWritesItsEvent(t *testing.T) {
	const day = 24 * time.Hour
	for ttl, want := range map[time.Duration]time.Duration{0: 365 * day, 30 * day: 30 * day} {
		w, watch := watchedWorld(t, anew, func(c *association.Config) { c.Policy.EventTTL = ttl })
		m := w.mint("ada")
		if err := w.bind(m.caller, "phone", phoneNumber, m.sudo, m.bind); err != nil {
			t.Fatal(err)
		}
		if err := w.bind(m.caller, "email", "new@example.com", m.sudo, w.prove(m.caller, "email", "new@example.com")); err != nil {
			t.Fatal(err)
		}
		if err := w.svc.SetPassword(t.Context(), m.caller, association.PasswordRequest{SudoToken: m.sudo, Password: "another horse"}); err != nil {
			t.Fatal(err)
		}
		eve := device("eve's")
		signUp := association.SignUpRequest{VerificationToken: w.prove(eve, "email", "eve@example.com")}
		if _, err := w.svc.SignUp(t.Context(), eve, signUp); err != nil {
			t.Fatal(err)
		}
		changes, hashes := 0, 0
		data := map[string][]byte{}
		for _, change := range watch.applied {
			if len(change.Accounts)+len(change.Link)+len(change.Unlink) == 0 {
				continue // no change of an account: a code, a session
			}
			was := data[change.Accounts[0].ID]
			data[change.Accounts[0].ID] = change.Accounts[0].Data
			if len(change.Events) == 0 && bytes.Equal(withoutHash(t, was), withoutHash(t, change.Accounts[0].Data)) {
				hashes++ // the same password, made anew
				continue
			}
			changes++
			if len(change.Events) != 1 || change.Events[0].Account != change.Accounts[0].ID {
				t.Errorf("the change %+v has not its one event", change)
				continue
			}
			if e := change.Events[0]; e.At != w.clock.Now().UnixMicro() || e.Expires != e.At+want.Microseconds() {
				t.Errorf("an event of %d lives until %d, want %v", e.At, e.Expires, want)
			}
		}
		if changes != 5 || hashes != 1 { // import, bind, replace, password, sign-up
			t.Errorf("%d changes and %d hashes were looked at, want 5 and 1", changes, hashes)
		}
	}
}

// withoutHash is an account's data but for how its password is kept.
func withoutHash(t *testing.T, data []byte) []byte {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil
	}
	if p, ok := v["password"].(map[string]any); ok {
		delete(p, "hash")
		delete(p, "asTyped")
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEventsAreKeptForTheirTTL(t *testing.T) {
	const ttl = 30 * 24 * time.Hour
	l := newLab(t, func(cfg *association.Config) { cfg.Policy.EventTTL = ttl })
	account := l.own("email", "ada@example.com")
	for _, tt := range []struct {
		later time.Duration
		want  int
	}{{ttl, 1}, {time.Microsecond, 0}} {
		l.clock.Advance(tt.later)
		if _, err := l.svc.DeleteExpired(t.Context(), math.MaxInt); err != nil {
			t.Fatal(err)
		}
		if got := l.events(account)["import"]; got != tt.want {
			t.Errorf("after another %v: %d events, want %d", tt.later, got, tt.want)
		}
	}
}
