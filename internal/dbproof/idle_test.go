package dbproof_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// idle sends messages and judges passwords, and looks whether a connection is held
// meanwhile: either may take seconds, and the pool is everybody's.
type idle struct {
	*outbox
	onePassword
	t      *testing.T
	db     *sql.DB
	judged int
}

func (i *idle) look(what string) {
	i.t.Helper()
	if n := i.db.Stats().InUse; n > 0 {
		i.t.Errorf("%d connections are held while %s", n, what)
	}
}

func (i *idle) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	i.look("a message is sent: " + string(m.Purpose))
	return i.outbox.Send(ctx, m)
}

func (i *idle) HasPassword(ctx context.Context, account string) (bool, error) {
	i.look("a password is looked for")
	return i.onePassword.HasPassword(ctx, account)
}

func (i *idle) VerifyPassword(ctx context.Context, account, given string) (bool, error) {
	i.judged++
	i.look("a password is judged")
	return i.onePassword.VerifyPassword(ctx, account, given)
}

func TestNoConnectionIsHeldWhileAMessageIsSentOrAPasswordJudged(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		ctx := t.Context()
		s, db := d.Open(t, bunstore.Config{})
		i := &idle{t: t, db: db}
		r := must(newRig(s, func(c *association.Config) { c.Sender, c.Passwords = i, i }))(t)
		i.outbox = r.out

		stranger, elsewhere := device("stranger's"), device("stranger's other")
		token := must(r.prove(ctx, stranger, "stranger@example.com"))(t)
		must(r.SignUp(ctx, stranger, association.SignUpRequest{VerificationToken: token}))(t)
		token = must(r.prove(ctx, elsewhere, "stranger@example.com"))(t)
		must(r.SignIn(ctx, elsewhere, association.SignInRequest{VerificationToken: token}))(t)

		m := must(r.member(ctx, "ada"))(t)
		must(r.bind(ctx, must(r.propose(ctx, m, "ada@example.com"))(t), ""))(t)
		token = must(r.prove(ctx, m.Caller, "ada@example.com"))(t)
		must(r.Sudo(ctx, m.Caller, association.SudoRequest{VerificationToken: token}))(t)
		m.sudo = must(r.sudo(ctx, m.Caller))(t)
		must(r.bind(ctx, must(r.propose(ctx, m, "ada@example.net"))(t), ""))(t)
		if n := must(r.Deliver(ctx, 10))(t); n != 1 || i.notices != 1 {
			t.Errorf("%d notices went out, want 1", n)
		}
		if len(i.codes) != 5 || i.judged != 3 {
			t.Errorf("%d codes were sent and %d passwords judged: not all that there is", len(i.codes), i.judged)
		}
	})
}
