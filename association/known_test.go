package association_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// reads counts the reads of proofs that a call makes.
func (w *watched) reads(call func()) int {
	w.mu.Lock()
	w.calls = nil
	w.mu.Unlock()
	call()
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(w.calls), func(c string) bool { return c != "Proof" }))
}

// A Caller that was identified is read once for the call that it makes, and by every
// other one anew.
func TestIdentifyReadsTheSessionForOneCall(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(w *world, c *association.Caller)
		want  int
	}{
		{"at once", func(*world, *association.Caller) {}, 0},
		{"five seconds later", func(w *world, _ *association.Caller) { w.clock.Advance(5 * time.Second) }, 0},
		{"later", func(w *world, _ *association.Caller) { w.clock.Advance(5*time.Second + time.Microsecond) }, 1},
		{"for the second time", func(w *world, c *association.Caller) { _, _ = w.svc.SessionName(w.t.Context(), *c) }, 1},
		{"as somebody else", func(w *world, c *association.Caller) {
			bob, _ := w.signIn("bob")
			c.Actor = bob.Actor
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			w.member("ada", "email", "ada@example.com")
			w.member("bob", "email", "bob@example.com")
			_, session := w.signIn("ada")
			for name, identify := range map[string]func() (association.Caller, error){
				"Identify": func() (association.Caller, error) {
					return w.svc.Identify(t.Context(), device("d"), session.Access)
				},
				"Resume": func() (association.Caller, error) {
					return w.svc.Resume(t.Context(), device("d"), w.nameOf(session))
				},
			} {
				c, err := identify()
				if err != nil || c.Actor.Session != session.ID || c.Device != device("d").Device {
					t.Fatalf("%s: %+v, %v", name, c, err)
				}
				tt.spoil(w, &c)
				got := watch.reads(func() {
					if _, err := w.svc.SessionName(t.Context(), c); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				})
				if got != tt.want {
					t.Errorf("%s: the call read %d proofs, want %d", name, got, tt.want)
				}
			}
		})
	}
}

// Whoever is not identified is nobody, whatever the Caller said before.
func TestIdentifyMakesADeadTokenNobody(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada", "email", "ada@example.com")
	c, session := w.signIn("ada")
	if err := w.svc.SignOut(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for name, identify := range map[string]func() (association.Caller, error){
		"Identify": func() (association.Caller, error) { return w.svc.Identify(t.Context(), c, session.Access) },
		"Resume":   func() (association.Caller, error) { return w.svc.Resume(t.Context(), c, session.ID+".x") },
	} {
		got, err := identify()
		if !errors.Is(err, association.ErrUnauthenticated) || got.Actor != (association.Actor{}) {
			t.Errorf("%s: %+v, %v", name, got.Actor, err)
		}
	}
}

// A session is not known for longer than it lives.
func TestWhatIsKnownExpires(t *testing.T) {
	const life = 2 * time.Hour
	for _, late := range []time.Duration{0, time.Microsecond} {
		w, watch := watchedWorld(t, func(c *association.Config) { c.Policy.AccessTTL, c.Policy.RefreshTTL = life, life })
		w.member("ada", "email", "ada@example.com")
		_, session := w.signIn("ada")
		w.clock.Advance(life - time.Second)
		c, err := w.svc.Identify(t.Context(), device("d"), session.Access)
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second - time.Microsecond + late)
		got := watch.reads(func() {
			_, err = w.svc.SessionName(t.Context(), c)
		})
		if late == 0 && (err != nil || got != 0) || late > 0 && !errors.Is(err, association.ErrUnauthenticated) {
			t.Errorf("%v too late: %v after %d reads", late, err, got)
		}
	}
}

// A session that ends between the look and the change takes the change down: the
// look is asserted by the write.
func TestAChangeAssertsWhatWasKnown(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(w *world, c association.Caller, account string)
		want error
	}{
		{"signed out", func(w *world, c association.Caller, _ string) {
			if err := w.svc.SignOut(w.t.Context(), c); err != nil {
				w.t.Error(err)
			}
		}, association.ErrUnauthenticated},
		{"disabled", func(w *world, _ association.Caller, account string) {
			a, err := w.store.Account(w.t.Context(), account)
			if err != nil {
				w.t.Fatal(err)
			}
			a.Status = 2
			if err := w.store.Apply(w.t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
				w.t.Fatal(err)
			}
		}, association.ErrInvalidProof}, // the verification was read with the account as it is
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := watchedWorld(t)
			id := w.member("ada", "email", "ada@example.com")
			c, session := w.signIn("ada")
			sudo, proof := w.sudo(c), w.prove(c, "phone", phoneNumber)
			identified, err := w.svc.Identify(t.Context(), c, session.Access)
			if err != nil {
				t.Fatal(err)
			}
			tt.end(w, c, id)
			if err := w.bind(identified, "phone", phoneNumber, sudo, proof); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if a, err := w.store.AccountByIdentifier(t.Context(), "phone", []byte(phoneNumber)); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the number was bound: %+v, %v", a, err)
			}
		})
	}
}
