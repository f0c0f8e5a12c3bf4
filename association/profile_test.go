package association_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

func TestProfile(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada")
	c, session := w.signIn("ada")
	p := func(s string) *string { return &s }
	shown := func() [3]string {
		a, err := w.svc.Account(t.Context(), session.Account)
		if err != nil {
			t.Fatal(err)
		}
		return [3]string{a.Name, a.Picture, a.Locale}
	}
	for _, tt := range []struct {
		r    association.ProfileRequest
		want [3]string
	}{
		{association.ProfileRequest{}, [3]string{}},
		{association.ProfileRequest{Name: p("Ada L. 阿达")}, [3]string{"Ada L. 阿达", "", ""}},
		{association.ProfileRequest{Picture: p("https://example.com/a?b=c"), Locale: p("zh-Hans-CN")}, [3]string{"Ada L. 阿达", "https://example.com/a?b=c", "zh-Hans-CN"}},
		{association.ProfileRequest{Name: p("")}, [3]string{"", "https://example.com/a?b=c", "zh-Hans-CN"}},
		{association.ProfileRequest{Picture: p(""), Locale: p("")}, [3]string{}},
		{association.ProfileRequest{Name: p(strings.Repeat("n", 128)), Locale: p(strings.Repeat("l", 64)), Picture: p("https://e.com/" + strings.Repeat("p", 2034))},
			[3]string{strings.Repeat("n", 128), "https://e.com/" + strings.Repeat("p", 2034), strings.Repeat("l", 64)}},
	} {
		if err := w.svc.SetProfile(t.Context(), c, tt.r); err != nil || shown() != tt.want {
			t.Errorf("%v, it shows %q, want %q", err, shown(), tt.want)
		}
	}
	if w.epoch(session.Account) != 0 || !w.alive(session.Access) {
		t.Error("a profile ended sessions")
	}
	was, before := shown(), watch.writes()
	for name, r := range map[string]association.ProfileRequest{
		"name too long": {Name: p(strings.Repeat("n", 129))}, "name not text": {Name: p("a\xff")}, "name with a zero": {Name: p("a\x00")},
		"name with a line": {Name: p("a\nb")}, "name with an override": {Name: p("a\u202eb")}, "name with nothing to see": {Name: p("a\u200bb")},
		"picture of http": {Picture: p("http://example.com/a")}, "picture of data": {Picture: p("data:image/png;base64,AA")},
		"picture of a script": {Picture: p("javascript:alert(1)")}, "picture without a host": {Picture: p("https:///a")},
		"picture with a password": {Picture: p("https://a:b@example.com/")}, "picture with a line": {Picture: p("https://example.com/\nx")},
		"picture relative": {Picture: p("//example.com/a")}, "picture too long": {Picture: p("https://e.com/" + strings.Repeat("p", 2035))},
		"picture no URL": {Picture: p("https://[")}, "picture of capital HTTP": {Picture: p("HTTP://example.com/a")},
		"locale with a space": {Locale: p("zh CN")}, "locale with a line": {Locale: p("zh\r\n")}, "locale too long": {Locale: p(strings.Repeat("l", 65))},
		"locale with an underscore": {Locale: p("zh_CN")}, "locale not ASCII": {Locale: p("ｚｈ")},
	} {
		if err := w.svc.SetProfile(t.Context(), c, r); !errors.Is(err, association.ErrInvalidArgument) {
			t.Errorf("%s: %v, want ErrInvalidArgument", name, err)
		}
		if err := r.Validate(); !errors.Is(err, association.ErrInvalidArgument) {
			t.Errorf("%s, validated: %v", name, err)
		}
		if r.Name = p("Good"); (r.Picture != nil || r.Locale != nil) && w.svc.SetProfile(t.Context(), c, r) == nil {
			t.Errorf("%s, beside a good name, was taken", name)
		}
	}
	if shown() != was || watch.writes() != before {
		t.Errorf("a refusal changed something: %q", shown())
	}
	if err := w.svc.SetProfile(t.Context(), device("d"), association.ProfileRequest{Name: p("x")}); !errors.Is(err, association.ErrUnauthenticated) {
		t.Errorf("nobody's: %v", err)
	}
	// A user of the host's of whom nothing is known yet has one too.
	if err := w.svc.SetProfile(t.Context(), w.hostCaller("new", "s"), association.ProfileRequest{Name: p("New")}); err != nil {
		t.Error(err)
	}
	if a, err := w.svc.Account(t.Context(), "new"); err != nil || a.Name != "New" {
		t.Errorf("%+v, %v", a, err)
	}
}
