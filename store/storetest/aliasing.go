package storetest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// aliasing checks that neither side keeps a slice of the other's, by writing
// over every slice that went in or came out.
func (s suite) aliasing(t *testing.T) {
	s.check(t, "Apply leaves the change alone", func(t *testing.T, s subject) {
		for _, write := range []func() store.Change{before, full} {
			change := write()
			s.apply(change)
			wantEqual(t, "the caller's Change", change, write())
		}
		again := func() store.Change {
			change := full() // with IDs that were never used where that is promised
			for i := range change.Link {
				change.Link[i].ID += "r"
			}
			for i := range change.Events {
				change.Events[i].ID += "r"
			}
			return change
		}
		refused := again()
		s.refuse(refused, store.ErrConflict)
		wantEqual(t, "the caller's refused Change", refused, again())
	})

	s.check(t, "in by Apply", func(t *testing.T, s subject) {
		s.apply(before())
		change := full()
		s.apply(change)
		was := deepCopy(s.everything())
		p := *s.proof("q")
		p.Data = bytes.Clone(p.Data)

		scribbleChange(change)
		wantEqual(t, "after the caller wrote over its Change", s.everything(), was)
		wantEqual(t, "proof", s.proof("q"), p)
	})

	s.check(t, "in by AccountByIdentifier", func(t *testing.T, s subject) {
		s.apply(before())
		value := []byte(address)
		if _, err := s.AccountByIdentifier(t.Context(), kindEmail, value); err != nil {
			t.Fatalf("AccountByIdentifier: %v", err)
		}
		if string(value) != address {
			t.Errorf("the caller's value is now %q", value)
		}
		scribble(value)
		s.wantOwner(kindEmail, address, "ann")
		s.wantOwner(kindEmail, string(value), "")
	})

	s.check(t, "in and out by Count", func(t *testing.T, s subject) {
		counters := []store.Counter{{Key: key("a"), N: 3, Expires: later}}
		values := s.count(counters...)
		if want := (store.Counter{Key: key("a"), N: 3, Expires: later}); counters[0] != want {
			t.Errorf("the caller's counter is now %+v", counters[0])
		}
		values[0], counters[0].N = 99, 99
		s.wantCount(key("a"), 0, 3)
	})

	for _, out := range []struct {
		name string
		read func(s subject) any
	}{
		{"Account", func(s subject) any { return s.account("ann") }},
		{"AccountByIdentifier", func(s subject) any {
			a, err := s.AccountByIdentifier(s.t.Context(), kindEmail, []byte(address))
			if err != nil {
				s.t.Fatalf("AccountByIdentifier: %v", err)
			}
			return a
		}},
		{"Proof", func(s subject) any { return s.proof("p") }},
		{"the account of Proof", func(s subject) any {
			_, a, err := s.Proof(s.t.Context(), "p")
			if err != nil || a == nil {
				s.t.Fatalf("Proof: account %v, %v", a, err)
			}
			return a
		}},
		{"Proofs", func(s subject) any { return s.proofs("ann", someKind) }},
		{"Events", func(s subject) any { return s.events("ann", "", 9) }},
		{"Notices", func(s subject) any { return s.notices(now, 9) }},
	} {
		s.check(t, "out by "+out.name, func(t *testing.T, s subject) {
			s.apply(before())
			want := deepCopy(out.read(s))
			scribbleOver(out.read(s))
			wantEqual(t, "after the caller wrote over a result", out.read(s), want)
		})
	}
}

func scribble(b []byte) {
	for i := range b {
		b[i] ^= 0xff
	}
}

func scribbleChange(change store.Change) {
	scribbleOver(change.Accounts)
	scribbleOver(change.Proofs)
	scribbleOver(change.Unlink)
	scribbleOver(change.Link)
	scribbleOver(change.Events)
	scribbleOver(change.Notices)
}

// scribbleOver writes over whatever a result or an argument leads to.
func scribbleOver(v any) {
	switch v := v.(type) {
	case *store.Account:
		scribble(v.Data)
		scribbleOver(v.Associations)
		*v = store.Account{}
	case *store.Proof:
		scribble(v.Data)
		*v = store.Proof{}
	case []store.Account:
		for i := range v {
			scribbleOver(&v[i])
		}
	case []store.Proof:
		for i := range v {
			scribbleOver(&v[i])
		}
	case []store.Association:
		for i := range v {
			scribble(v[i].Value)
			scribble(v[i].Data)
			v[i] = store.Association{}
		}
	case []store.Event:
		for i := range v {
			scribble(v[i].Data)
			v[i] = store.Event{}
		}
	case []store.Notice:
		for i := range v {
			scribble(v[i].Data)
			v[i] = store.Notice{}
		}
	}
}

// deepCopy copies a result, so that it outlives scribbleOver.
func deepCopy(v any) any {
	switch v := v.(type) {
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = deepCopy(list[i])
		}
		return list
	case *store.Account:
		if v == nil {
			return nil
		}
		a := *v
		a.Data, a.Associations = bytes.Clone(a.Data), slices.Clone(a.Associations)
		for i, x := range a.Associations {
			a.Associations[i].Value, a.Associations[i].Data = bytes.Clone(x.Value), bytes.Clone(x.Data)
		}
		return a
	case *store.Proof:
		p := *v
		p.Data = bytes.Clone(p.Data)
		return p
	case []store.Proof:
		list := slices.Clone(v)
		for i, p := range list {
			list[i].Data = bytes.Clone(p.Data)
		}
		return list
	case []store.Event:
		list := slices.Clone(v)
		for i, e := range list {
			list[i].Data = bytes.Clone(e.Data)
		}
		return list
	case []store.Notice:
		list := slices.Clone(v)
		for i, n := range list {
			list[i].Data = bytes.Clone(n.Data)
		}
		return list
	default:
		return v
	}
}
