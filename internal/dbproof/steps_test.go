package dbproof_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// What comes before each step, and the step.

func sendSignedOut(ctx context.Context, _ *testing.T, l *budgetLab) func() error {
	to := l.next() + "@example.com"
	return func() error { return send(ctx, l.Rig, dbproof.Device("d"), to, "") }
}

func sendClosed(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	return func() error { return send(ctx, l.closed, dbproof.Device("d"), p.To, "") }
}

func sendNew(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	to := l.next() + "@example.com"
	return l.signedIn(ctx, l.bound(ctx, t).Member, func(c association.Caller) error { return send(ctx, l.Rig, c, to, "") })
}

func sendOwn(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	return l.signedIn(ctx, p.Member, func(c association.Caller) error { return send(ctx, l.Rig, c, p.To, "") })
}

func sendAnothers(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	to := l.bound(ctx, t).To
	return l.signedIn(ctx, l.bound(ctx, t).Member, func(c association.Caller) error {
		return send(ctx, l.closed, c, to, association.TargetUser)
	})
}

func send(ctx context.Context, r *dbproof.Rig, c association.Caller, to string, target association.Target) error {
	sent, err := r.Send(ctx, c, association.SendRequest{Kind: "email", To: to, Target: target})
	if err == nil && r.Out.Code(sent.ID) == "" {
		err = errors.New("no message was sent")
	}
	return err
}

// signedIn is a request of the member's.
func (l *budgetLab) signedIn(ctx context.Context, m dbproof.Member, call func(association.Caller) error) func() error {
	return func() error {
		c, err := l.Identify(ctx, dbproof.Device("device of "+m.Actor.Account), m.Session.Access)
		if err != nil {
			return err
		}
		return call(c)
	}
}

func verifyRight(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	a := dbproof.Must(l.Ask(ctx, dbproof.Device("d"), l.next()+"@example.com"))(t)
	return func() error {
		_, err := l.Verify(ctx, dbproof.Device("d"), a.ID, a.Code)
		return err
	}
}

func verifyWrong(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	a := dbproof.Must(l.Ask(ctx, dbproof.Device("d"), l.next()+"@example.com"))(t)
	return func() error {
		_, err := l.Verify(ctx, dbproof.Device("d"), a.ID, wrong(a.Code, 0))
		if errors.Is(err, association.ErrInvalidProof) {
			return nil
		}
		return errors.Join(errors.New("a wrong guess was not refused"), err)
	}
}

func sudoByPassword(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return l.signedIn(ctx, dbproof.Must(l.Member(ctx, l.next()))(t), func(c association.Caller) error {
		_, err := l.Sudo(ctx, c, association.SudoRequest{Password: dbproof.Password})
		return err
	})
}

func sudoByCode(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	token := dbproof.Must(l.Prove(ctx, p.Caller, p.To))(t)
	return l.signedIn(ctx, p.Member, func(c association.Caller) error {
		_, err := l.Sudo(ctx, c, association.SudoRequest{VerificationToken: token})
		return err
	})
}

func sudoBySignIn(ctx context.Context, _ *testing.T, l *budgetLab) func() error {
	c := dbproof.Device("d")
	c.Actor = association.Actor{Account: l.next(), Session: "s", HostSession: true, AuthenticatedAt: time.Now()}
	return func() error {
		_, err := l.keeping.Sudo(ctx, c, association.SudoRequest{})
		return err
	}
}

func bindFirst(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return l.binding(ctx, t, dbproof.Must(l.Member(ctx, l.next()))(t))
}

func bindReplacing(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return l.binding(ctx, t, l.bound(ctx, t).Member)
}

func (l *budgetLab) binding(ctx context.Context, t *testing.T, m dbproof.Member) func() error {
	t.Helper()
	p := dbproof.Must(l.Propose(ctx, m, l.next()+"@example.com"))(t)
	return l.signedIn(ctx, m, func(c association.Caller) error {
		p.Caller = c
		_, err := l.Bind(ctx, p, "request")
		return err
	})
}

func signInByPassword(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	m := dbproof.Must(l.Member(ctx, l.next()))(t)
	return func() error {
		_, err := l.SignIn(ctx, dbproof.Device("d"), association.SignInRequest{Identifier: m.Actor.Account, Password: dbproof.Password})
		return err
	}
}

func signInByCode(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	token := dbproof.Must(l.Prove(ctx, dbproof.Device("d"), p.To))(t)
	return func() error {
		_, err := l.SignIn(ctx, dbproof.Device("d"), association.SignInRequest{VerificationToken: token})
		return err
	}
}

// bound is a member who has an address.
func (l *budgetLab) bound(ctx context.Context, t *testing.T) dbproof.Proposal {
	t.Helper()
	name := l.next()
	p := dbproof.Must(l.Propose(ctx, dbproof.Must(l.Member(ctx, name))(t), name+"@example.com"))(t)
	dbproof.Must(l.Bind(ctx, p, ""))(t)
	return p
}
