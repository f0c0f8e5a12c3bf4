package association

import (
	"context"
	"net/url"
	"unicode"
	"unicode/utf8"
)

// ProfileRequest changes what an account shows of itself. What is nil stays as it is;
// an empty string takes it away.
type ProfileRequest struct {
	Name    *string // at most 128 bytes of printable text
	Picture *string // an absolute https URL of at most 2048 bytes
	Locale  *string // a BCP 47 tag of at most 64 bytes; it is stored, not checked against a list
}

// SetProfile changes the profile of the acting account. No sudo is asked for: nobody
// signs in by any of it.
//
// ErrUnauthenticated, ErrInvalidArgument, ErrBlocked, ErrPermissionDenied (an
// anonymous account), ErrBusy, ErrUnavailable.
func (s *Service) SetProfile(ctx context.Context, c Caller, r ProfileRequest) error {
	return s.report(ctx, "set profile", c, s.setProfile(ctx, c, r))
}

func (s *Service) setProfile(ctx context.Context, c Caller, r ProfileRequest) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if err := r.Validate(); err != nil {
		return err
	}
	named := resting("set profile", string(encode(r)))
	return s.underSession(ctx, c, named, func(h *change) error {
		for _, f := range []struct{ to, from *string }{
			{&h.data.Name, r.Name}, {&h.data.Picture, r.Picture}, {&h.data.Locale, r.Locale},
		} {
			if f.from != nil {
				*f.to = *f.from
			}
		}
		h.event.Kind = EventSetProfile
		return nil
	})
}

// Validate says what SetProfile would refuse of the request itself: ErrInvalidArgument,
// or nil.
func (r ProfileRequest) Validate() error {
	if r.Name != nil {
		if err := checkName(*r.Name); err != nil {
			return err
		}
	}
	if r.Picture != nil && *r.Picture != "" {
		u, err := url.Parse(*r.Picture)
		if err != nil || len(*r.Picture) > maxPictureBytes || u.Scheme != "https" || u.Host == "" || u.User != nil || !printable(*r.Picture) {
			return refuse(ErrInvalidArgument, "the picture is not an https URL")
		}
	}
	if r.Locale != nil {
		for _, c := range []byte(*r.Locale) {
			if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				return refuse(ErrInvalidArgument, "the locale is not a language tag")
			}
		}
		if len(*r.Locale) > maxLocaleBytes {
			return refuse(ErrInvalidArgument, "the locale is not a language tag")
		}
	}
	return nil
}

const (
	maxNameBytes    = 128
	maxPictureBytes = 2048
	maxLocaleBytes  = 64
)

func checkName(name string) error {
	if len(name) > maxNameBytes || !utf8.ValidString(name) {
		return refuse(ErrInvalidArgument, "the name is too long or not valid text")
	}
	if !printable(name) {
		return refuse(ErrInvalidArgument, "the name has characters that do not print")
	}
	return nil
}

func printable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
