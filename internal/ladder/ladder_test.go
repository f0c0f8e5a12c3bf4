// Package ladder holds the order of the packages: who may import whom, and which
// modules from elsewhere each may use.
package ladder_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ligature-auth/ligature"

// rungs says for each package what its non-test code may import beside the
// standard library. A package that is not here has no place in the tree yet: give
// it one.
var rungs = map[string][]string{
	"internal/vendortest": {"sender"},
	"internal/pause":      {},
	"internal/secret":     {},

	"store":           {},
	"store/memstore":  {"store"},
	"store/storetest": {"store"},
	// No driver: a program links the one that it uses.
	"store/bunstore": {
		"internal/pause", "store",
		"github.com/uptrace/bun", "github.com/uptrace/bun/dialect", "github.com/uptrace/bun/schema",
		"github.com/uptrace/bun/dialect/mysqldialect", "github.com/uptrace/bun/dialect/pgdialect", "github.com/uptrace/bun/dialect/sqlitedialect",
	},

	"internal/testdb/bundb": {
		"internal/testdb", "store/bunstore",
		"github.com/go-sql-driver/mysql", "github.com/jackc/pgx/v5/stdlib", "modernc.org/sqlite",
	},
	"internal/testdb": {"github.com/go-sql-driver/mysql", "github.com/jackc/pgx/v5/stdlib"},
	// An example: see docs/writing-a-store.md.
	"internal/redisstore": {"store", "github.com/go-json-experiment/json", "github.com/redis/go-redis/v9"},

	"sender":            {"internal/langtag", "internal/pause", "internal/secret"},
	"sender/catalog":    {"sender", "golang.org/x/text/language"},
	"sender/failover":   {"sender", "github.com/sony/gobreaker/v2"},
	"sender/mailbox":    {"sender"},
	"sender/sendertest": {"sender"},
	// What the senders over HTTP share.
	"internal/vendorhttp": {"sender"},
	"internal/langtag":    {},
	// And those whose vendor has the words.
	"internal/vendortemplate": {"internal/langtag", "sender"},

	"sender/smtp": {"sender", "github.com/emersion/go-msgauth/dkim", "github.com/wneessen/go-mail", "github.com/wneessen/go-mail/smtp"},
	"sender/tencent": {
		"internal/vendorhttp", "internal/vendortemplate", "sender", "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common", "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors",
		"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile", "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sms/v20210111",
	},
	"sender/twilio": {
		"internal/langtag", "internal/vendorhttp", "internal/vendortemplate", "sender", "github.com/twilio/twilio-go/client", "github.com/twilio/twilio-go/rest/api/v2010", "github.com/twilio/twilio-go/rest/verify/v2",
	},
	"sender/webhook": {"internal/vendorhttp", "sender", "github.com/standard-webhooks/standard-webhooks/libraries/go"},

	"association": {
		"internal/pause", "internal/secret", "sender", "sender/catalog", "store",
		"github.com/golang-jwt/jwt/v5",
		"github.com/pquerna/otp", "github.com/pquerna/otp/hotp", "github.com/pquerna/otp/totp",
		"golang.org/x/crypto/argon2", "golang.org/x/crypto/bcrypt", "golang.org/x/crypto/scrypt", "golang.org/x/sync/semaphore",
		"golang.org/x/text/unicode/norm",
	},
	"association/email":    {"association", "sender", "golang.org/x/net/idna"},
	"association/phone":    {"association", "sender", "github.com/nyaruka/phonenumbers"},
	"association/username": {"association", "sender"},

	"httpadapter": {
		"association",
		"github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext",
		"github.com/rs/cors",
	},

	"internal/dbproof": {"association", "association/email", "association/username", "sender", "store"},

	"internal/bench": {
		"association", "association/email", "association/phone", "httpadapter", "internal/bench/minimum",
		"internal/testdb", "internal/testdb/bundb", "sender", "store", "store/bunstore", "store/memstore",
		"github.com/go-sql-driver/mysql", "github.com/uptrace/bun/driver/pgdriver",
	},
	// What ligature is compared with has nothing of ligature's.
	"internal/bench/minimum": {},

	// An application that has nothing of ligature's, and what it promises its users.
	"internal/adopting/before": {"github.com/alexedwards/scs/v2", "golang.org/x/crypto/bcrypt", "modernc.org/sqlite"},
	// The same with ligature.
	"internal/adopting/after": {
		"association", "httpadapter", "store/bunstore", "github.com/alexedwards/scs/v2", "golang.org/x/crypto/bcrypt", "modernc.org/sqlite",
	},
	"internal/adopting/suite": {},

	"example": {
		"association", "association/email", "association/phone", "association/username", "httpadapter",
		"sender", "sender/catalog", "sender/mailbox", "store", "store/bunstore", "store/memstore", "github.com/alexedwards/scs/v2",
		"github.com/go-sql-driver/mysql", "github.com/jackc/pgx/v5/stdlib", "modernc.org/sqlite",
	},
}

type listed struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
}

func TestLadder(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,GoFiles", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) == 0 {
			continue // tests alone
		}
		seen++
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, ok := rungs[name]
		if !ok {
			t.Errorf("%s has no rung", name)
			continue
		}
		for _, path := range p.Imports {
			short := strings.TrimPrefix(path, module+"/")
			if standard := !strings.Contains(strings.Split(path, "/")[0], "."); standard || slices.Contains(allowed, short) {
				continue
			}
			t.Errorf("%s must not import %s", name, short)
		}
	}
	if seen != len(rungs) {
		t.Errorf("%d packages were listed, %d have a rung", seen, len(rungs))
	}
}

// TestHabits looks for calls that library code must not make.
func TestHabits(t *testing.T) {
	forbidden := map[string]string{
		"time.Now":    "there is one clock, Config.Now",
		"fmt.Print":   "a library does not print",
		"fmt.Printf":  "a library does not print",
		"fmt.Println": "a library does not print",
		"log.Print":   "log to Config.Logger",
		"log.Printf":  "log to Config.Logger",
		"os.Getenv":   "configuration is an argument",
	}
	// Where the clock comes from, when the host gives none.
	allowed := []string{
		"association/service.go time.Now", "sender/mailbox/mailbox.go time.Now", "sender/retry.go time.Now",
		"sender/failover/failover.go time.Now", // as its breakers do
		"sender/smtp/options.go time.Now", "sender/tencent/options.go time.Now", "sender/twilio/sender.go time.Now", "sender/webhook/sender.go time.Now",
	}

	// Programs, and what only tests link.
	elsewhere := []string{"example", "adopting", "bench", "sendertest", "storetest", "testdb", "node_modules", ".git"}

	root := "../.."
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains(elsewhere, d.Name()) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		for _, imp := range f.Imports {
			if strings.Contains(imp.Path.Value, "math/rand") {
				t.Errorf("%s imports %s: randomness is crypto/rand (R11)", rel, imp.Path.Value)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok {
				name := x.Name + "." + s.Sel.Name
				if why, bad := forbidden[name]; bad && !slices.Contains(allowed, filepath.ToSlash(rel)+" "+name) {
					t.Errorf("%s uses %s: %s", rel, name, why)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("no file was looked at")
	}
}
