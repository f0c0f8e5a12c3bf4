package association_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// TestMessagesAreInTheirReadersLanguage: the account's own, else that of the client that
// acts in it, else the application's. Nobody chooses it for an account that is not theirs.
func TestMessagesAreInTheirReadersLanguage(t *testing.T) {
	for _, test := range []struct{ account, client, standard, want, locale string }{
		{"", "", "", "en", ""},
		{"", "zh-CN,en;q=0.5", "", "zh-Hans", "zh-CN"},
		{"zh-Hans", "en", "", "zh-Hans", "zh-Hans"},
		{"zh-Hans", "", "en", "zh-Hans", "zh-Hans"},
		{"", "", "zh", "zh-Hans", ""},
		{"", "nl", "zh", "zh-Hans", "nl"},
		{"nl", "zh", "", "en", "nl"},
	} {
		l := newLab(t, roomy, func(cfg *association.Config) { cfg.Locale = test.standard })
		l.imported("ada", testHash(), "email", "ada@example.com")
		c, _ := l.signIn("ada")
		c.Locale = test.client
		if test.account != "" {
			if err := l.svc.SetProfile(t.Context(), c, association.ProfileRequest{Locale: &test.account}); err != nil {
				t.Fatal(err)
			}
		}
		l.ask(c, "new@example.com") // bind
		l.ask(c, "ada@example.com") // sudo
		if err := l.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: l.sudo(c), Password: "another password"}); err != nil {
			t.Fatal(err)
		}
		l.settle()
		all := l.out.all()
		if len(all) != 3 {
			t.Fatalf("%d messages", len(all))
		}
		for _, m := range all {
			if m.Language != test.want || m.Locale != test.locale {
				t.Errorf("account %q, client %q, standard %q: %s is in %q for %q, want %q for %q", test.account, test.client, test.standard, m.Template, m.Language, m.Locale, test.want, test.locale)
			}
		}

		// Signed out nobody is known, and the account's language would tell.
		stranger := device("d")
		stranger.Locale = "fr"
		l.ask(stranger, "ada@example.com")
		if m := l.out.all()[3]; m.Language != "fr" {
			t.Errorf("signed out: a code is in %q, want fr", m.Language)
		}
	}
}

// The notice to the loser of an address is in the loser's language, whoever took it.
func TestNobodyChoosesTheLanguageOfAnothersNotice(t *testing.T) {
	l := newLab(t, roomy, func(cfg *association.Config) { cfg.Transfers = grantAll{} })
	l.imported("ada", testHash(), "phone", phoneNumber, "email", "ada@example.com")
	l.imported("bob", testHash())
	ada, _ := l.signIn("ada")
	bob, _ := l.signIn("bob")
	bob.Locale = "zh"
	if _, err := l.svc.Bind(t.Context(), bob, association.BindRequest{
		Kind: "phone", To: phoneNumber, SudoToken: l.sudo(bob), VerificationToken: l.token(bob, "phone", phoneNumber),
		Conflict: association.ConflictTransfer, Other: ada, OtherSudoToken: l.sudo(ada),
	}); err != nil {
		t.Fatal(err)
	}
	l.settle()
	told := 0
	for _, m := range l.out.all() {
		if m.Template == sender.AddressTransferred {
			told++
			if m.Language != "en" || m.Locale != "" {
				t.Errorf("the loser is told in %q for %q", m.Language, m.Locale)
			}
		}
	}
	if told != 1 {
		t.Errorf("the loser was told %d times", told)
	}
}

// The application's own words, and what they are checked for.
func TestTheApplicationsWords(t *testing.T) {
	l := newLab(t, func(cfg *association.Config) {
		cfg.Domain = "acme.example"
		cfg.Templates = fstest.MapFS{"en.tmpl": {Data: []byte(`{{define "sign_in.sms"}}{{.Code}} opens {{.Service}}.{{end}}`)}}
	})
	_, code := l.askBy(device("d"), "phone", phoneNumber)
	if got, want := l.out.all()[0].Text, code+" opens Acme.\n\n@acme.example #"+code; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// A long list loses whole languages from its end.
func TestALongListOfLanguagesIsCutBetweenTwo(t *testing.T) {
	for n := 240; n < 280; n++ {
		l := newLab(t)
		c := device("d")
		c.Locale = strings.Repeat(" ", n%6) + "fr" + strings.Repeat(",en-GB", n/6)
		l.ask(c, "ada@example.com")
		if m := l.out.all()[0]; m.Language != "fr" || m.Locale != "fr" {
			t.Fatalf("%d bytes: a message in %q for %q", len(c.Locale), m.Language, m.Locale)
		}
	}
}
