package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// What -db names keeps the records and -keys the keys: a session goes on when the
// program is started again.
func TestRecordsAndKeysOutliveTheProgram(t *testing.T) {
	for name, db := range map[string]func(t *testing.T) string{
		"a file":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "100% odd? #1.db") },
		"PostgreSQL": func(t *testing.T) string { return testdb.PostgreSQL(t) },
		"MariaDB":    func(t *testing.T) string { return "mysql:" + testdb.MariaDB(t, "utf8mb4_general_ci") },
	} {
		t.Run(name, func(t *testing.T) {
			o := options{db: db(t), keys: filepath.Join(t.TempDir(), "keys")}
			token := ""
			for range 2 {
				a, err := newApp(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if token == "" {
					body := request(t, a, "POST", "/auth/v1/signin", "", `{"username":"demo","password":"passwd"}`)
					_, rest, _ := strings.Cut(body, `"access_token":"`)
					token, _, _ = strings.Cut(rest, `"`)
				}
				request(t, a, "POST", "/auth/v1/signin/custom", "", request(t, a, "GET", "/dev/ticket", "", ""))
				if body := request(t, a, "GET", "/auth/v1/user/me", token, ""); !strings.Contains(body, `"username":"demo"`) {
					t.Errorf("the session is answered %s", body)
				}
				if err := a.close(); err != nil {
					t.Error(err)
				}
			}
			if info, err := os.Stat(o.keys); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the keys are readable by others: %v, %v", info.Mode(), err)
			}
			if strings.HasPrefix(name, "a file") {
				if _, err := os.Stat(o.db); err != nil {
					t.Errorf("the file has another name: %v", err)
				}
			}
		})
	}
}

func request(t *testing.T, a *app, method, path, token, body string) string {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.String()
}

func TestDatabaseNames(t *testing.T) {
	for name, want := range map[string]string{
		"app.db":                           "sqlite file:app.db?",
		"/var/lib/app.db":                  "sqlite file:/var/lib/app.db?",
		"postgres://u:pass@h/app":          "pgx postgres://u:pass@h/app",
		"postgresql://h/a?sslmode=disable": "pgx postgresql://h/a?sslmode=disable",
		"mysql:u:pass@tcp(h)/app":          "mysql u:pass@tcp(h)/app",
	} {
		driver, _, dsn, err := database(name)
		if got := driver + " " + dsn; err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	for _, name := range []string{"oracle://u:secret@h", "postgres://u:secret@h:port/", "mysql:secret"} {
		_, _, err := openStore(t.Context(), name)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want an error without the password", name, err)
		}
	}
}

func TestKeysThatAreNoneAreRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys")
	for _, text := range []string{"", "{}", `{"ring":"AAAA","index":"AAAA"}`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err := newApp(t.Context(), options{db: "memory", keys: name}); err == nil {
			t.Errorf("%q: accepted as %v", text, a)
		}
	}
}
