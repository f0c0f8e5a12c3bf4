package association_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

func identifiers(pairs ...string) []association.ImportedIdentifier {
	var all []association.ImportedIdentifier
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, association.ImportedIdentifier{Kind: pairs[i], Value: pairs[i+1]})
	}
	return all
}

func TestImport(t *testing.T) {
	w, watch := watchedWorld(t)
	created := time.Date(2019, 5, 4, 3, 2, 1, 0, time.FixedZone("CST", 8*3600))
	id, err := w.svc.Import(t.Context(), association.ImportedAccount{
		ID: "user-42", Name: "Ada", PasswordHash: testHash(), CreatedAt: created,
		Identifiers: identifiers("username", "Ada", "email", "ADA@Example.com", "phone", "13800000000"),
	})
	if err != nil || id != "user-42" {
		t.Fatalf("%q, %v", id, err)
	}
	if watch.writes() != 1 {
		t.Errorf("%d commits, want 1", watch.writes())
	}
	account, err := w.svc.Account(t.Context(), id)
	if err != nil || account.Name != "Ada" || !account.HasPassword || !account.CreatedAt.Equal(created) {
		t.Errorf("%+v, %v", account, err)
	}
	got := w.bound(id)
	if len(got) != 3 || got["username"] != "ada" || got["email"] != "ada@example.com" || got["phone"] != "+86 13800000000" {
		t.Errorf("bound: %v", got)
	}
	minted, err := w.svc.Import(t.Context(), association.ImportedAccount{})
	if err != nil || minted == "" {
		t.Errorf("with nothing: %q, %v", minted, err)
	}
	if account, err := w.svc.Account(t.Context(), minted); err != nil || account.HasPassword || len(account.Associations) != 0 || !account.CreatedAt.Equal(w.clock.Now()) {
		t.Errorf("with nothing: %+v, %v", account, err)
	}
}

func TestImportRefusedImportsNothing(t *testing.T) {
	const key = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	w, watch := watchedWorld(t)
	w.member("taken", "email", "taken@example.com")
	if _, err := w.svc.Import(t.Context(), association.ImportedAccount{ID: "known"}); err != nil {
		t.Fatal(err)
	}
	writes := watch.writes()
	for _, tt := range []struct {
		name string
		in   association.ImportedAccount
		want error
	}{
		{"a known ID", association.ImportedAccount{ID: "known", Identifiers: identifiers("email", "new@example.com")}, association.ErrAccountExists},
		{"a known ID and a taken address", association.ImportedAccount{ID: "known", Identifiers: identifiers("email", "taken@example.com")}, association.ErrAccountExists},
		{"a taken address", association.ImportedAccount{ID: "x", Identifiers: identifiers("phone", phoneNumber, "email", "Taken@example.com")}, association.ErrIdentifierTaken},
		{"a taken username", association.ImportedAccount{ID: "x", Identifiers: identifiers("username", "TAKEN")}, association.ErrIdentifierTaken},
		{"one address twice", association.ImportedAccount{ID: "x", Identifiers: identifiers("email", "a@example.com", "email", "A@example.com")}, association.ErrInvalidArgument},
		{"no address", association.ImportedAccount{ID: "x", Identifiers: identifiers("email", "a@example.com", "email", "b")}, association.ErrInvalidArgument},
		{"a list", association.ImportedAccount{ID: "x", Identifiers: identifiers("email", "a@example.com,b@example.com")}, association.ErrInvalidArgument},
		{"an unknown kind", association.ImportedAccount{ID: "x", Identifiers: identifiers("fax", "1")}, association.ErrUnsupported},
		{"an ID with a NUL", association.ImportedAccount{ID: "x\x00"}, association.ErrInvalidArgument},
		{"an ID that is not text", association.ImportedAccount{ID: "x\xff"}, association.ErrInvalidArgument},
		{"a long ID", association.ImportedAccount{ID: strings.Repeat("x", 129)}, association.ErrInvalidArgument},
		{"a name with an escape", association.ImportedAccount{ID: "x", Name: "a\x1b[2J"}, association.ErrInvalidArgument},
		{"a short password", association.ImportedAccount{ID: "x", Password: "1234567"}, association.ErrInvalidArgument},
		{"a password and a hash", association.ImportedAccount{ID: "x", Password: password, PasswordHash: testHash()}, association.ErrInvalidArgument},
		{"no hash", association.ImportedAccount{ID: "x", PasswordHash: "secret"}, association.ErrInvalidArgument},
		{"an MD5", association.ImportedAccount{ID: "x", PasswordHash: "5f4dcc3b5aa765d61d8327deb882cf99"}, association.ErrInvalidArgument},
		{"argon2d", association.ImportedAccount{ID: "x", PasswordHash: "$argon2d$v=19$m=64,t=1,p=1" + key}, association.ErrInvalidArgument},
		{"a dear bcrypt", association.ImportedAccount{ID: "x", PasswordHash: "$2b$31$saltsaltsaltsaltsaltsObLoPWfkWxECXlKdnmKdLIr/3DsBgTxG"}, association.ErrInvalidArgument},
		{"a dear scrypt", association.ImportedAccount{ID: "x", PasswordHash: "$scrypt$ln=20,r=8,p=1" + key}, association.ErrInvalidArgument},
		{"one beyond a quarter of the memory", association.ImportedAccount{ID: "x", PasswordHash: "$argon2id$v=19$m=65537,t=1,p=1" + key}, association.ErrInvalidArgument},
		{"a dear one", association.ImportedAccount{ID: "x", PasswordHash: "$argon2id$v=19$m=4194304,t=1,p=1" + key}, association.ErrInvalidArgument},
		{"a slow one", association.ImportedAccount{ID: "x", PasswordHash: "$argon2id$v=19$m=64,t=1000000,p=1" + key}, association.ErrInvalidArgument},
		// These would bring the process down, or accept every password.
		{"no passes", association.ImportedAccount{ID: "x", PasswordHash: "$argon2id$v=19$m=64,t=0,p=1" + key}, association.ErrInvalidArgument},
		{"no lanes", association.ImportedAccount{ID: "x", PasswordHash: "$argon2id$v=19$m=64,t=1,p=0" + key}, association.ErrInvalidArgument},
		{"no key", association.ImportedAccount{ID: "x", PasswordHash: "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"}, association.ErrInvalidArgument},
		{"a key of one byte", association.ImportedAccount{ID: "x", PasswordHash: "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AA"}, association.ErrInvalidArgument},
	} {
		if id, err := w.svc.Import(t.Context(), tt.in); !errors.Is(err, tt.want) || id != "" {
			t.Errorf("%s: %q, %v, want %v", tt.name, id, err, tt.want)
		}
		if watch.writes() != writes {
			t.Fatalf("%s: something was imported", tt.name)
		}
	}
	for _, address := range []string{"a@example.com", "new@example.com"} {
		if a, err := w.store.AccountByIdentifier(t.Context(), "email", []byte(address)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s is of %+v, %v", address, a, err)
		}
	}
	if _, err := w.svc.Import(t.Context(), association.ImportedAccount{ID: "x", Identifiers: identifiers("phone", phoneNumber)}); err != nil {
		t.Errorf("the same again, corrected: %v", err)
	}
}

// The one way in for an address that nobody proved here is Import: every other
// method that may link one takes a token for it. A method that is new here has
// to be looked at, and then named.
func TestR39_NothingLinksAnAddressWithoutATokenButImport(t *testing.T) {
	links := map[string]string{ // method: what it consumes for the address
		"Bind": "BindRequest.VerificationToken, or the session's own", "SignUp": "SignUpRequest.VerificationToken",
		"Import": "the host's word",
		"Send":   "", "Verify": "", "Sudo": "", "SignIn": "", "Refresh": "", "SignOut": "", "SetPassword": "",
		"Authenticate": "", "Identify": "", "ResumeSession": "", "Resume": "", "SessionName": "", "Revoke": "", "EndSession": "", "Account": "", "Deliver": "", "DeleteExpired": "", "Now": "",
		"SetUsername": "a sudo token: a username proves nothing", // and is no address
		"SetProfile":  "", "ResetPassword": "", "Unbind": "", "Methods": "", "EnrolAuthenticator": "", "ConfirmAuthenticator": "",
		"SudoState": "", "EndSudo": "", "CheckSignIn": "", "CheckSudo": "", "CheckFresh": "", "CheckAssociation": "",
		"Devices": "", "EndDevice": "", "EndSessions": "", "History": "", "Delete": "",
		"SignInAnonymously": "", "SignInWithTicket": "", "Disable": "", "Enable": "", "DeleteAccount": "",
		"EndAccountSessions": "", "Find": "", "ImportAll": "the host's word",
		"With": "", // it returns these same methods
	}
	service := reflect.TypeFor[*association.Service]()
	for i := range service.NumMethod() {
		m := service.Method(i)
		if _, ok := links[m.Name]; !ok {
			t.Errorf("method %s is new: does it link an address, and what for?", m.Name)
		}
		for j := range m.Type.NumIn() {
			if in := m.Type.In(j); in.Kind() == reflect.Struct {
				for k := range in.NumField() {
					if name := strings.ToLower(in.Field(k).Name); strings.Contains(name, "verified") || strings.Contains(name, "proved") {
						t.Errorf("%s takes %s.%s", m.Name, in.Name(), in.Field(k).Name)
					}
				}
			}
		}
	}
	if missing := len(links) - service.NumMethod(); missing > 0 {
		t.Errorf("%d of the methods named here are gone", missing)
	}

	// Nor does a function that is not a method.
	known := []string{"New", "NewKey", "NewToken", "IsToken", "NewTicket", "ParseEvent"}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() && !slices.Contains(known, fn.Name.Name) {
				t.Errorf("%s: func %s is new", f.Name(), fn.Name.Name)
			}
		}
	}
}

// Every method that writes is called with no token at all, and links nothing.
func TestR39_WithoutATokenNothingIsLinked(t *testing.T) {
	w, watch := watchedWorld(t)
	m := w.mint("ada")
	before := len(watch.applied)
	ctx := t.Context()
	_, _ = w.svc.Bind(ctx, m.caller, association.BindRequest{Kind: "phone", To: "+8613900000000", SudoToken: m.sudo})
	_, _ = w.svc.Bind(ctx, m.caller, association.BindRequest{Kind: "username", To: "other", SudoToken: m.sudo})
	_, _ = w.svc.Bind(ctx, m.caller, association.BindRequest{Kind: "phone", To: "+8613900000000", FromSession: true})
	_, _ = w.svc.Bind(ctx, m.caller, association.BindRequest{Kind: "username", To: "other", FromSession: true})
	_, _ = w.svc.SignUp(ctx, m.device, association.SignUpRequest{Kind: "email", To: "free@example.com", Username: "free"})
	_, _ = w.svc.SignIn(ctx, m.device, association.SignInRequest{Identifier: "free@example.com", Password: password})
	_, _ = w.svc.Send(ctx, m.caller, association.SendRequest{Kind: "phone", To: "+8613900000000"})
	for _, change := range watch.applied[before:] {
		if len(change.Link)+len(change.Unlink) > 0 {
			t.Errorf("linked %+v", change.Link)
		}
	}
	if _, err := w.svc.Bind(ctx, m.caller, association.BindRequest{Kind: "phone", To: phoneNumber, FromSession: true}); err != nil {
		t.Errorf("what the session does hold: %v", err)
	}
}

// A store may answer ErrConflict for a conflict of its own. The account is known
// only if it is there.
func TestImportSurvivesAConflictOfTheStoresOwn(t *testing.T) {
	w, watch := watchedWorld(t)
	first := true
	watch.before = func(_ context.Context, call string) error {
		if call == "Apply" && first {
			first = false
			return store.ErrConflict
		}
		return nil
	}
	for i, want := range []error{nil, association.ErrAccountExists} {
		if _, err := w.svc.Import(t.Context(), association.ImportedAccount{ID: "42"}); !errors.Is(err, want) {
			t.Errorf("import %d: %v, want %v", i+1, err, want)
		}
	}
	if _, err := w.store.Account(t.Context(), "42"); err != nil {
		t.Error(err)
	}
}
