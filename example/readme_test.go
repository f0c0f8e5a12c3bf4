package main

import (
	"bytes"
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/httpadapter"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// mountREADME is what the README shows, between the two marks.
func mountREADME(ctx context.Context, mux *http.ServeMux, db *sql.DB, mail sender.Sender, ringKey, indexKey []byte) (*association.Service, error) {
	// README begins
	records, err := bunstore.Prepare(ctx, db, bunstore.PostgreSQL, bunstore.Config{}) // or SQLite, or MySQL
	if err != nil {
		return nil, err
	}
	svc, err := association.New(association.Config{
		Name:   "Acme",
		Store:  records,
		Sender: sender.Mux{sender.Email: mail},
		Kinds:  []association.Kind{email.New(), username.New()},
		Keys: association.Keys{ // 32 random bytes each, from your secret store
			Active: "2026-11",
			Ring:   map[string]association.Key{"2026-11": association.NewKey(ringKey)},
			Index:  association.NewKey(indexKey),
		},
		Policy: association.Policy{AllowSignUp: true},
	})
	if err != nil {
		return nil, err
	}
	if err := httpadapter.Mount(mux, "/auth", svc, httpadapter.Options{Sessions: httpadapter.Bearer()}); err != nil {
		return nil, err
	}
	// README ends
	return svc, nil
}

func TestReadmeMounts(t *testing.T) {
	driver, _, dsn, err := database(testdb.PostgreSQL(t))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	mux, mail := http.NewServeMux(), mailbox.New(mailbox.Options{})
	if _, err := mountREADME(t.Context(), mux, db, mail, bytes.Repeat([]byte("ring"), 8), bytes.Repeat([]byte("index"), 8)); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "/auth/v1/verification", strings.NewReader(`{"email":"ada@example.com"}`)))
	if _, sent := mail.Last("ada@example.com"); w.Code != http.StatusOK || !sent {
		t.Errorf("asking for a code: %d %s", w.Code, w.Body)
	}
}

func TestReadmeShowsWhatIsTested(t *testing.T) {
	readme := text(t, "../README.md")
	_, code, _ := strings.Cut(text(t, "readme_test.go"), "\t// README begins\n")
	code, _, _ = strings.Cut(code, "\t// README ends\n")
	code = strings.TrimPrefix(strings.ReplaceAll("\n"+code, "\n\t", "\n"), "\n")
	if code == "" || !strings.Contains(readme, code) {
		t.Errorf("README.md does not mount as the test does:\n%s", code)
	}

	_, pager, _ := strings.Cut(text(t, "../sender/example_test.go"), "type pager")
	pager, _, _ = strings.Cut(pager, "\n}\n\nfunc Example")
	pager = "type pager" + pager + "\n}\n"
	if !strings.Contains(readme, pager) {
		t.Errorf("README.md does not show the sender of the example:\n%s", pager)
	}
	doc := strings.ReplaceAll(strings.ReplaceAll(text(t, "../sender/doc.go"), "\n//\t", "\n"), "\n//\n", "\n\n")
	if !strings.Contains(doc, pager) {
		t.Errorf("sender/doc.go does not show the sender of the example:\n%s", doc)
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
