package association

import (
	"fmt"
	"slices"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/catalog"
)

// newCatalog makes what writes the messages, in words that suit the policy.
func (s *Service) newCatalog(cfg Config) (*catalog.Catalog, error) {
	o := catalog.Options{
		Service: cfg.Name, Domain: cfg.Domain, Locale: cfg.Locale, Templates: cfg.Templates,
		NoSMS: !slices.ContainsFunc(cfg.Kinds, func(k Kind) bool { return k.Channel() == sender.SMS }),
	}
	for _, digits := range s.policy.CodeDigits {
		o.Digits = max(o.Digits, digits)
	}
	c, err := catalog.New(o)
	if err != nil {
		return nil, fmt.Errorf("Config.Name, Domain, Locale, Templates: %w", err)
	}
	return c, nil
}

// codeMessage is the message that brings a code, which is not in it yet, in the
// language of its reader.
func (s *Service) codeMessage(a asked) (sender.Message, error) {
	ttl := s.policy.codeTTL(a.kind.Channel())
	return s.catalog.Render(sender.Message{
		Channel: a.kind.Channel(), To: string(a.target), Purpose: a.purpose, Template: sender.Template(a.purpose),
		Lifetime: ttl, Locale: a.locale, Account: a.account,
	})
}
