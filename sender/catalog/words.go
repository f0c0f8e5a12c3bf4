package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"

	"github.com/ligature-auth/ligature/sender"
)

// fallback has every message.
const fallback = "en"

//go:embed templates
var builtIn embed.FS

// words are the blocks of one language.
type words struct {
	tag    language.Tag
	blocks *template.Template
	own    bool // the application has a hand in it
}

// load reads what comes with the package, and then what overrides it.
func (c *Catalog) load(overrides fs.FS) error {
	own, err := fs.Sub(builtIn, "templates")
	if err != nil {
		return err
	}
	if err := c.read(own, false); err != nil {
		return err
	}
	if overrides != nil {
		if err := c.read(overrides, true); err != nil {
			return fmt.Errorf("Options.Templates: %w", err)
		}
	}
	return c.pages.check(c.words)
}

// read takes every template of a file system over those read before.
func (c *Catalog) read(files fs.FS, own bool) error {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, isPage := strings.CutSuffix(e.Name(), ".html")
		lang, isWords := strings.CutSuffix(e.Name(), ".tmpl")
		if !isPage && !isWords || e.IsDir() {
			continue // a README, say
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return err
		}
		if isPage {
			err = c.pages.add(name, string(text))
		} else {
			err = c.add(lang, string(text), own)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	return nil
}

// add takes the blocks of a language over those it has.
func (c *Catalog) add(lang, text string, own bool) error {
	tag, err := language.Parse(lang)
	if err != nil || tag.String() != lang {
		return errors.New("not named for a BCP 47 tag in its usual spelling")
	}
	w := c.words[lang]
	if w == nil {
		w = &words{tag: tag, blocks: template.New("")}
		c.words[lang] = w
	}
	w.own = w.own || own
	if _, err := w.blocks.Parse(text); err != nil {
		return err
	}
	for _, b := range w.blocks.Templates() {
		name := b.Name()
		if name == "" || strings.HasPrefix(name, "_") {
			continue
		}
		of, part, _ := strings.Cut(name, ".")
		if !slices.Contains(sender.Templates(), sender.Template(of)) || !slices.Contains([]string{"subject", "text", "sms"}, part) {
			return fmt.Errorf("no message has a block %q", name)
		}
	}
	for _, t := range sender.Templates() {
		if w.has(t, "subject") != w.has(t, "text") {
			return fmt.Errorf("of %q there is a subject or a text, and not both", t)
		}
	}
	return nil
}

// has reports whether the language has a block.
func (w *words) has(t sender.Template, part string) bool {
	return w.blocks.Lookup(string(t)+"."+part) != nil
}

var emptyLines = regexp.MustCompile(`\n{3,}`)

// block writes a block, without what surrounds it and with one empty line, at most,
// between two that are not.
func (w *words) block(t sender.Template, part string, facts Facts) (string, error) {
	var out strings.Builder
	if err := w.blocks.ExecuteTemplate(&out, string(t)+"."+part, facts); err != nil {
		return "", err
	}
	return emptyLines.ReplaceAllString(strings.TrimSpace(out.String()), "\n\n"), nil
}
