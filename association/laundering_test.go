package association_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ligature-auth/ligature/association"
)

// siege is an account of which a thief holds one address, and its owner all else. Each
// does whatever their factors let them; the thief wants the address for themselves.
type siege struct {
	*person
	held   string               // the kind of the address
	kinds  []string             // that there are at all
	thiefs map[string]time.Time // factors of the thief's, with when they were last shown to rest on the address
	loss   time.Time            // when the thief last took a factor of the owner's away
}

func (s *siege) has(f string) bool {
	switch f {
	case "password":
		return s.pass != ""
	case "authenticator":
		return s.app != ""
	}
	return s.address[f] != ""
}

// of are the factors of one side.
func (s *siege) of(thief bool) (all []string) {
	for _, f := range s.kinds {
		if _, theirs := s.thiefs[f]; s.has(f) && theirs == thief {
			all = append(all, f)
		}
	}
	return all
}

// rests reports whether a factor of the thief's is worth no more than the address.
func (s *siege) rests(f string) bool {
	return f == s.held || s.clock.Now().Before(s.thiefs[f].Add(rootedFor))
}

// change does something to a factor other than the address, for one side.
func (s *siege) change(t *rapid.T, thief bool) {
	own := s.of(thief)
	if len(own) == 0 {
		return
	}
	by := rapid.SampledFrom(own).Draw(t, "by")
	what := rapid.SampledFrom(s.kinds).Draw(t, "what")
	if costs := what == "password" || what == "authenticator"; what == s.held || costs && rapid.Bool().Draw(t, "seldom") {
		return
	}
	verb := "replace "
	if s.has(what) && (what == "authenticator" || rapid.Bool().Draw(t, "remove")) {
		verb = "remove "
	} else if what == "password" || what == "authenticator" {
		verb = ""
	}
	call := verb + what
	if verb == "" {
		call = add(what)
	}
	_, thiefs := s.thiefs[what]
	owners := s.has(what) && !thiefs
	rests := thief && s.rests(by)
	err := s.do(by, call)
	if err != nil {
		if !errors.Is(err, association.ErrSudoRequired) && !errors.Is(err, association.ErrLastMethod) && !errors.Is(err, association.ErrSecondProof) {
			t.Fatalf("%s under %s: %v", call, by, err)
		}
		return
	}
	s.set(what, thief, rests, owners)
}

func (s *siege) set(what string, thief, rests, owners bool) {
	delete(s.thiefs, what)
	if !thief {
		return
	}
	if owners {
		s.loss = s.clock.Now()
	}
	if s.has(what) {
		s.thiefs[what] = time.Time{}
		if rests {
			s.thiefs[what] = s.clock.Now()
		}
	}
}

// strike tries to take the address with a factor that is worth no more than it.
func (s *siege) strike(t *rapid.T) {
	by := rapid.SampledFrom(s.of(true)).Draw(t, "by")
	verb := rapid.SampledFrom([]string{"replace ", "remove "}).Draw(t, "verb")
	if !s.rests(by) || s.clock.Now().Sub(s.loss) >= rootedFor && len(s.of(false)) == 0 {
		return // it is the thief's own by now
	}
	if err := s.do(by, verb+s.held); err == nil {
		t.Fatalf("%s%s under %s; the owner has %v, and had more %v ago", verb, s.held, by, s.of(false), s.clock.Now().Sub(s.loss))
	}
}

// TestR02_Laundering_NoMovesTurnAnAddressAgainstItsAccount: however a thief and the
// owner move, what is worth no more than one address does not take that address while
// the owner has something else, or had until a day ago when the thief took it away.
func TestR02_Laundering_NoMovesTurnAnAddressAgainstItsAccount(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		held := rapid.SampledFrom([]string{"email", "phone"}).Draw(r, "held")
		kinds := []string{"authenticator", "email", "phone"}
		passwords := rapid.IntRange(0, 2).Draw(r, "passwords") == 0 // a hash takes its time
		if passwords {
			kinds = append(kinds, "password")
		}
		others := rapid.Permutation(slices.DeleteFunc(slices.Clone(kinds), func(f string) bool { return f == held })).Draw(r, "others")
		others = others[:rapid.IntRange(1, len(others)).Draw(r, "n")]
		place, isFresh := rapid.IntRange(0, len(others)).Draw(r, "place"), rapid.Bool().Draw(r, "fresh")
		if isFresh {
			place = len(others) // nothing of the owner's rests on it
		}
		factors := slices.Insert(slices.Clone(others), place, held)
		var edits []func(*association.Config)
		if rapid.Bool().Draw(r, "strongest") {
			edits = append(edits, strongest)
		}
		if rapid.Bool().Draw(r, "stale") {
			edits = append(edits, func(c *association.Config) {
				c.Policy.ReproveAfter = map[string]time.Duration{"phone": 26 * time.Hour}
			})
		}
		s := &siege{person: people(t, edits...).person("ada", isFresh, factors...), held: held, kinds: kinds, thiefs: map[string]time.Time{held: {}}}
		change := func(thief bool) func(*rapid.T) { return func(t *rapid.T) { s.change(t, thief) } }
		r.Repeat(map[string]func(*rapid.T){
			"thief": change(true), "thief again": change(true), "thief still": change(true), "owner": change(false),
			"reset": func(t *rapid.T) {
				if !passwords || rapid.IntRange(0, 3).Draw(t, "often") > 0 {
					return
				}
				_, thiefs := s.thiefs["password"]
				owners := s.has("password") && !thiefs
				if err := s.reset(held); errors.Is(err, association.ErrSecondProof) {
					return
				} else if err != nil {
					t.Fatal(err)
				}
				s.set("password", true, true, owners)
			},
			"strike": s.strike, "strike again": s.strike,
			"wait": func(t *rapid.T) {
				s.clock.Advance(time.Duration(rapid.IntRange(1, 20).Draw(t, "hours")) * time.Hour)
			},
		})
	})
}
