package dbproof_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// idle sends messages and judges passwords, and looks whether a connection is held
// meanwhile: either may take seconds, and the pool is everybody's.
type idle struct {
	*dbproof.Outbox
	dbproof.OnePassword
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
	return i.Outbox.Send(ctx, m)
}

func (i *idle) HasPassword(ctx context.Context, account string) (bool, error) {
	i.look("a password is looked for")
	return i.OnePassword.HasPassword(ctx, account)
}

func (i *idle) VerifyPassword(ctx context.Context, account, given string) (bool, error) {
	i.judged++
	i.look("a password is judged")
	return i.OnePassword.VerifyPassword(ctx, account, given)
}

func TestNoConnectionIsHeldWhileAMessageIsSentOrAPasswordJudged(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		ctx := t.Context()
		s, db := d.Open(t, bunstore.Config{})
		i := &idle{t: t, db: db}
		r := dbproof.Must(dbproof.NewRig(s, func(c *association.Config) { c.Sender, c.Passwords = i, i }))(t)
		i.Outbox = r.Out

		stranger, elsewhere := dbproof.Device("stranger's"), dbproof.Device("stranger's other")
		token := dbproof.Must(r.Prove(ctx, stranger, "stranger@example.com"))(t)
		dbproof.Must(r.SignUp(ctx, stranger, association.SignUpRequest{VerificationToken: token}))(t)
		token = dbproof.Must(r.Prove(ctx, elsewhere, "stranger@example.com"))(t)
		dbproof.Must(r.SignIn(ctx, elsewhere, association.SignInRequest{VerificationToken: token}))(t)

		m := dbproof.Must(r.Member(ctx, "ada"))(t)
		dbproof.Must(r.Bind(ctx, dbproof.Must(r.Propose(ctx, m, "ada@example.com"))(t), ""))(t)
		token = dbproof.Must(r.Prove(ctx, m.Caller, "ada@example.com"))(t)
		dbproof.Must(r.Sudo(ctx, m.Caller, association.SudoRequest{VerificationToken: token}))(t)
		m.Sudo = dbproof.Must(r.Sudo(ctx, m.Caller, association.SudoRequest{Password: dbproof.Password}))(t).Token
		dbproof.Must(r.Bind(ctx, dbproof.Must(r.Propose(ctx, m, "ada@example.net"))(t), ""))(t)
		if n := dbproof.Must(r.Deliver(ctx, 10))(t); n != 1 || i.Notices != 1 {
			t.Errorf("%d notices went out, want 1", n)
		}
		if len(i.Codes) != 5 || i.judged != 3 {
			t.Errorf("%d codes were sent and %d passwords judged: not all that there is", len(i.Codes), i.judged)
		}
	})
}
