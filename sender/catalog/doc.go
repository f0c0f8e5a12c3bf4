// Package catalog writes ligature's messages in the reader's language. Package
// association has one of its own; an application needs this package to look at the
// messages, or to test words of its own:
//
//	c, err := catalog.New(catalog.Options{Service: "Acme", Templates: os.DirFS("messages")})
//	m, err := c.Render(sender.Message{
//		Channel: sender.SMS, Template: sender.SignInCode, Locale: "fr-CA",
//		Code: sender.NewCode("735081"), Lifetime: 5 * time.Minute,
//	})
//	fmt.Println(m.Text) // Acme : 735081 est votre code de connexion. …
//
// English and Simplified Chinese have every message; German, French, Spanish,
// Portuguese, Japanese and Korean those that carry a code. A message that a language
// lacks is written in [Options].Locale, and else in English.
//
// # Words of one's own
//
// [Options].Templates overrides what it has and leaves the rest. A file "LANGUAGE.tmpl",
// "en.tmpl" or "pt-BR.tmpl", is a text/template that defines blocks:
//
//	{{define "sign_in.subject"}}Your code for {{.Service}}{{end}}
//	{{define "sign_in.text"}}…{{end}}
//	{{define "sign_in.sms"}}{{.Service}}: {{.Code}} signs you in. Good for {{.Minutes}} min.{{end}}
//
// A block is named for a [sender.Template] and for where it goes: subject and text are
// those of a mail, sms is the text of every other channel. In text, an empty line begins
// a paragraph, and the code is a paragraph by itself. What stands in a block is a
// [Facts]. A block whose name begins with _ is for the others of its file to use. A
// language that has no file yet is added by its file.
//
// The page of a mail is made of the same paragraphs by "layout.html", an html/template
// of a [Page]; "TEMPLATE.html" makes that of one template, and "LANGUAGE.TEMPLATE.html" and
// "LANGUAGE.layout.html" those of one language.
//
// New tries every message out, with and without an account's name. It refuses a file that
// is of no use, a subject with the code in it, a text or page without it, and a text
// message that takes too many segments (R66).
//
// # What a text message ends with
//
// With [Options].Domain, a code by text message ends with "@example.com #735081": a
// browser then offers the code to that site alone, and to no page that looks like it
// (origin-bound one-time codes, https://wicg.github.io/sms-one-time-codes/).
package catalog
