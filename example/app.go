package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/httpadapter"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store"
)

// The demo account. Its password is far too weak for anything but a demo, so
// the policy below is relaxed for it.
const (
	demoUsername = "demo"
	demoPassword = "passwd"
)

type options struct {
	db        string
	keys      string // a file; empty: keys that are forgotten
	accessTTL time.Duration
	noQuotas  bool
	origins   []string
	base      string // where the server is reached, "http://127.0.0.1:8080"
}

type app struct {
	svc     *association.Service
	handler http.Handler
	close   func() error
}

// newApp puts everything together.
func newApp(ctx context.Context, o options) (*app, error) {
	records, done, err := openStore(ctx, o.db)
	if err != nil {
		return nil, err
	}
	a, err := mount(ctx, o, records)
	if err != nil {
		return nil, errors.Join(err, done())
	}
	a.close = done
	return a, nil
}

// mount is what an application does with a store.
func mount(ctx context.Context, o options, records store.Store) (*app, error) {
	keys, err := loadKeys(o.keys)
	if err != nil {
		return nil, fmt.Errorf("-keys: %w", err)
	}
	phones, err := phone.New(phone.Options{DefaultRegion: "CN", Countries: []string{phone.AllCountries}})
	if err != nil {
		return nil, err
	}
	office, err := openTicketOffice()
	if err != nil {
		return nil, err
	}
	mail := mailbox.New(mailbox.Options{Out: os.Stdout})
	svc, err := association.New(association.Config{
		Name:      "Ligature example",
		Store:     records,
		Sender:    mail,
		Keys:      keys,
		Kinds:     []association.Kind{email.New(), phones, username.New()},
		Transfers: grantAll{},
		Tickets:   office.tickets(),
		Policy: association.Policy{
			AllowSignUp:            true,
			AllowAnonymous:         true,
			AllowDelete:            true,
			AllowUsernameChange:    true,
			AccessTTL:              o.accessTTL,
			UnsafePasswordMinBytes: len(demoPassword),
			UnsafeNoBudgets:        o.noQuotas,
		},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return nil, err
	}
	demo, err := importDemo(ctx, svc)
	if err != nil {
		return nil, err
	}

	bearer, err := httpadapter.New(svc, httpadapter.Options{Sessions: httpadapter.Bearer(), Origins: o.origins})
	if err != nil {
		return nil, err
	}
	cookies := scs.New()
	cookie, err := httpadapter.New(svc, httpadapter.Options{Sessions: httpadapter.Cookie(cookies)})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", bearer))
	mux.Handle("/app/auth/", cookies.LoadAndSave(http.StripPrefix("/app/auth", cookie)))
	mux.HandleFunc("GET /dev/messages", devMessages(mail))
	mux.HandleFunc("GET /dev/ticket", office.devTicket(demo))
	mux.HandleFunc("GET /{$}", page(o.base))
	return &app{svc: svc, handler: mux}, nil
}

// importDemo makes the demo account, unless it is there since the last time, and
// returns its ID.
func importDemo(ctx context.Context, svc *association.Service) (id string, err error) {
	id, err = svc.Import(ctx, association.ImportedAccount{
		Name:        "Demo",
		Identifiers: []association.ImportedIdentifier{{Kind: "username", Value: demoUsername}},
		Password:    demoPassword,
	})
	if errors.Is(err, association.ErrIdentifierTaken) {
		var there association.Account
		there, err = svc.Find(ctx, demoUsername)
		id = there.ID
	}
	return id, err
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed try.sh
	tryScript string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// page says what to try.
func page(base string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = pageTemplate.Execute(w, map[string]string{ // the client has gone: nobody to tell
			"Base": base, "Username": demoUsername, "Password": demoPassword,
			"Script": strings.ReplaceAll(tryScript, "http://127.0.0.1:8080", base),
		})
	}
}
