package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/ligature-auth/ligature/sender"
)

// Options say who writes, and how. Service is required.
type Options struct {
	// Service is what messages call the application: printable, and short enough that
	// every text message fits into one segment; or two, where it has a letter that the GSM
	// alphabet lacks ("São", "微光"), since a segment then holds 70.
	Service string

	// Domain is the host name that codes in text messages are bound to, "example.com".
	// Empty means that they are bound to none, and so is a code where its segment does not
	// hold that, too: in Chinese, Japanese and Korean, Service and Domain have some 20
	// characters together.
	Domain string

	// Locale is the BCP 47 tag of the language for whom no better one is known, and for
	// what theirs lacks. Empty means English.
	Locale string

	// Templates overrides messages and adds languages; see the package's comment. Nil
	// means that all are as they come.
	Templates fs.FS

	// Digits is the most digits that a code has: 0 means 6, 10 is the most.
	Digits int

	// NoSMS says that no text message is sent, whose length then limits nothing.
	NoSMS bool
}

// Catalog has the words of every message in every language. It is safe for concurrent
// use. Make one with New.
type Catalog struct {
	service, domain string
	segments        int               // that a text message may take
	words           map[string]*words // by language
	pages           pages
	choices         map[choiceKey]choice
}

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// New reads the templates and tries every message out. An error names the option, or
// the file and the block, that is to blame.
func New(o Options) (*Catalog, error) {
	switch {
	case o.Service == "" || strings.TrimSpace(o.Service) != o.Service || !printable(o.Service):
		return nil, errors.New("catalog: Options.Service is missing, or not printable in one line")
	case o.Domain != "" && (len(o.Domain) > 253 || !hostName.MatchString(o.Domain)):
		return nil, errors.New("catalog: Options.Domain is not a host name in lower-case ASCII")
	case o.Digits < 0 || o.Digits > 10:
		return nil, errors.New("catalog: Options.Digits is not from 0 to 10")
	}
	if o.Locale == "" {
		o.Locale = fallback
	}
	if o.Digits == 0 {
		o.Digits = 6
	}
	standard, err := language.Parse(o.Locale)
	if err != nil {
		return nil, errors.New("catalog: Options.Locale is not a BCP 47 tag")
	}
	c := &Catalog{service: o.Service, domain: o.Domain, segments: 1, words: map[string]*words{}, pages: pages{}}
	for _, letter := range o.Service {
		if sender.Segments(string(letter)+strings.Repeat(".", 70)) > 1 {
			c.segments = 2 // with such a name a segment has room for 70
		}
	}
	if err := c.load(o.Templates); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	if err := c.choose(standard, o); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return c, nil
}

// Render returns the message with Subject, Text, HTML, Service and Language set: for
// Email a mail, for every other channel a text. A message that is to bring a code and has
// none, since a vendor makes it, gets Service and Language alone. Its Locale may be a list of tags as in
// an Accept-Language header, best first, and is the first of them afterwards; what is no
// such list is as good as empty. A text message that its segment does not hold goes
// without Account, and else without what binds it to Domain, or without the hour.
//
// An error says that the template is unknown, or failed, and shows nothing of the
// message.
func (c *Catalog) Render(m sender.Message) (sender.Message, error) {
	m.Service, m.Subject, m.Text, m.HTML = c.service, "", "", ""
	prefers, _, err := language.ParseAcceptLanguage(m.Locale)
	if err != nil {
		prefers = nil
	}
	if m.Locale = ""; len(prefers) > 0 {
		m.Locale = prefers[0].String()
	}
	choice, ok := c.choices[choiceKey{m.Template, formOf(m.Channel)}]
	if !ok {
		return m, fmt.Errorf("catalog: no message %q", m.Template)
	}
	m.Language = choice.of(prefers)
	if m.Code.IsZero() && m.Template.Purpose() != sender.Notice {
		return m, nil
	}
	if err := c.render(&m); err != nil {
		return m, fmt.Errorf("catalog: %s: %q failed", m.Language, m.Template)
	}
	return m, nil
}

// render writes the message in m.Language.
func (c *Catalog) render(m *sender.Message) (err error) {
	w, facts := c.words[m.Language], factsOf(*m)
	if formOf(m.Channel) == mail {
		if m.Subject, err = w.block(m.Template, "subject", facts); err != nil {
			return err
		}
		if m.Text, err = w.block(m.Template, "text", facts); err != nil {
			return err
		}
		m.HTML, err = c.pages.render(*m, facts)
		return err
	}
	if m.Text, err = w.block(m.Template, "sms", facts); err != nil || m.Channel != sender.SMS {
		return err
	}
	m.Text, err = c.fitted(*m, w, facts)
	return err
}

// fitted writes the text message that says most of what the fewest segments hold: which
// account it is about goes first, then the site, then the hour.
func (c *Catalog) fitted(m sender.Message, w *words, facts Facts) (text string, err error) {
	unnamed, dated := facts, facts
	unnamed.Account, dated.Account = "", ""
	dated.Time, _, _ = strings.Cut(facts.Time, " ")
	origin := c.origin(facts.Code)
	var all []string
	for _, try := range []struct {
		facts  Facts
		origin string
	}{{facts, origin}, {unnamed, origin}, {facts, ""}, {unnamed, ""}, {dated, ""}} {
		text, err := w.block(m.Template, "sms", try.facts)
		if err != nil {
			return "", err
		}
		text += try.origin
		if sender.Segments(text) <= 1 {
			return text, nil
		}
		all = append(all, text)
	}
	for _, text := range all {
		if sender.Segments(text) <= c.segments {
			return text, nil
		}
	}
	return all[len(all)-1], nil
}

// origin is the last line of a text message, which binds its code to a site.
func (c *Catalog) origin(code string) string {
	if c.domain == "" || code == "" {
		return ""
	}
	return "\n\n@" + c.domain + " #" + code
}

// Languages returns the tags of the languages that a channel's messages of a template
// are written in, the standard one first.
func (c *Catalog) Languages(t sender.Template, channel sender.Channel) []string {
	return append([]string(nil), c.choices[choiceKey{t, formOf(channel)}].names...)
}

// try writes a message in each of the ways that it can come out, and reports whether a
// text message is as short as it may be.
func (c *Catalog) try(t sender.Template, f form, lang string, o Options) (fits bool, err error) {
	fits = true
	m := sender.Message{Channel: sender.Email, Template: t, Purpose: t.Purpose(), Service: c.service, Language: lang, At: time.Unix(0, 0)}
	if f == short {
		m.Channel = sender.SMS
	}
	for _, way := range []struct {
		account string
		minutes time.Duration
	}{{"", 10}, {"m***", 10}, {"", 1}} {
		m.Account = way.account
		if m.Purpose != sender.Notice {
			m.Code, m.Lifetime = sender.NewCode(strings.Repeat("8", o.Digits)), way.minutes*time.Minute
		} else if way.minutes == 1 {
			break
		}
		if err := c.render(&m); err != nil {
			return false, err
		}
		if err := judge(m); err != nil {
			return false, err
		}
		fits = fits && (f == mail || o.NoSMS || sender.Segments(m.Text) <= c.segments)
	}
	return fits, nil
}

// judge refuses a message that must not go out as it is written.
func judge(m sender.Message) error {
	code := m.Code.Reveal()
	switch {
	case m.Text == "":
		return errors.New("the text is empty")
	case m.Channel == sender.Email && (m.Subject == "" || !printable(m.Subject)):
		return errors.New("the subject is not one printable line")
	case code != "" && strings.Contains(m.Subject, code):
		return errors.New("the subject has the code in it")
	case code != "" && !strings.Contains(m.Text, code):
		return errors.New("the text has no code in it")
	case code != "" && m.Channel == sender.Email && !strings.Contains(m.HTML, code):
		return errors.New("the page has no code in it")
	}
	return nil
}
