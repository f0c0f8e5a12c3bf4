package association_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// chiSquare of 9 degrees of freedom passes this once in 10^9 runs.
const chiSquareBound = 64

func TestR11_CodesAreUniform(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ digits, samples int }{{6, 1_000_000}, {8, 50_000}, {10, 50_000}} {
		seen := make([][10]int, test.digits)
		leadingZeros := 0
		for range test.samples {
			code := association.MakeCode(test.digits)
			if len(code) != test.digits {
				t.Fatalf("a code of %d digits: %q", test.digits, code)
			}
			for i, c := range []byte(code) {
				seen[i][c-'0']++ // panics for anything but a digit
			}
			if strings.HasPrefix(code, "00") {
				leadingZeros++
			}
		}
		want := float64(test.samples) / 10
		for i, digits := range seen {
			var chi float64
			for _, n := range digits {
				chi += (float64(n) - want) * (float64(n) - want) / want
			}
			if chi > chiSquareBound {
				t.Errorf("%d digits: position %d is not uniform: chi-square %.1f, %v", test.digits, i, chi, digits)
			}
		}
		if leadingZeros == 0 {
			t.Errorf("%d digits: no code starts with 00", test.digits)
		}
	}
}

// sources parses the package, its tests apart.
func sources(t *testing.T) (*token.FileSet, []*ast.File) {
	t.Helper()
	set := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if len(files) < 10 {
		t.Fatalf("found only %d files", len(files))
	}
	return set, files
}

func TestR11_NoWeakRandomness(t *testing.T) {
	set, files := sources(t)
	for _, f := range files {
		for _, imported := range f.Imports {
			if strings.HasPrefix(imported.Path.Value, `"math/rand`) {
				t.Errorf("%s: imports %s", set.Position(imported.Pos()), imported.Path.Value)
			}
		}
	}
}

// TestR17_MACsAreComparedInOnePlace holds every comparison of a MAC to the one
// function that does it in constant time.
func TestR17_MACsAreComparedInOnePlace(t *testing.T) {
	set, files := sources(t)
	where := func(p token.Pos, f *ast.FuncDecl) string {
		name := set.Position(p).Filename
		if f != nil {
			name += " " + f.Name.Name
		}
		return name
	}
	allowed := map[string][]string{
		"hmac.Equal":                 {"keys.go matches"},
		"subtle.ConstantTimeCompare": {"verify.go read", "hash.go sameKey"}, // of nonces, of passwords' hashes
		".MAC":                       {"keys.go matches", "answer.go context"},
	}
	found := map[string]int{}
	for _, f := range files {
		for _, d := range f.Decls {
			function, _ := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				name := "." + s.Sel.Name
				if x, ok := s.X.(*ast.Ident); ok && name != ".MAC" {
					name = x.Name + name
				}
				switch name {
				case "bytes.Equal", "bytes.Compare", "reflect.DeepEqual":
					t.Errorf("%s uses %s", set.Position(n.Pos()), name)
				case "hmac.Equal", "subtle.ConstantTimeCompare", ".MAC":
					found[name]++
					if !slices.Contains(allowed[name], where(n.Pos(), function)) {
						t.Errorf("%s uses %s", set.Position(n.Pos()), name)
					}
				}
				return true
			})
		}
	}
	if found["hmac.Equal"] != 1 || found[".MAC"] == 0 {
		t.Errorf("found %v: want hmac.Equal once, and the MACs that it compares", found)
	}
}

// BenchmarkR17 compares the time of a guess with its first digit right and of
// one all wrong: the two must not differ.
func BenchmarkR17(b *testing.B) {
	judge, err := association.CodeMatcher(testKeys(), "123456")
	if err != nil {
		b.Fatal(err)
	}
	if !judge("123456") {
		b.Fatal("the right code is refused")
	}
	for name, guess := range map[string]string{"first digit right": "199999", "all wrong": "999999"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if judge(guess) {
					b.Fatal("a wrong code is accepted")
				}
			}
		})
	}
}

// TestR13_CodesDieOnTime holds the boundary to the microsecond.
func TestR13_CodesDieOnTime(t *testing.T) {
	for _, test := range []struct {
		name, kind, to string
		policy         association.Policy
		ttl            time.Duration
	}{
		{"email", "email", "ada@example.com", association.Policy{}, 10 * time.Minute},
		{"SMS", "phone", "+8613800000000", association.Policy{}, 5 * time.Minute},
		{"SMS, its zero value", "phone", "+8613800000000", association.Policy{
			CodeTTL: map[sender.Channel]time.Duration{sender.SMS: 0},
		}, 5 * time.Minute},
		{"set", "email", "ada@example.com", association.Policy{
			CodeTTL: map[sender.Channel]time.Duration{sender.Email: 2 * time.Minute},
		}, 2 * time.Minute},
	} {
		for _, early := range []time.Duration{time.Microsecond, 0} {
			l := newLab(t, func(cfg *association.Config) { cfg.Policy.CodeTTL = test.policy.CodeTTL })
			c := device("d")
			sent, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: test.kind, To: test.to})
			if err != nil {
				t.Fatal(err)
			}
			if want := l.clock.Now().Add(test.ttl); !sent.Expires.Equal(want) {
				t.Errorf("%s: a code expires at %v, want %v", test.name, sent.Expires, want)
			}
			l.clock.Advance(test.ttl - early)
			_, err = l.svc.Verify(t.Context(), c, sent.ID, l.out.code(sent.ID))
			if lives := early > 0; lives != (err == nil) {
				t.Errorf("%s: %v before its end: got %v, want it to live: %t", test.name, early, err, lives)
			}
		}
	}
}

// TestR18_MalformedIsRefusedUnseen: what is no code is no guess, and costs the
// store nothing.
func TestR18_MalformedIsRefusedUnseen(t *testing.T) {
	l := newLab(t)
	c := device("d")
	id, code := l.ask(c, "ada@example.com")
	arabic := strings.Map(func(r rune) rune { return r - '0' + '٠' }, code)
	fullwidth := strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
	codes := []string{
		"", " ", "-", "------", "null", "undefined", "[]", "{}", "0", code[:5], code + "0", code + code,
		strings.Repeat("0", 1<<20), arabic, fullwidth, "½½½½½½", code + "\x00", "\x00" + code, code[:3] + "\x00" + code[3:],
		code + "\n", "\t" + code, code[:3] + " " + code[3:], code[:2] + "-" + code[2:4] + "-" + code[4:], "--" + code,
		"+" + code[1:], "-" + code[1:], "0x" + code[2:], "1e" + code[2:], code[:5] + "\xff", code[:3] + "–" + code[3:],
		"\ufeff" + code, code + "\u200b",
	}
	unknown := "lgc1_" + strings.Repeat("A", 22) + id[strings.Index(id, "."):]
	ids := []string{id, "", "null", unknown, strings.TrimPrefix(id, "lgc1_")}
	for _, id := range ids {
		for _, code := range codes {
			calls := l.spy.during(func() {
				if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
					t.Errorf("Verify(%.60q, %.60q): got %v, want %v", id, code, err, association.ErrInvalidProof)
				}
			})
			if len(calls) > 0 {
				t.Errorf("Verify(%.60q, %.60q) asked the store: %v", id, code, calls)
			}
		}
	}
	for _, id := range []string{
		"", "lgc1_", "lgc1_.", id + "=", id + ".", id + "A", id[:len(id)-1], " " + id, strings.ToUpper(id),
		"lgv1_" + strings.TrimPrefix(id, "lgc1_"), strings.Replace(id, ".", "..", 1), strings.Replace(id, ".", "\x00", 1),
		strings.Repeat("A", 1<<20), id + "\x00",
	} {
		calls := l.spy.during(func() {
			if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("Verify(%.60q): got %v, want %v", id, err, association.ErrInvalidProof)
			}
		})
		if len(calls) > 0 {
			t.Errorf("Verify(%.60q) asked the store: %v", id, calls)
		}
	}
	if r := l.record(id); r.Guesses != 0 {
		t.Errorf("malformed guesses were charged: %+v", r)
	}
	spelled := "  " + code[:3] + "-" + code[3:] + " "
	if _, err := l.svc.Verify(t.Context(), c, id, spelled); err != nil {
		t.Errorf("Verify(%q): %v", spelled, err)
	}
}
