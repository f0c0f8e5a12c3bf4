package catalog

import (
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/ligature-auth/ligature/sender"
)

// layout is the page of what has none of its own.
const layout = "layout"

// Page is what stands in the page of a mail.
type Page struct {
	Facts
	Template   sender.Template
	Language   string // a BCP 47 tag
	Subject    string
	Paragraphs []Paragraph
}

// Paragraph is a part of the text, or the code alone.
type Paragraph struct {
	Text string
	Code bool
}

// pages are the templates of pages by the names of their files.
type pages map[string]*template.Template

func (p pages) add(name, text string) (err error) {
	p[name], err = template.New(name).Parse(text)
	return err
}

// check refuses a page that no message has.
func (p pages) check(languages map[string]*words) error {
	for name := range p {
		of := name
		if lang, rest, ok := strings.Cut(name, "."); ok {
			if languages[lang] == nil {
				return fmt.Errorf("%s.html: there are no words in %q", name, lang)
			}
			of = rest
		}
		if of != layout && !slices.Contains(sender.Templates(), sender.Template(of)) {
			return fmt.Errorf("%s.html: no message is named %q", name, of)
		}
	}
	return nil
}

// render writes the page of a message that has its text.
func (p pages) render(m sender.Message, facts Facts) (string, error) {
	page := Page{Facts: facts, Template: m.Template, Language: m.Language, Subject: m.Subject}
	for paragraph := range strings.SplitSeq(m.Text, "\n\n") {
		if paragraph = strings.Join(strings.Fields(paragraph), " "); paragraph != "" {
			page.Paragraphs = append(page.Paragraphs, Paragraph{paragraph, facts.Code != "" && paragraph == facts.Code})
		}
	}
	for _, name := range []string{m.Language + "." + string(m.Template), string(m.Template), m.Language + "." + layout, layout} {
		if t := p[name]; t != nil {
			var out strings.Builder
			err := t.Execute(&out, page)
			return out.String(), err
		}
	}
	return "", errors.New("there is no page")
}
