package model_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// The invariants. Some are found broken by the model alone, which says of each call why
// it may not be made: then the reason names the invariant. The rest is held here, after
// each call, against what is in the store.

// hold is called after each call.
func (r *run) hold(f *frame) {
	stored := map[string]*store.Account{}
	for _, a := range r.accounts {
		s, err := r.store.Store.Account(r.ctx, a.id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			r.rt.Fatal(err)
		}
		if s == nil {
			s = &store.Account{}
		}
		stored[a.id] = s
	}
	r.onlyByAToken(f, stored)
	r.oneTokenForACode()
	r.nothingDeadWorks()
	r.aWayRemains(stored)
	r.everyChangeIsTold()
}

// I1: an identifier is an account's if and only if one matching verification token was
// used up in the commit that made it so.
func (r *run) onlyByAToken(f *frame, stored map[string]*store.Account) {
	const broken = "I1: an identifier without a token, or a token without an identifier"
	for _, c := range f.applied {
		for _, l := range c.Link {
			if !reachable(l.Kind) || !r.byHand(c) {
				continue
			}
			spent := slices.DeleteFunc(slices.Clone(f.spends), func(s slotRecord) bool {
				return s.Kind != l.Kind || string(s.Target) != string(l.Value) || r.slotState(s.ID) != "spent"
			})
			if len(spent) != 1 {
				r.broke(broken, "%d tokens for %s were spent with it", len(spent), l.Value)
			}
		}
	}
	for _, a := range r.accounts {
		want, got := map[string]string{}, map[string]string{}
		for kind, x := range a.methods {
			if reachable(kind) || kind == "username" {
				want[kind] = x.value
			}
		}
		for _, as := range stored[a.id].Associations {
			got[as.Kind] += string(as.Value)
		}
		if !maps.Equal(got, want) {
			r.broke(broken, "%s has %v, want %v", a.id, got, want)
		}
	}
}

// byHand reports whether the change was somebody's, and not an import.
func (r *run) byHand(c store.Change) bool {
	return slices.ContainsFunc(c.Proofs, func(p store.Proof) bool { return p.Kind == proofSession })
}

func (r *run) slotState(id string) string {
	p, _, err := r.store.Store.Proof(r.ctx, id)
	if err != nil {
		return err.Error()
	}
	return parseSlot(*p).State
}

// I2: an identifier has one owner at most: see model.owner, and onlyByAToken, which
// holds what each account has.

// I3: no more guesses are judged than the budgets allow: see model.mayGuess,
// model.within and journal.wrote.

// I4: a code is traded for one token at most; see also model.mayGuess.
func (r *run) oneTokenForACode() {
	for id, tokens := range r.secrets {
		if len(tokens) > 1 {
			r.broke("I4: a code was traded for two tokens", "%s: %d", id, len(tokens))
		}
	}
}

// I5: a token is used as often as it may be: see model.elevated and model.mayRedeem.

// I6: nothing works once it has expired, was revoked or belongs to an epoch that is
// over. I7: it works for its account, session, purpose and address alone. See the model
// for each call; this holds every session after each.
func (r *run) nothingDeadWorks() {
	for _, t := range r.refresh {
		no := r.live(t.session)
		if no == "" && !(r.now.Before(t.until) && (t.gen == t.session.gen || t.gen == t.session.gen-1 && r.now.Before(t.session.refreshed.Add(60e9)))) {
			no = "I6: the access token has expired"
		}
		r.agrees("an access token", no, func(f *frame) error {
			_, err := r.svc.Authenticate(r.ctx, t.access)
			return err
		})
	}
	for _, s := range r.sessions {
		if r.acts(s) != "" {
			continue
		}
		no, _ := r.under(s, nil, func(*account) (string, bool) { return "", false })()
		r.agrees("the sudo of a session", no, func(*frame) error {
			state, err := r.svc.SudoState(r.ctx, r.caller(s, "", ""))
			if err == nil && !state.Elevated {
				err = association.ErrSudoRequired
			}
			return err
		})
	}
}

// agrees holds that a call that reads works where nothing forbids it, and there alone.
func (r *run) agrees(what, no string, call func(*frame) error) {
	f := &frame{}
	var err error
	r.store.within(f, func() { err = call(f) })
	switch {
	case err == nil && no != "":
		r.broke(no, "%s works", what)
	case err != nil && no == "":
		r.broke("rule: what may be done is done", "%s: %v", what, err)
	}
}

// I8: an account that somebody could sign in to keeps a way in.
func (r *run) aWayRemains(stored map[string]*store.Account) {
	for _, a := range r.accounts {
		s := stored[a.id]
		var data struct{ Password *struct{} }
		if len(s.Data) > 0 {
			if err := json.Unmarshal(s.Data, &data); err != nil {
				r.rt.Fatal(err)
			}
		}
		in := data.Password != nil && len(s.Associations) > 0
		for _, as := range s.Associations {
			in = in || reachable(as.Kind)
		}
		const active = 1
		if a.couldIn = a.couldIn || in; a.couldIn && !in && s.Status == active {
			r.broke("I8: no way in is left", "to %s", a.id)
		}
	}
}

// I9: every change is in the history of its account, and each address that it is about
// is owed a notice.
func (r *run) everyChangeIsTold() {
	for _, a := range r.accounts {
		events, err := r.store.Store.Events(r.ctx, a.id, "", math.MaxInt)
		if err != nil {
			r.rt.Fatal(err)
		}
		got := map[association.EventKind]int{}
		for _, e := range events {
			told, err := association.ParseEvent(e)
			if err != nil {
				r.rt.Fatal(err)
			}
			got[told.Kind]++
		}
		if !maps.Equal(got, a.happened) {
			r.broke("I9: the history is not what happened", "of %s it has %v, want %v", a.id, got, a.happened)
		}
	}
	all, err := r.store.Store.Notices(r.ctx, math.MaxInt64, math.MaxInt)
	if err != nil {
		r.rt.Fatal(err)
	}
	var got []string
	for _, n := range all {
		if r.notices[n.ID] {
			continue
		}
		r.notices[n.ID] = true
		var v struct {
			Identifier string
			Target     []byte
		}
		if err := json.Unmarshal(n.Data, &v); err != nil {
			r.rt.Fatal(err)
		}
		got = append(got, v.Identifier+" "+string(v.Target))
	}
	slices.Sort(got)
	slices.Sort(r.owes)
	if !slices.Equal(got, r.owes) {
		r.broke("I9: the notices are not what is owed", "%s, want %s", strings.Join(got, ", "), strings.Join(r.owes, ", "))
	}
	r.owes = nil
}

// I10: a call that is refused changes counters and nothing else.
func (r *run) unchanged(o op, f *frame) {
	const broken = "I10: a refused call changed something"
	if len(f.applied) > 0 && !o.writes {
		r.broke(broken, "%s wrote %+v", o.name, f.applied)
	}
	for _, c := range f.failed {
		for name := range versions(c, 0) {
			got, err := r.store.stored(r.ctx, name)
			if err != nil {
				r.rt.Fatal(err)
			}
			if got != r.store.versions[name] {
				r.broke(broken, "%s: %s has version %d, want %d", o.name, name, got, r.store.versions[name])
			}
		}
	}
}

// I11: whoever proves nothing is answered alike about an account that is there and one
// that is not: see twins.

// I12: counters fall by a success or the end of their time alone: see journal.Count and
// journal.wrote.
