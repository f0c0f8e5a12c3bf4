package httpadapter_test

import (
	"context"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

func TestHostActor(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	type userID uint32
	name := httpadapter.HostSessionName("cookie")
	for what, tt := range map[string]struct{ got, want association.Actor }{
		"a number":          {httpadapter.HostActor(int64(-42), "cookie", at), association.Actor{Account: "-42", Session: name, AuthenticatedAt: at}},
		"a large number":    {httpadapter.HostActor(uint64(1<<63), "cookie", at), association.Actor{Account: "9223372036854775808", Session: name, AuthenticatedAt: at}},
		"a type of its own": {httpadapter.HostActor(userID(7), "cookie", at), association.Actor{Account: "7", Session: name, AuthenticatedAt: at}},
		"a text":            {httpadapter.HostActor("user:42", "cookie", at), association.Actor{Account: "user:42", Session: name, AuthenticatedAt: at}},
		"nobody":            {httpadapter.HostActor(0, "cookie", at), association.Actor{}},
		"nobody of texts":   {httpadapter.HostActor("", "cookie", at), association.Actor{}},
		"without a session": {httpadapter.HostActor(42, "", at), association.Actor{Account: "42", AuthenticatedAt: at}},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %+v, want %+v", what, tt.got, tt.want)
		}
	}
}

// revoker is a host that notes whom it is told to sign out, and by whose request.
type revoker []revocation

type revocation struct{ account, except, acting string }

// RevokeSessions implements association.SessionRevoker.
func (r *revoker) RevokeSessions(ctx context.Context, account, except string, _ time.Time) error {
	*r = append(*r, revocation{account, except, httpadapter.ActorFrom(ctx).Session})
	return nil
}

// TestTheHostKnowsWhoActs: where a request makes ligature call the host, the context
// tells whose it is, so that the host can spare the session of that very request.
func TestTheHostKnowsWhoActs(t *testing.T) {
	var told revoker
	w := newWorld(t, func(c *association.Config) { c.Revoker = &told })
	w.account("ada", "email", "old@example.com")
	c := w.hosted(w.host(), "ada", "one")
	c.ok(c.bind("new@example.com", c.sudo(), c.prove("new@example.com")))
	c.ok(c.do("DELETE", "/v1/user/revoke/others", m{}))
	c.ok(c.do("DELETE", "/v1/user/revoke/all", m{}))
	want := revoker{{"ada", "one", "one"}, {"ada", "one", "one"}, {"ada", "", "one"}}
	if len(told) != len(want) {
		t.Fatalf("told %v, want %v", told, want)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told %v, want %v", told[i], want[i])
		}
	}
	if got := httpadapter.ActorFrom(t.Context()); got != (association.Actor{}) {
		t.Errorf("outside of any request it is %v", got)
	}
}
