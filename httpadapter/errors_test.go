package httpadapter_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestErrorTableIsComplete: every sentinel of the core has a row, and a name has
// the number that the client knows it by.
func TestErrorTableIsComplete(t *testing.T) {
	for name, text := range sentinels(t) {
		if !slices.ContainsFunc(httpadapter.Refusals(), func(r httpadapter.Refusal) bool { return r.Err.Error() == text }) {
			t.Errorf("association.%s has no row", name)
		}
	}
	known := []refusal{
		badArgument, badPassword, noSudo, notAllowed, nobody, deadGrant, taken, usernameHad, unregistered, tooMany,
		unsupported, noEndpoint,
		{"password_not_set", 9, 400}, {"user_blocked", 7, 403}, {"unavailable", 14, 503},
		{"two_factor_required", 9, 403}, {"failed_precondition", 9, 403},
	}
	for _, r := range httpadapter.Refusals() {
		if !slices.Contains(known, refusal{r.Name, r.Code, r.Status}) {
			t.Errorf("%v: %s is not %d with status %d", r.Err, r.Name, r.Code, r.Status)
		}
	}
	if unauthenticated := slices.DeleteFunc(httpadapter.Refusals(), func(r httpadapter.Refusal) bool {
		return r.Name != "unauthenticated"
	}); len(unauthenticated) != 1 {
		t.Errorf("unauthenticated makes the client forget its session, and %d errors say so", len(unauthenticated))
	}
}

// sentinels reads the errors of package association from its source.
func sentinels(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "association", "errors.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Err") {
			return true
		}
		if call, ok := spec.Values[0].(*ast.CallExpr); ok && len(call.Args) == 1 {
			if text, ok := call.Args[0].(*ast.BasicLit); ok {
				found[spec.Names[0].Name], _ = strconv.Unquote(text.Value)
			}
		}
		return true
	})
	if len(found) < 20 {
		t.Fatalf("found only %d sentinels: %v", len(found), found)
	}
	return found
}

// TestR10_GoldenRefusals writes every refusal as it goes out, and compares.
func TestR10_GoldenRefusals(t *testing.T) {
	failing := errors.New("dial tcp 10.0.0.1:5432: password=hunter2")
	cases := []error{
		&association.Error{Op: "send", Err: association.ErrRateLimited, RetryAfter: 41*time.Second + time.Nanosecond},
		&association.Error{Op: "sign in", Err: association.ErrUnavailable, Detail: "overloaded", RetryAfter: 2 * time.Second},
		&association.Error{Op: "bind", Err: association.ErrSudoRequired, Detail: "a detail"},
		&association.Error{Op: "authenticate", Err: association.ErrUnauthenticated},
		&association.Error{Op: "check fresh", Err: association.ErrSudoRequired, MaxAge: 5 * time.Minute},
		&association.Error{Op: "check fresh", Err: association.ErrSudoRequired, MaxAge: 90*time.Second + 500*time.Millisecond},
		failing,
	}
	for _, r := range httpadapter.Refusals() {
		cases = append(cases, r.Err)
	}
	var out strings.Builder
	for _, err := range cases {
		w := newWorld(t)
		h := w.handler(httpadapter.Options{Sessions: httpadapter.Host(func(*http.Request) (association.Actor, error) {
			return association.Actor{}, fmt.Errorf("%w for ada@example.com", err)
		})})
		r := w.stranger(h).do("GET", "/v1/user/me", nil)
		if strings.Contains(r.raw, "ada@example.com") || strings.Contains(r.raw, "hunter2") {
			t.Errorf("%v: what the error wraps is told: %s", err, r.raw)
		}
		if errors.Is(err, association.ErrSudoRequired) {
			age := time.Duration(0)
			if e := (&association.Error{}); errors.As(err, &e) {
				age = e.MaxAge
			}
			checkChallenge(t, r, age)
		}
		fmt.Fprintf(&out, "%v\n%d\n", err, r.status)
		for _, name := range []string{"Retry-After", "WWW-Authenticate"} {
			if v := r.header.Values(name); len(v) != 0 {
				fmt.Fprintf(&out, "%s: %s\n", name, strings.Join(v, "; "))
			}
		}
		fmt.Fprintf(&out, "%s\n", r.raw)
	}
	golden := filepath.Join("testdata", "refusals.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the refusals differ from %s; got:\n%s", golden, out.String())
	}
}

// TestDeadContexts: a client that hangs up, or a deadline, is unavailable.
func TestDeadContexts(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := c.do("GET", "/v1/user/me", nil, func(r *http.Request) { *r = *r.WithContext(ctx) })
	refusal{"unavailable", 14, 503}.of(r)
}

// TestBlockedAccount: a disabled account is told so at its own session only.
func TestBlockedAccount(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	w.block("ada")
	for _, route := range httpadapter.Routes() {
		if route.SignedIn {
			refusal{"user_blocked", 7, 403}.of(c.do(route.Method, route.Path, everyField))
		}
	}
	refusal{"user_blocked", 7, 403}.of(c.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
	badPassword.of(c.do("POST", "/v1/signin", m{"username": "ada", "password": "wrong horse"}))
}
