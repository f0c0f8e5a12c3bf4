package association_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

func key(seed string) association.Key {
	return association.NewKey([]byte(seed + strings.Repeat("-key material", 3)))
}

// ringOf is a key ring of these keys, the first of them active.
func ringOf(ids ...string) association.Keys {
	k := association.Keys{Active: ids[0], Ring: map[string]association.Key{}, Index: key("index")}
	for _, id := range ids {
		k.Ring[id] = key(id)
	}
	return k
}

// withKeys is another instance of the same application, with other keys.
func (w *world) withKeys(keys association.Keys) *world {
	w.t.Helper()
	other := newWorld(w.t, unlimited, func(c *association.Config) {
		c.Keys, c.Store, c.Now = keys, w.store, w.clock.Now
	})
	other.clock = w.clock
	return other
}

func TestR37_WhatOneKeyMadeTheNextAccepts(t *testing.T) {
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) {
			k1 := newWorld(t, unlimited, func(c *association.Config) { c.Keys = ringOf("k1") })
			m := k1.mint("ada")
			token := m.tokens()[e.takes]
			dropped := k1.withKeys(ringOf("k2"))
			dropped.mail = k1.mail
			if err := e.use(t, dropped, m, token); err == nil || errors.Is(err, association.ErrUnavailable) {
				t.Errorf("with its key dropped: %v, want a refusal", err)
			}
			rotated := k1.withKeys(ringOf("k2", "k1"))
			rotated.mail = k1.mail
			if err := e.use(t, rotated, m, token); err != nil {
				t.Errorf("with its key retired: %v", err)
			}
		})
	}
}

// A session that is refreshed moves on to the new key, all of it: so a key can be
// dropped when the refresh lifetime has passed since it was retired.
func TestR37_ARefreshedSessionOutlivesTheKeyItBeganWith(t *testing.T) {
	k1 := newWorld(t, unlimited, func(c *association.Config) { c.Keys = ringOf("k1") })
	k1.member("ada")
	_, session := k1.signIn("ada")
	rotated := k1.withKeys(ringOf("k2", "k1"))
	var err error
	for range 3 {
		k1.clock.Advance(20 * 24 * time.Hour)
		if session, err = rotated.refresh(session.Refresh); err != nil {
			t.Fatal(err)
		}
	}
	dropped := k1.withKeys(ringOf("k2"))
	if !dropped.alive(session.Access) {
		t.Error("the access token is dead")
	}
	if _, err := dropped.refresh(session.Refresh); err != nil {
		t.Errorf("the refresh token: %v", err)
	}
}

// A dropped key takes the answers kept for a repeat with it, and nothing breaks.
func TestR37_ARepeatAfterItsKeyWasDropped(t *testing.T) {
	k1 := newWorld(t, unlimited, func(c *association.Config) { c.Keys = ringOf("k1") })
	k1.member("ada")
	c := device("d")
	c.RequestID = "r"
	r := association.SignInRequest{Identifier: "ada", Password: password}
	first, err := k1.svc.SignIn(t.Context(), c, r)
	if err != nil {
		t.Fatal(err)
	}
	dropped := k1.withKeys(ringOf("k2"))
	second, err := dropped.svc.SignIn(t.Context(), c, r)
	if err != nil || second.ID == first.ID || !dropped.alive(second.Access) {
		t.Errorf("%+v, %v, want a session of its own", second, err)
	}
}

// The index key names slots: with another one, no pending code is found.
func TestR37_AnotherIndexKeyFindsNothing(t *testing.T) {
	w := newWorld(t, unlimited)
	m := w.mint("ada")
	keys := testKeys()
	keys.Index = key("another index")
	other := w.withKeys(keys)
	if err := other.bind(m.caller, "phone", phoneNumber, m.sudo, m.bind); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("bind: %v, want ErrSudoRequired", err)
	}
	if !other.alive(m.session.Access) {
		t.Error("the session hangs on the index key")
	}
}

func TestR37_NewRefusesKeysThatAreNone(t *testing.T) {
	random := func(n int) association.Key {
		return association.NewKey([]byte("0123456789abcdefghijklmnopqrstuvwxyz")[:n])
	}
	for _, tt := range []struct {
		name  string
		edit  func(*association.Keys)
		field string
	}{
		{"no active key", func(k *association.Keys) { k.Active = "" }, "Keys.Active"},
		{"an active key that is not there", func(k *association.Keys) { k.Active = "k9" }, "Keys.Active"},
		{"no ring", func(k *association.Keys) { k.Ring = nil }, "Keys.Active"},
		{"no index key", func(k *association.Keys) { k.Index = association.Key{} }, "Keys.Index"},
		{"31 bytes", func(k *association.Keys) { k.Ring["k2"] = random(31) }, `Keys.Ring["k2"]`},
		{"an empty one", func(k *association.Keys) { k.Ring["k2"] = association.Key{} }, `Keys.Ring["k2"]`},
		{"a short index key", func(k *association.Keys) { k.Index = random(31) }, "Keys.Index"},
		{"zeros", func(k *association.Keys) { k.Ring["k2"] = association.NewKey(make([]byte, 32)) }, `Keys.Ring["k2"]`},
		{"one byte repeated", func(k *association.Keys) { k.Index = association.NewKey(bytes.Repeat([]byte("x"), 64)) }, "Keys.Index"},
		{"the index key in the ring", func(k *association.Keys) { k.Ring["k2"] = k.Index }, `Keys.Ring["k2"]`},
		{"one key twice", func(k *association.Keys) { k.Ring["k2"] = k.Ring["k1"] }, "Keys.Ring["},
	} {
		keys := testKeys()
		tt.edit(&keys)
		cfg := wholeConfig(t)
		cfg.Keys = keys
		_, err := association.New(cfg)
		if err == nil || !strings.Contains(err.Error(), "Config."+tt.field) {
			t.Errorf("%s: %v, want an error that names Config.%s", tt.name, err, tt.field)
			continue
		}
		for _, k := range append(slices.Collect(maps.Values(keys.Ring)), keys.Index) {
			if secret := k.Reveal(); secret != "" && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows the key", tt.name)
			}
		}
	}
	keys := testKeys()
	keys.Ring["k2"] = random(32)
	cfg := wholeConfig(t)
	cfg.Keys = keys
	if _, err := association.New(cfg); err != nil {
		t.Errorf("32 bytes: %v", err)
	}
}

// No two uses share a key: what one makes, another does not take.
func TestR37_EveryUseHasAKeyOfItsOwn(t *testing.T) {
	subs, err := association.SubKeys(testKeys())
	if err != nil {
		t.Fatal(err)
	}
	if len(subs) != 7 {
		t.Errorf("%d uses, want 3 of the ring key and 4 of the index key", len(subs))
	}
	seen := map[string]string{}
	for use, sub := range subs {
		if other, ok := seen[string(sub)]; ok {
			t.Errorf("%s and %s share a key", use, other)
		}
		seen[string(sub)] = use
		if len(sub) != 32 {
			t.Errorf("%s: %d bytes", use, len(sub))
		}
		for _, k := range []string{testKeys().Index.Reveal(), testKeys().Ring["k1"].Reveal()} {
			if k == string(sub) {
				t.Errorf("%s: the key itself", use)
			}
		}
	}
}

func TestR67_AKeyDoesNotShow(t *testing.T) {
	keys := testKeys()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if shown := fmt.Sprintf(verb, keys); strings.Contains(shown, "ringring") || strings.Contains(shown, "indexindex") || strings.Contains(shown, "72696e67") {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
}
