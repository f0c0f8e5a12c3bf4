package association

import (
	"bytes"
	"context"
	"encoding/base32"
	"errors"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/ligature-auth/ligature/store"
)

// authenticator is an app that makes time-based codes (RFC 6238): a factor for sudo,
// and no way to sign in by itself. Its secret is encrypted under a sub-key of
// Keys.Index, since it must outlive every key of the ring.
type authenticator struct {
	ID     string   `json:"id"`
	Secret []byte   `json:"secret"` // encrypted
	SetAt  int64    `json:"setAt"`
	Roots  []string `json:"roots,omitempty"`
	// LastStep is the time step of the last code that was taken: neither it nor an
	// older one is taken again (RFC 6238 section 5.2).
	LastStep int64 `json:"lastStep"`
}

func (a authenticator) factor() factor {
	return factor{Kind: factorAuthenticator, ID: a.ID, SetAt: a.SetAt, Roots: a.Roots}
}

// enrolment is an authenticator that has not shown a code yet.
type enrolment struct {
	ID      string   `json:"id"`
	Secret  []byte   `json:"secret"` // encrypted
	Session string   `json:"session"`
	Roots   []string `json:"roots,omitempty"`
	Expires int64    `json:"expires"`
}

const (
	totpPeriod   = 30 // seconds
	totpSkew     = 1  // steps that a clock may be off, either way
	totpBytes    = 20 // RFC 4226 section 4 recommends 160 bits
	enrolmentTTL = 10 * time.Minute
	qrPixels     = 256
)

// Enrolment is what an authenticator app is set up with. It is shown once, to its
// owner and nobody else.
type Enrolment struct {
	ID      string
	Secret  Token  // base32, for who cannot scan
	URI     Token  // otpauth://totp/..., with the secret in it
	QRCode  []byte // a PNG of URI
	Expires time.Time
}

// EnrolRequest begins to set up an authenticator app.
type EnrolRequest struct {
	SudoToken Token
}

// EnrolAuthenticator makes the secret of an authenticator app. Nothing counts yet: the
// app is a factor once ConfirmAuthenticator was shown a code of it, in this session,
// within ten minutes, unless the epoch was raised meanwhile. A second enrolment
// replaces the first. An account has one authenticator: it is removed, by Unbind,
// before another is enrolled.
//
// ErrUnauthenticated, ErrSudoRequired, ErrInvalidArgument (there is one already),
// ErrBlocked, ErrPermissionDenied (an anonymous account), ErrBusy, ErrUnavailable.
func (s *Service) EnrolAuthenticator(ctx context.Context, c Caller, r EnrolRequest) (Enrolment, error) {
	e, err := s.enrol(ctx, c, r)
	if err != nil {
		return Enrolment{}, s.report(ctx, "enrol authenticator", c, err)
	}
	return e, s.report(ctx, "enrol authenticator", c, nil)
}

type enrolmentAnswer struct {
	ID, Name string
	Secret   []byte
	Expires  int64
}

func (s *Service) enrol(ctx context.Context, c Caller, r EnrolRequest) (Enrolment, error) {
	if err := s.outsideTx(); err != nil {
		return Enrolment{}, err
	}
	req := requestOf("enrol authenticator", c, r.SudoToken.Reveal())
	var told enrolmentAnswer
	err := s.underSudo(ctx, c, r.SudoToken, false, req, &told, func(h *change) error {
		if h.data.Authenticator != nil {
			return refuse(ErrInvalidArgument, "the account has an authenticator already")
		}
		if err := h.mayLose(ctx, ""); err != nil {
			return err
		}
		told = enrolmentAnswer{
			ID: newID(), Name: s.named(h.read), Secret: randomBytes(totpBytes),
			Expires: h.now + enrolmentTTL.Microseconds(),
		}
		h.data.Enrolment = &enrolment{
			ID: told.ID, Secret: s.keys.hide(told.Secret, []byte(h.read.ID), []byte(told.ID)),
			Session: c.Actor.sessionKey(), Roots: h.roots(""), Expires: told.Expires,
		}
		h.event.Kind, h.sets = EventEnrolAuthenticator, told.ID
		return nil
	})
	if err != nil {
		return Enrolment{}, err
	}
	return s.enrolment(told)
}

// named is what an authenticator app calls the account: shown to its owner alone.
func (s *Service) named(a *store.Account) string {
	for _, as := range a.Associations {
		if k, ok := s.kinds[as.Kind]; ok {
			return k.Mask(as.Value)
		}
	}
	return a.ID
}

func (s *Service) enrolment(told enrolmentAnswer) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: s.name, AccountName: told.Name, Period: totpPeriod, Secret: told.Secret,
		Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1, // what every app can
	})
	if err != nil {
		return Enrolment{}, errors.New("an authenticator's address cannot be made")
	}
	picture, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return Enrolment{}, errors.New("a QR code cannot be drawn")
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return Enrolment{}, err
	}
	return Enrolment{
		ID: told.ID, Secret: NewToken(key.Secret()), URI: NewToken(key.URL()), QRCode: b.Bytes(), Expires: at(told.Expires),
	}, nil
}

// ConfirmAuthenticator makes the enrolled app a factor, by the first code of it.
// Wrong codes are counted as those of an authenticator. Every address of the account is
// owed a notice, in the same commit.
//
// ErrUnauthenticated, ErrInvalidProof (also where nothing is enrolled in this
// session), ErrBlocked, ErrPermissionDenied (an anonymous account), ErrBusy,
// ErrUnavailable.
func (s *Service) ConfirmAuthenticator(ctx context.Context, c Caller, code string) error {
	return s.report(ctx, "confirm authenticator", c, s.confirmAuthenticator(ctx, c, code))
}

func (s *Service) confirmAuthenticator(ctx context.Context, c Caller, typed string) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	now := s.now()
	j := judgedTOTP{s: s, typed: typed, now: now}
	return s.attempt(ctx, func(bool) (store.Change, error) {
		h, err := s.beginWithoutSudo(ctx, c)
		if err != nil {
			return store.Change{}, err
		}
		e := h.data.Enrolment
		if a := h.data.Authenticator; a != nil && now < a.SetAt+repeatWindow.Microseconds() {
			// The repeat of a call whose answer was lost shows the code that confirmed it.
			if step, ok := s.totpStep(h.read.ID, *a, typed, now); ok && step == a.LastStep {
				return store.Change{}, nil
			}
		}
		if e == nil || e.Session != c.Actor.sessionKey() || now >= e.Expires {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		step, err := j.judge(ctx, h.read.ID, authenticator{ID: e.ID, Secret: e.Secret})
		if err != nil {
			return store.Change{}, err
		}
		h.data.Authenticator = &authenticator{ID: e.ID, Secret: e.Secret, SetAt: now, Roots: e.Roots, LastStep: step}
		h.data.Enrolment = nil
		h.event.Kind, h.event.Factor = EventConfirmAuthenticator, eventFactor{factorAuthenticator, e.ID}
		return h.done(answer{}), nil
	})
}

// judgedTOTP judges a code of an authenticator once, however often the write is tried.
type judgedTOTP struct {
	s     *Service
	typed string
	now   int64
	done  string // the ID of the app that it is right for
	step  int64
}

// judge returns the step of a right code within the budget, newer than the last one
// taken; or else ErrInvalidProof.
func (j *judgedTOTP) judge(ctx context.Context, account string, app authenticator) (int64, error) {
	if j.done == "" {
		step, right := j.s.totpStep(account, app, j.typed, j.now)
		right, err := j.s.guardAuthenticator(ctx, j.now, account, right && step > app.LastStep)
		if err != nil {
			return 0, err
		}
		if !right {
			return 0, refuse(ErrInvalidProof, "")
		}
		j.done, j.step = app.ID, step
	}
	if j.done != app.ID || j.step <= app.LastStep { // another call was faster: with the same code, or another app
		return 0, refuse(ErrInvalidProof, "")
	}
	return j.step, nil
}

// totpStep returns the time step, now or a neighbour, whose code was typed.
func (s *Service) totpStep(account string, app authenticator, typed string, now int64) (step int64, ok bool) {
	secret, ok := s.keys.show(app.Secret, []byte(account), []byte(app.ID))
	if !ok {
		return 0, false
	}
	encoded := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	current := at(now).Unix() / totpPeriod
	for step := current - totpSkew; step <= current+totpSkew; step++ {
		right, err := hotp.ValidateCustom(typed, uint64(step), encoded, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && right {
			return step, true
		}
	}
	return 0, false
}

func (h *change) removeAuthenticator(ctx context.Context) error {
	if err := h.mayLose(ctx, ""); err != nil {
		return err
	}
	h.event.Kind, h.event.Association = EventRemoveAuthenticator, h.data.Authenticator.ID
	if err := h.loses(ctx, h.data.Authenticator.factor()); err != nil {
		return err
	}
	h.data.Authenticator = nil
	return nil
}
