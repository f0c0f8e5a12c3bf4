package app_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store/memstore"
)

const guide = "../../../docs/adopting.md"

// changes are the files in which the application without ligature and the one with it
// differ, their tests aside.
func changes(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, name := range append(glob(t, "../before/*.go"), glob(t, "../after/*.go")...) {
		if !strings.HasSuffix(name, "_test.go") && !slices.Contains(files, filepath.Base(name)) {
			files = append(files, filepath.Base(name))
		}
	}
	slices.Sort(files)
	return files
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names
}

// diff compares a file before and after, as git does whatever is configured.
func diff(t *testing.T, name string, options ...string) string {
	t.Helper()
	existing := func(dir string) string {
		if _, err := os.Stat(filepath.Join("..", dir, name)); err != nil {
			return os.DevNull
		}
		return dir + "/" + name
	}
	args := append([]string{"diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-algorithm=myers"}, options...)
	cmd := exec.CommandContext(t.Context(), "git", append(args, "--", existing("before"), existing("after"))...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_DIR="+os.DevNull)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if err != nil && (!errors.As(err, &failed) || failed.ExitCode() != 1) { // 1 says that they differ
		t.Fatalf("git diff: %v", err)
	}
	return string(out)
}

// TestFewerThanFortyLines counts each line that was added or changed, blank ones,
// imports and comments too; and each that went without another in its place.
func TestFewerThanFortyLines(t *testing.T) {
	lines := 0
	for _, name := range changes(t) {
		counted := strings.Fields(diff(t, name, "--numstat"))
		if len(counted) == 0 {
			continue
		}
		added, err := strconv.Atoi(counted[0])
		if err != nil {
			t.Fatal(err)
		}
		removed, err := strconv.Atoi(counted[1])
		if err != nil {
			t.Fatal(err)
		}
		lines += max(added, removed)
	}
	if lines == 0 || lines >= 40 {
		t.Errorf("ligature takes %d lines, want fewer than 40", lines)
	}
	if says := fmt.Sprintf("**%d lines**", lines); !strings.Contains(text(t, guide), says) {
		t.Errorf("%s does not say %s", guide, says)
	}
}

func TestGuideShowsTheDiff(t *testing.T) {
	var all strings.Builder
	for _, name := range changes(t) {
		for line := range strings.Lines(diff(t, name, "-U0")) {
			if !strings.HasPrefix(line, "diff --git ") && !strings.HasPrefix(line, "index ") {
				all.WriteString(line)
			}
		}
	}
	if shown := blocks(t, "diff"); !slices.Equal(shown, []string{all.String()}) {
		t.Errorf("%s does not show the diff, which is:\n%s", guide, all.String())
	}
}

// TestGuideShowsWhatIsTested: each block of Go stands in these tests.
func TestGuideShowsWhatIsTested(t *testing.T) {
	var tests strings.Builder
	for _, name := range glob(t, "*_test.go") {
		tests.WriteString(text(t, name))
	}
	inside := strings.ReplaceAll(tests.String(), "\n\t", "\n")
	shown := blocks(t, "go")
	if len(shown) != 3 {
		t.Errorf("%d blocks of Go", len(shown))
	}
	for _, block := range shown {
		if !strings.Contains(tests.String(), "\n"+block) && !strings.Contains(inside, "\n"+block) {
			t.Errorf("no test has what %s shows:\n%s", guide, block)
		}
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

// blocks returns what the guide shows in a language.
func blocks(t *testing.T, language string) (blocks []string) {
	t.Helper()
	for _, after := range strings.Split(text(t, guide), "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(after, "```\n")
		blocks = append(blocks, block)
	}
	return blocks
}

// tend does what is due, at each tick, until ctx ends.
func tend(ctx context.Context, methods *association.Service, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			_, undelivered := methods.Deliver(ctx, 100)
			_, undeleted := methods.DeleteExpired(ctx, 500)
			if err := errors.Join(undelivered, undeleted); err != nil {
				slog.ErrorContext(ctx, "ligature is behind", "error", err)
			}
		}
	}
}

func TestTend(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	ada.binds("ada@example.org")
	ada.binds("ada@example.net")
	told := len(s.mail.Messages())
	ctx, cancel := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan struct{})
	go func() {
		tend(ctx, s.Methods, tick)
		close(done)
	}()
	tick <- time.Time{}
	tick <- time.Time{} // is taken when the first is over
	cancel()
	<-done
	if got := len(s.mail.Messages()); got != told+1 {
		t.Errorf("%d letters, want the one that the replaced address is owed", got-told)
	}
}

// importUsers hands the users over to ligature: see docs/adopting.md.
func importUsers(ctx context.Context, db *sql.DB, svc *association.Service, refused func(association.ImportedAccount, error)) (int, error) {
	rows, err := db.QueryContext(ctx, `SELECT id, email, email_verified, password_hash FROM users`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var unread error
	n, err := svc.ImportAll(ctx, func(yield func(association.ImportedAccount) bool) {
		for unread == nil && rows.Next() {
			var in association.ImportedAccount
			var address string
			var verified bool
			unread = rows.Scan(&in.ID, &address, &verified, &in.PasswordHash)
			if verified {
				in.Identifiers = []association.ImportedIdentifier{{Kind: "email", Value: address}}
			}
			if unread == nil && !yield(in) {
				return
			}
		}
	}, refused)
	return n, errors.Join(err, unread, rows.Err())
}

func TestImportUsers(t *testing.T) {
	cheap, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	byBcrypt, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for name, hash := range map[string]string{"argon2id": cheap, "bcrypt": string(byBcrypt)} {
		t.Run(name, func(t *testing.T) {
			config := ligature(mailbox.New(mailbox.Options{}))
			config.Store = memstore.New(memstore.Limits{})
			config.Kinds = append(config.Kinds, username.New())
			svc, err := association.New(config)
			if err != nil {
				t.Fatal(err)
			}
			db := open(t)
			execute := func(statement string, args ...any) {
				t.Helper()
				if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
					t.Fatal(err)
				}
			}
			execute(`CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, email_verified BOOLEAN, password_hash TEXT)`)
			add := func(id int, email string, verified bool) {
				t.Helper()
				execute(`INSERT INTO users VALUES (?, ?, ?, ?)`, id, email, verified, hash)
			}
			add(1, "ada@example.com", true)
			add(2, "mallory@example.com", false)
			add(3, "no address", true)
			run := func(want, wantRefused int) {
				t.Helper()
				not := []string{}
				n, err := importUsers(t.Context(), db, svc, func(in association.ImportedAccount, _ error) { not = append(not, in.ID) })
				if err != nil || n != want || len(not) != wantRefused {
					t.Fatalf("imported %d, refused %v, %v; want %d and %d", n, not, err, want, wantRefused)
				}
			}
			run(2, 1)
			execute(`UPDATE users SET email = 'cy@example.com' WHERE id = 3`)
			add(4, "dan@example.com", true)
			run(2, 0)
			run(0, 0)
			signIn := func(address string) error {
				_, err := svc.SignIn(t.Context(), association.Caller{Device: "d"}, association.SignInRequest{Identifier: address, Password: password})
				return err
			}
			for _, address := range []string{"ada@example.com", "cy@example.com", "dan@example.com"} {
				if err := signIn(address); err != nil {
					t.Errorf("%s: %v", address, err)
				}
			}
			execute(`UPDATE users SET email = NULL WHERE id = 2`)
			if _, err := importUsers(t.Context(), db, svc, nil); err == nil {
				t.Error("a row that cannot be read was passed over in silence")
			}
			if err := signIn("mallory@example.com"); !errors.Is(err, association.ErrInvalidPassword) {
				t.Errorf("an unproved address signs in: %v", err)
			}
		})
	}
}
