package catalog_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/catalog"
)

// An application changes the words of one message, and leaves the rest as it comes.
func Example() {
	own := fstest.MapFS{"en.tmpl": {Data: []byte(
		`{{define "sign_in.sms"}}{{.Code}} opens {{.Service}} for {{.Minutes}} minutes. Never share it.{{end}}`,
	)}}
	c, err := catalog.New(catalog.Options{Service: "Acme", Domain: "acme.example", Templates: own})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, locale := range []string{"en-GB", "fr-CA"} {
		m, err := c.Render(sender.Message{
			Channel: sender.SMS, Purpose: sender.SignIn, Template: sender.SignInCode, Locale: locale,
			Code: sender.NewCode("735081"), Lifetime: 5 * time.Minute,
		})
		fmt.Println(m.Language, err)
		fmt.Println(m.Text)
	}
	// Output:
	// en <nil>
	// 735081 opens Acme for 5 minutes. Never share it.
	//
	// @acme.example #735081
	// fr <nil>
	// Acme : 735081 est votre code de connexion. Valable 5 min. Ne le communiquez jamais.
	//
	// @acme.example #735081
}
