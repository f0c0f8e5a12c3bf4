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
	return sending(ctx, l.rig, device("d"), l.next()+"@example.com", "")
}

func sendClosed(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return sending(ctx, l.closed, device("d"), l.bound(ctx, t).to, "")
}

func sendNew(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return sending(ctx, l.rig, l.bound(ctx, t).Caller, l.next()+"@example.com", "")
}

func sendOwn(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	return sending(ctx, l.rig, p.Caller, p.to, "")
}

func sendAnothers(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	return sending(ctx, l.closed, l.bound(ctx, t).Caller, l.bound(ctx, t).to, association.TargetUser)
}

func sending(ctx context.Context, r *rig, c association.Caller, to string, target association.Target) func() error {
	return func() error {
		sent, err := r.Send(ctx, c, association.SendRequest{Kind: "email", To: to, Target: target})
		if err == nil && r.out.code(sent.ID) == "" {
			err = errors.New("no message was sent")
		}
		return err
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
	m := must(l.member(ctx, l.next()))(t)
	return func() error {
		_, err := l.rig.sudo(ctx, m.Caller)
		return err
	}
}

func sudoByCode(ctx context.Context, t *testing.T, l *budgetLab) func() error {
	p := l.bound(ctx, t)
	token := must(l.prove(ctx, p.Caller, p.to))(t)
	return func() error {
		_, err := l.Sudo(ctx, p.Caller, association.SudoRequest{VerificationToken: token})
		return err
	}
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
	return func() error {
		_, err := l.bind(ctx, p, "request")
		return err
	}
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
