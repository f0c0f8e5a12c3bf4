package httpadapter_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// The key that the application of these tests signs tickets with.
var ticketKey = ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, here"))

func takeTickets(c *association.Config) {
	c.Tickets = association.Tickets{
		Audience: "acme", Keys: map[string]ed25519.PublicKey{"t1": ticketKey.Public().(ed25519.PublicKey)},
	}
}

// ticket is one that the application signs now.
func (w *world) ticket(account string) string {
	w.t.Helper()
	token, err := association.NewTicket(ticketKey, association.TicketRequest{KeyID: "t1", Audience: "acme", Account: account, At: w.clock.Now()})
	if err != nil {
		w.t.Fatal(err)
	}
	return token.Reveal()
}

// TestTicket: an application hands over somebody whom it has signed in.
func TestTicket(t *testing.T) {
	for _, mode := range signingIn() {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t, takeTickets)
			w.account("ada")
			c := w.stranger(mounts[mode].handler(w))
			ticket := w.ticket("ada")
			in := c.take(c.do("POST", "/v1/signin/custom", m{"provider_id": "custom", "ticket": ticket}))
			if in.text("sub") != "ada" || in.body["scope"] != nil || (in.body["access_token"] == nil) != (mode == "cookie") {
				t.Errorf("signed in: %s", in.raw)
			}
			if me := c.ok(c.do("GET", "/v1/user/me", nil)); me.text("username") != "ada" {
				t.Errorf("me: %s", me.raw)
			}
			// Once, and in one way.
			badArgument.of(w.stranger(c.h).do("POST", "/v1/signin/custom", m{"provider_id": "custom", "ticket": ticket}))
			// The host's word is no sudo for an account that has a factor.
			noSudo.of(c.do("POST", "/v1/user/sudo", m{}))

			// Somebody of whom nothing is known yet binds a first address.
			lazy := w.stranger(c.h)
			lazy.take(lazy.do("POST", "/v1/signin/custom", m{"ticket": w.ticket("user:42")}))
			sudo := lazy.ok(lazy.do("POST", "/v1/user/sudo", m{})).text("sudo_token")
			lazy.ok(lazy.bind("new@example.com", sudo, lazy.prove("new@example.com")))
			if me := lazy.ok(lazy.do("GET", "/v1/user/me", nil)); me.text("sub") != "user:42" || me.text("email") != "new@example.com" {
				t.Errorf("lazily: %s", me.raw)
			}
		})
	}
}

// TestTicketRepeated: a lost answer is had again, and the ticket is spent once.
func TestTicketRepeated(t *testing.T) {
	w := newWorld(t, takeTickets)
	w.account("ada")
	c := w.stranger(w.bearer())
	body := m{"provider_id": "custom", "ticket": w.ticket("ada")}
	id := header("X-Request-Id", "0123456789abcdef0123456789abcdef")
	first := c.ok(c.do("POST", "/v1/signin/custom", body, id))
	before := w.store.snapshot()
	if again := c.ok(c.do("POST", "/v1/signin/custom", body, id)); again.raw != first.raw {
		t.Errorf("again: %s, was %s", again.raw, first.raw)
	}
	badArgument.of(c.do("POST", "/v1/signin/custom", body, header("X-Request-Id", "another")))
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("the repeat changed %v", changed)
	}
}

// TestTicketRefused: whatever is none is answered alike, and signs nobody in.
func TestTicketRefused(t *testing.T) {
	presenting := func(name string, want refusal, body func(w *world) m) negative {
		return negative{name: name, want: want, edit: takeTickets, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			c := w.stranger(w.bearer())
			b := body(w)
			return func() reply { return c.do("POST", "/v1/signin/custom", b) },
				func() reply {
					w.unblock("ada")
					return c.do("POST", "/v1/signin/custom", m{"provider_id": "custom", "ticket": w.ticket("ada")})
				}
		}}
	}
	signed := func(key ed25519.PrivateKey, id, audience, account string, shift time.Duration) func(*world) m {
		return func(w *world) m {
			token, err := association.NewTicket(key, association.TicketRequest{KeyID: id, Audience: audience, Account: account, At: w.clock.Now().Add(shift)})
			if err != nil {
				w.t.Fatal(err)
			}
			return m{"provider_id": "custom", "ticket": token.Reveal()}
		}
	}
	other := ed25519.NewKeyFromSeed([]byte("another seed of 32 bytes, indeed"))
	runNegative(t, []negative{
		presenting("missing", badArgument, func(*world) m { return m{"provider_id": "custom"} }),
		presenting("an object", badArgument, func(*world) m { return m{"provider_id": "custom", "ticket": m{"uid": "ada"}} }),
		presenting("no ticket", badArgument, func(*world) m { return m{"provider_id": "custom", "ticket": "ada"} }),
		presenting("CloudBase's own form", badArgument, func(w *world) m {
			return m{"provider_id": "custom", "ticket": "t1/@@/" + w.ticket("ada")}
		}),
		presenting("of another provider", badArgument, func(w *world) m { return m{"provider_id": "wechat", "ticket": w.ticket("ada")} }),
		presenting("of another key", badArgument, signed(other, "t1", "acme", "ada", 0)),
		presenting("of an unknown key", badArgument, signed(ticketKey, "t2", "acme", "ada", 0)),
		presenting("for somebody else", badArgument, signed(ticketKey, "t1", "globex", "ada", 0)),
		presenting("expired", badArgument, signed(ticketKey, "t1", "acme", "ada", -5*time.Minute-2*time.Second)),
		presenting("of the future", badArgument, signed(ticketKey, "t1", "acme", "ada", time.Minute)),
		presenting("of a disabled account", refusal{"user_blocked", 7, 403}, func(w *world) m {
			w.block("ada")
			return m{"provider_id": "custom", "ticket": w.ticket("ada")}
		}),
		{name: "where none are taken", want: unsupported, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			c := w.stranger(w.bearer())
			return func() reply {
				return c.do("POST", "/v1/signin/custom", m{"provider_id": "custom", "ticket": w.ticket("ada")})
			}, nil
		}},
	})
}
