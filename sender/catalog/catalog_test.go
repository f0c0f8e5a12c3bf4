package catalog_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/catalog"
)

const (
	service = "Acme"
	domain  = "acme.example"
	account = "d***"
	code    = "738081"
	minutes = "5" // which is in nothing else
)

// never is how each language says that the code is not to be shared.
var never = map[string]string{
	"en": "Never share it", "de": "eitergeben|niemals weiter", "es": "No l[ao] comparta", "fr": "Ne le communiquez jamais",
	"ja": "教えない", "ko": "공유하지 마세요|알려 주지 마세요", "pt-BR": "Nunca (o )?compartilhe", "zh-Hans": "勿告诉",
}

func newCatalog(t testing.TB, o catalog.Options) *catalog.Catalog {
	t.Helper()
	if o.Service == "" {
		o.Service = service
	}
	c, err := catalog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// message is a message to be written.
func message(t sender.Template, channel sender.Channel, locale string) sender.Message {
	m := sender.Message{
		Channel: channel, Template: t, Purpose: t.Purpose(), Locale: locale, Account: account,
		At: time.Date(2026, 11, 28, 17, 5, 0, 0, time.UTC),
	}
	if m.Purpose != sender.Notice {
		m.Code, m.Lifetime, m.At = sender.NewCode(code), 5*time.Minute, time.Time{}
	}
	return m
}

func render(t testing.TB, c *catalog.Catalog, m sender.Message) sender.Message {
	t.Helper()
	m, err := c.Render(m)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// each calls see with every message in every language.
func each(t *testing.T, c *catalog.Catalog, see func(t *testing.T, m sender.Message)) {
	for _, template := range sender.Templates() {
		for _, channel := range []sender.Channel{sender.Email, sender.SMS, sender.WhatsApp} {
			for _, lang := range c.Languages(template, channel) {
				t.Run(lang+"/"+string(template)+"/"+string(channel), func(t *testing.T) {
					m := render(t, c, message(template, channel, lang))
					if m.Language != lang {
						t.Fatalf("%s is written in %s", lang, m.Language)
					}
					see(t, m)
				})
			}
		}
	}
}

// English and Chinese have every message, six more those that carry a code.
func TestLanguages(t *testing.T) {
	c := newCatalog(t, catalog.Options{})
	for _, template := range sender.Templates() {
		want := []string{"en", "zh-Hans"}
		if template.Purpose() != sender.Notice {
			want = []string{"en", "de", "es", "fr", "ja", "ko", "pt-BR", "zh-Hans"}
		}
		for _, channel := range []sender.Channel{sender.Email, sender.SMS} {
			if got := c.Languages(template, channel); !slices.Equal(got, want) {
				t.Errorf("%s by %s is written in %q, want %q", template, channel, got, want)
			}
		}
	}
	if got := c.Languages("nothing", sender.SMS); len(got) != 0 {
		t.Errorf("what there is not is written in %q", got)
	}
}

// TestR66_EveryMessageSaysWhatItMust: who writes, what for, to which account, how long
// the code is good for; no link, and no code where a locked screen shows it.
func TestR66_EveryMessageSaysWhatItMust(t *testing.T) {
	c := newCatalog(t, catalog.Options{Domain: domain})
	said := map[string]string{} // by what it says, in which language and where
	each(t, c, func(t *testing.T, m sender.Message) {
		parts := []string{service}
		// To sign in nobody is known yet; of a text message 70 characters may be all.
		if m.Template != sender.SignInCode && (m.Channel != sender.SMS || m.Language != "ja" && m.Language != "ko") {
			parts = append(parts, account)
		}
		if m.Purpose == sender.Notice {
			parts = append(parts, "2026-11-28 17:05 UTC")
		} else {
			parts = append(parts, code, minutes)
			if !regexp.MustCompile(never[m.Language]).MatchString(m.Text) {
				t.Errorf("the text does not say to keep the code: %s", m.Text)
			}
		}
		for _, part := range parts {
			if !strings.Contains(m.Text, part) {
				t.Errorf("the text lacks %q: %s", part, m.Text)
			}
		}
		for _, text := range []string{m.Text, m.Subject, m.HTML} {
			for _, link := range []string{"://", "www.", "href", "mailto:", "src=", "url("} {
				if strings.Contains(strings.ToLower(text), link) {
					t.Errorf("there is a link, %q: %s", link, text)
				}
			}
		}
		key := m.Language + string(m.Channel) + m.Text
		if m.Template == sender.AddressReplaced || m.Template == sender.AddressRemoved {
			key += string(m.Template) // by text message they say the same
		}
		if other := said[key]; other != "" {
			t.Errorf("says the same as %s", other)
		}
		said[key] = t.Name()

		if m.Channel != sender.Email {
			if m.Subject != "" || m.HTML != "" {
				t.Errorf("a text message has a subject or a page: %q, %q", m.Subject, m.HTML)
			}
			return
		}
		if m.Subject == "" || strings.ContainsAny(m.Subject, "\r\n") || strings.Contains(m.Subject, code) || !strings.Contains(m.Subject, service) {
			t.Errorf("the subject is %q", m.Subject)
		}
		if strings.Contains(m.Text, "\n\n\n") || strings.Contains(m.Text, "\r") || strings.TrimSpace(m.Text) != m.Text {
			t.Errorf("the text is laid out badly: %q", m.Text)
		}
		// The page says the same as the text.
		if got, want := strings.Join(strings.Fields(words(t, m.HTML)), " "), strings.Join(strings.Fields(m.Subject+" "+service+" "+m.Text), " "); got != want {
			t.Errorf("the page says\n%s\nand the text\n%s", got, want)
		}
		if !strings.Contains(m.HTML, `<html lang="`+m.Language+`"`) {
			t.Error("the page does not say its language")
		}
	})
}

// words is the text of a page.
func words(t testing.TB, page string) string {
	t.Helper()
	var all []string
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(all, " ")
		case html.TextToken:
			all = append(all, string(z.Text()))
		}
	}
}

// tags is the tags of a page with their attributes, but for the language.
func tags(page string) string {
	var all []string
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(all, "\n")
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
			all = append(all, z.Token().String())
		}
	}
}

// TestR66_ATextMessageIsBoundToItsSite: its last line is that of origin-bound codes, and
// one segment holds it.
func TestR66_ATextMessageIsBoundToItsSite(t *testing.T) {
	c := newCatalog(t, catalog.Options{Domain: domain, Digits: 6})
	each(t, c, func(t *testing.T, m sender.Message) {
		if m.Channel == sender.SMS && sender.Segments(m.Text) != 1 {
			t.Errorf("takes %d segments: %q", sender.Segments(m.Text), m.Text)
		}
		_, last, _ := strings.Cut(m.Text, "\n\n@")
		want := ""
		if m.Channel == sender.SMS && m.Purpose != sender.Notice {
			want = domain + " #" + code
		}
		if last != want {
			t.Errorf("ends with %q, want %q", last, want)
		}
	})
	each(t, newCatalog(t, catalog.Options{}), func(t *testing.T, m sender.Message) {
		if strings.Contains(m.Text, "#") || strings.Contains(m.Text, "@") {
			t.Errorf("is bound to no site, and says %q", m.Text)
		}
	})
}

// TestR66_OneSegmentHoldsATextMessage: however long the names are, what one segment
// does not hold goes without what matters least.
func TestR66_OneSegmentHoldsATextMessage(t *testing.T) {
	for _, test := range []struct {
		name, service, domain, locale, account string
		template                               sender.Template
		has, lacks                             []string
		language                               string
	}{
		{"all", service, domain, "en", account, sender.BindCode, []string{account, "\n\n@" + domain + " #" + code}, nil, "en"},
		{"all, in Chinese", service, domain, "zh", account, sender.BindCode, []string{account, "\n\n@" + domain + " #" + code}, nil, "zh-Hans"},
		{"the account goes first", "Ligature", "login.acme.example", "zh", account, sender.BindCode, []string{"\n\n@login.acme.example #" + code}, []string{account}, "zh-Hans"},
		{"then the site", "Ligature example", "login.acme.example", "zh", account, sender.BindCode, []string{account}, []string{"acme.example"}, "zh-Hans"},
		{"then both", strings.Repeat("n", 35), "login.acme.example", "zh", account, sender.BindCode, []string{code}, []string{account, "acme.example"}, "zh-Hans"},
		{"a language without room is left out", strings.Repeat("n", 45), "", "zh", account, sender.BindCode, []string{"Never share it", account}, nil, "en"},
		{"of a notice the account", strings.Repeat("n", 20), "", "zh", account, sender.AddressRebound, []string{"2026-11-28 17:05 UTC"}, []string{account}, "zh-Hans"},
		{"of a notice the hour", strings.Repeat("n", 28), "", "zh", account, sender.AddressRebound, []string{"2026-11-28"}, []string{account, "17:05"}, "zh-Hans"},
		{"a letter of its own makes it long", service, domain, "en", "码***", sender.BindCode, []string{"\n\n@" + domain + " #" + code}, []string{"码"}, "en"},
	} {
		m := message(test.template, sender.SMS, test.locale)
		m.Account = test.account
		m = render(t, newCatalog(t, catalog.Options{Service: test.service, Domain: test.domain}), m)
		if sender.Segments(m.Text) != 1 || m.Language != test.language {
			t.Errorf("%s: %d segments of %s: %q", test.name, sender.Segments(m.Text), m.Language, m.Text)
		}
		for _, part := range test.has {
			if !strings.Contains(m.Text, part) {
				t.Errorf("%s: lacks %q: %q", test.name, part, m.Text)
			}
		}
		for _, part := range test.lacks {
			if strings.Contains(m.Text, part) {
				t.Errorf("%s: has %q: %q", test.name, part, m.Text)
			}
		}
	}
	// With a letter in the name that the alphabet lacks, two hold it, whole.
	for _, name := range []string{"微光", "メルカリ", "카카오", "São João", "O’Neill"} {
		for _, standard := range []string{"", "zh", "ja", "ko", "pt-BR"} {
			c := newCatalog(t, catalog.Options{Service: name, Domain: domain, Locale: standard})
			each(t, c, func(t *testing.T, m sender.Message) {
				most := 2
				if m.Language == "zh-Hans" || m.Language == "ja" || m.Language == "ko" {
					most = 1
				}
				if m.Channel == sender.SMS && sender.Segments(m.Text) > most {
					t.Errorf("%d segments for %s: %s", sender.Segments(m.Text), name, m.Text)
				}
			})
			if got := c.Languages(sender.BindCode, sender.SMS); len(got) != 8 {
				t.Errorf("%s has messages in %v", name, got)
			}
		}
	}
	// Other channels have room.
	m := render(t, newCatalog(t, catalog.Options{Service: strings.Repeat("n", 35)}), message(sender.BindCode, sender.WhatsApp, "zh"))
	if !strings.Contains(m.Text, account) {
		t.Errorf("a long message lacks the account: %q", m.Text)
	}
}

func TestLocales(t *testing.T) {
	for _, test := range []struct{ standard, prefers, code, notice, locale string }{
		{"", "", "en", "en", ""},
		{"", "en-GB", "en", "en", "en-GB"},
		{"", "zh-CN", "zh-Hans", "zh-Hans", "zh-CN"},
		{"", "zh-TW", "zh-Hans", "zh-Hans", "zh-TW"},
		{"", "pt", "pt-BR", "en", "pt"},
		{"", "pt-PT", "pt-BR", "en", "pt-PT"},
		{"", "fr-CA,en;q=0.5", "fr", "en", "fr-CA"},
		{"", "gsw", "de", "en", "gsw"},
		{"", "nl,de;q=0.7,zh;q=0.3", "de", "zh-Hans", "nl"},
		{"", "nl;q=0.1,ja", "ja", "en", "ja"},
		{"", "nl", "en", "en", "nl"},
		{"", "*", "en", "en", "mul"},
		{"", "en\r\nBcc: x", "en", "en", ""},
		{"", strings.Repeat("x", 300), "en", "en", ""},
		{"zh-CN", "", "zh-Hans", "zh-Hans", ""},
		{"zh-CN", "nl", "zh-Hans", "zh-Hans", "nl"},
		{"zh-CN", "en", "en", "en", "en"},
		{"fr", "nl", "fr", "en", "nl"},
	} {
		c := newCatalog(t, catalog.Options{Locale: test.standard})
		for template, want := range map[sender.Template]string{sender.SignInCode: test.code, sender.PasswordSet: test.notice} {
			m := render(t, c, message(template, sender.Email, test.prefers))
			if m.Language != want || m.Locale != test.locale {
				t.Errorf("standard %q, %q: %s is in %q for %q, want %q for %q", test.standard, test.prefers, template, m.Language, m.Locale, want, test.locale)
			}
		}
	}
}

func TestMinutes(t *testing.T) {
	c := newCatalog(t, catalog.Options{})
	for life, want := range map[time.Duration]string{
		time.Second: "1 minute.", time.Minute: "1 minute.", 2*time.Minute - 1: "1 minute.", 2 * time.Minute: "2 minutes.", 10 * time.Minute: "10 minutes.",
	} {
		m := message(sender.SignInCode, sender.Email, "en")
		m.Lifetime = life
		if m = render(t, c, m); !strings.Contains(m.Text, "good for "+want) {
			t.Errorf("%v: %s", life, m.Text)
		}
	}
}

// A code that a vendor makes is in its vendor's words.
func TestAMessageWithoutItsCodeHasNoWords(t *testing.T) {
	m := message(sender.BindCode, sender.SMS, "fr-CA,en")
	m.Code = sender.Code{}
	m.Text = "as it came"
	m = render(t, newCatalog(t, catalog.Options{}), m)
	if m.Text != "" || m.Locale != "fr-CA" || m.Language != "fr" || m.Service != service {
		t.Errorf("%q, %q, %q, %q", m.Text, m.Locale, m.Language, m.Service)
	}
}

func TestNothingUnknownIsWritten(t *testing.T) {
	c := newCatalog(t, catalog.Options{})
	for _, template := range []sender.Template{"", "nothing", "_care", "bind.sms"} {
		if m, err := c.Render(message(template, sender.SMS, "en")); err == nil || strings.Contains(err.Error(), code) {
			t.Errorf("%q is %q, %v", template, m.Text, err)
		}
	}
}

func TestOverrides(t *testing.T) {
	c := newCatalog(t, catalog.Options{Templates: fstest.MapFS{
		"README.md":  {Data: []byte("{{ no template")},
		"old/x.tmpl": {Data: []byte("{{ no template")},
		"en.tmpl":    {Data: []byte(`{{define "sign_in.sms"}}{{.Code}} for {{.Service}}, {{template "_sign"}}{{end}}{{define "_sign"}}yours{{end}}`)},
		"nl.tmpl": {Data: []byte(`{{define "sign_in.subject"}}Uw code{{end}}{{define "sign_in.text"}}
			Uw code is

			{{.Code}}
		{{end}}`)},
		"sudo.html":         {Data: []byte(`<p>{{.Template}} {{.Minutes}}{{range .Paragraphs}}{{if .Code}}<b>{{.Text}}</b>{{end}}{{end}}`)},
		"zh-Hans.sudo.html": {Data: []byte(`<p>zh {{.Code}}</p>`)},
		"de.layout.html":    {Data: []byte(`<p>{{.Subject}}{{.Code}}</p>`)},
	}})
	for _, test := range []struct {
		template sender.Template
		channel  sender.Channel
		locale   string
		text     string // what the text or page is, or begins with
		html     string
	}{
		{sender.SignInCode, sender.SMS, "en", code + " for Acme, yours", ""},
		{sender.SignInCode, sender.Email, "nl-BE", "Uw code is", "<!doctype html>"},
		{sender.SignInCode, sender.SMS, "nl", code + " for Acme, yours", ""},
		{sender.BindCode, sender.SMS, "en", "Acme: " + code, ""},
		{sender.SudoCode, sender.Email, "en", "Enter this code", "<p>sudo 5<b>" + code + "</b>"},
		{sender.SudoCode, sender.Email, "de", "Mit diesem Code", "<p>sudo 5<b>" + code + "</b>"},
		{sender.SudoCode, sender.Email, "zh", "请输入", "<p>zh " + code + "</p>"},
		{sender.SignInCode, sender.Email, "de", "Mit diesem Code", "<p>Acme: Ihr Code zum Anmelden" + code + "</p>"},
	} {
		m := render(t, c, message(test.template, test.channel, test.locale))
		if !strings.HasPrefix(m.Text, test.text) || !strings.HasPrefix(m.HTML, test.html) {
			t.Errorf("%s by %s in %s: %q, %q", test.template, test.channel, test.locale, m.Text, m.HTML)
		}
	}
}

func TestWhatNewRefuses(t *testing.T) {
	file := func(name, text string) catalog.Options {
		return catalog.Options{Service: service, Templates: fstest.MapFS{name: {Data: []byte(text)}}}
	}
	for name, test := range map[string]struct {
		o    catalog.Options
		says string
	}{
		"no service":              {catalog.Options{}, "Service"},
		"a service of two lines":  {catalog.Options{Service: "Acme\r\nBcc: x"}, "Service"},
		"a service with NUL":      {catalog.Options{Service: "Acme\x00"}, "Service"},
		"a service that turns":    {catalog.Options{Service: "Acme\u202e"}, "Service"},
		"a service not UTF-8":     {catalog.Options{Service: "Acme\xff"}, "Service"},
		"a service with space":    {catalog.Options{Service: " Acme"}, "Service"},
		"a service too long":      {catalog.Options{Service: strings.Repeat("n", 120)}, "too many segments"},
		"a domain with a scheme":  {catalog.Options{Service: service, Domain: "https://acme.example"}, "Domain"},
		"a domain with a port":    {catalog.Options{Service: service, Domain: "acme.example:443"}, "Domain"},
		"a domain in capitals":    {catalog.Options{Service: service, Domain: "Acme.example"}, "Domain"},
		"a domain with a line":    {catalog.Options{Service: service, Domain: "acme.example\n"}, "Domain"},
		"a locale that is none":   {catalog.Options{Service: service, Locale: "klingonese-x"}, "Locale"},
		"a locale without words":  {catalog.Options{Service: service, Locale: "nl"}, "Locale"},
		"eleven digits":           {catalog.Options{Service: service, Digits: 11}, "Digits"},
		"a file of no language":   {file("english.tmpl", ""), "english.tmpl"},
		"a tag in another case":   {file("EN.tmpl", ""), "EN.tmpl"},
		"a template with a fault": {file("en.tmpl", "{{define"), "en.tmpl"},
		"a block of no message":   {file("en.tmpl", `{{define "signin.sms"}}x{{end}}`), "signin.sms"},
		"a block of no part":      {file("en.tmpl", `{{define "sign_in.html"}}x{{end}}`), "sign_in.html"},
		"a subject without text":  {file("nl.tmpl", `{{define "sign_in.subject"}}x{{end}}`), "sign_in"},
		"no such fact":            {file("en.tmpl", `{{define "sign_in.sms"}}{{.Code}} {{.Link}}{{end}}`), "sign_in.sms"},
		"a text without the code": {file("en.tmpl", `{{define "sign_in.sms"}}hello{{end}}`), "no code"},
		"a code in the subject":   {file("en.tmpl", `{{define "sign_in.subject"}}{{.Code}}{{end}}`), "subject"},
		"a subject of two lines":  {file("en.tmpl", "{{define \"sign_in.subject\"}}a\nb{{end}}"), "subject"},
		"an empty text":           {file("en.tmpl", `{{define "removed"}}{{end}}{{define "address_removed.text"}}{{if .Code}}x{{end}}{{end}}`), "removed"},
		"a text message too long": {file("zh-Hans.tmpl", `{{define "sign_in.sms"}}{{.Code}}`+strings.Repeat("码", 65)+`{{end}}`), "too many segments"},
		"a page without the code": {file("layout.html", "<p>hello</p>"), "page has no code"},
		"a code now and then":     {file("en.tmpl", `{{define "sign_in.sms"}}{{if .Account}}{{.Account}}{{else}}{{.Code}}{{end}}{{end}}`), "no code"},
		"a subject now and then":  {file("en.tmpl", `{{define "bind.subject"}}{{.Account}}{{end}}`), "subject"},
		"a page of no message":    {file("signin.html", ""), "signin.html"},
		"a page of no language":   {file("nl.sign_in.html", ""), "nl.sign_in.html"},
		"a page with a fault":     {file("layout.html", "{{"), "layout.html"},
		"a page of no fact":       {file("layout.html", "{{.Link}}"), "layout"},
	} {
		if c, err := catalog.New(test.o); err == nil || c != nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, test.says)
		}
	}
	if _, err := catalog.New(catalog.Options{Service: strings.Repeat("n", 120), NoSMS: true}); err != nil {
		t.Errorf("without text messages a long name is refused: %v", err)
	}
}

// FuzzR66_Facts: whatever stands in the one part of a message that somebody may have
// had a hand in, the page has the same tags, the subject is one line, and the rest of the
// message is as ever.
func FuzzR66_Facts(f *testing.F) {
	for _, s := range []string{account, "", "<script>alert(1)</script>", "\r\nBcc: x@y", "\x00", "\u202eevil", "{{.Code}}", "\xff", "a\u0301", "&amp;", `" onload="`, "http://evil.example", "码"} {
		f.Add(s)
	}
	c := newCatalog(f, catalog.Options{Domain: domain})
	plain := map[sender.Template]string{}
	for _, template := range sender.Templates() {
		plain[template] = tags(render(f, c, message(template, sender.Email, "en")).HTML)
	}
	f.Fuzz(func(t *testing.T, account string) {
		for _, template := range sender.Templates() {
			m := message(template, sender.Email, "en")
			m.Account = account
			m = render(t, c, m)
			if got := tags(m.HTML); got != plain[template] {
				t.Errorf("%q makes other tags:\n%s", account, got)
			}
			for _, text := range []string{m.Subject, m.Text} {
				if strings.ContainsAny(text, "\r\x00\u202e") || strings.ContainsAny(m.Subject, "\n") || strings.Count(m.Text, "\n") > 6 {
					t.Errorf("%q gets into %q", account, text)
				}
			}
			m.Channel = sender.SMS
			m.Account = account
			if m = render(t, c, m); sender.Segments(m.Text) != 1 {
				t.Errorf("%q makes %d segments: %q", account, sender.Segments(m.Text), m.Text)
			}
		}
	})
}
