package dbproof_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// What comes before each step, and the step.

func sendSignedOut(ctx context.Context, _ *testing.T, l *budgetLab) func() error {
	to := l.next() + "@example.com"
	return func() error { return send(ctx, l.rig, device("d"), to, "") }
}

func sendClosed(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	return func() error { return send(ctx, l.closed, device("d"), p.to, "") }
}

func sendNew(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	to := l.next() + "@example.com"
	return l.signedIn(ctx, l.bound(ctx, t).member, func(c association.Caller) error { return send(ctx, l.rig, c, to, "") })
}

func sendOwn(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	return l.signedIn(ctx, p.member, func(c association.Caller) error { return send(ctx, l.rig, c, p.to, "") })
}

func sendAnothers(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	to := l.bound(ctx, t).to
	return l.signedIn(ctx, l.bound(ctx, t).member, func(c association.Caller) error {
		return send(ctx, l.closed, c, to, association.TargetUser)
	})
}

func send(ctx context.Context, r *rig, c association.Caller, to string, target association.Target) error {
	sent, err := r.Send(ctx, c, association.SendRequest{Kind: "email", To: to, Target: target})
	if err == nil && r.out.code(sent.ID) == "" {
		err = errors.New("no message was sent")
	}
	return err
}

// signedIn is a request of the member's.
func (l *budgetLab) signedIn(ctx context.Context, m member, call func(association.Caller) error) func() error {
	return func() error {
		c, err := l.Identify(ctx, device("device of "+m.Actor.Account), m.session.Access)
		if err != nil {
			return err
		}
		return call(c)
	}
}

func verifyRight(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	a := must(l.ask(ctx, device("d"), l.next()+"@example.com"))(t)
	return func() error {
		_, err := l.Verify(ctx, device("d"), a.id, a.code)
		return err
	}
}

func verifyWrong(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	a := must(l.ask(ctx, device("d"), l.next()+"@example.com"))(t)
	return func() error {
		_, err := l.Verify(ctx, device("d"), a.id, a.guess(0))
		if errors.Is(err, association.ErrInvalidProof) {
			return nil
		}
		return errors.Join(errors.New("a wrong guess was not refused"), err)
	}
}

func sudoByPassword(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return l.signedIn(ctx, must(l.member(ctx, l.next()))(t), func(c association.Caller) error {
		_, err := l.rig.sudo(ctx, c)
		return err
	})
}

func sudoByCode(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	token := must(l.prove(ctx, p.Caller, p.to))(t)
	return l.signedIn(ctx, p.member, func(c association.Caller) error {
		_, err := l.Sudo(ctx, c, association.SudoRequest{VerificationToken: token})
		return err
	})
}

func sudoBySignIn(ctx context.Context, _ *testing.T, l *budgetLab) func() error {
	c := device("d")
	c.Actor = association.Actor{Account: l.next(), Session: "s", HostSession: true, AuthenticatedAt: time.Now()}
	return func() error {
		_, err := l.keeping.Sudo(ctx, c, association.SudoRequest{})
		return err
	}
}

func bindFirst(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return l.binding(ctx, t, must(l.member(ctx, l.next()))(t))
}

func bindReplacing(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return l.binding(ctx, t, l.bound(ctx, t).member)
}

func (l *budgetLab) binding(ctx context.Context, t *testing.T, m member) func() error {
	t.Helper()
	p := must(l.propose(ctx, m, l.next()+"@example.com"))(t)
	return l.signedIn(ctx, m, func(c association.Caller) error {
		p.Caller = c
		_, err := l.bind(ctx, p, "request")
		return err
	})
}

func signInByPassword(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	m := must(l.member(ctx, l.next()))(t)
	return func() error {
		_, err := l.SignIn(ctx, device("d"), association.SignInRequest{Identifier: m.Actor.Account, Password: password})
		return err
	}
}

func signInByCode(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	token := must(l.prove(ctx, device("d"), p.to))(t)
	return func() error {
		_, err := l.SignIn(ctx, device("d"), association.SignInRequest{VerificationToken: token})
		return err
	}
}

// bound is a member who has an address.
func (l *budgetLab) bound(ctx context.Context, t *testing.T) proposal {
	t.Helper()
	name := l.next()
	p := must(l.propose(ctx, must(l.member(ctx, name))(t), name+"@example.com"))(t)
	must(l.bind(ctx, p, ""))(t)
	return p
}
