package httpadapter_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/httpadapter"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store/memstore"
)

// Into an application that keeps its visitors in scs: ligature signs in and out.
func ExampleCookie() {
	mail := mailbox.New(mailbox.Options{})
	svc := exampleService(mail, nil)
	_, err := svc.Import(context.Background(), association.ImportedAccount{
		Identifiers: []association.ImportedIdentifier{{Kind: "username", Value: "ada"}},
		Password:    "correct horse",
	})
	if err != nil {
		panic(err)
	}

	// The mounting.
	sessions := scs.New()
	sessions.Lifetime = 12 * time.Hour
	by := httpadapter.Cookie(sessions)
	auth, err := httpadapter.New(svc, httpadapter.Options{Sessions: by})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", auth))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { // a page of the application's own
		actor, err := httpadapter.Actor(svc, by, r)
		_ = json.NewEncoder(w).Encode(map[string]any{"signed in": actor.Account != "" && err == nil})
	})
	server := httptest.NewServer(sessions.LoadAndSave(mux))
	defer server.Close()

	// The ceremony, as a page does it.
	browser := exampleBrowser(server.URL)
	browser("POST", "/auth/v1/signin", `{"username": "ada", "password": "correct horse"}`)
	sudo := browser("POST", "/auth/v1/user/sudo", `{"password": "correct horse"}`)
	sent := browser("POST", "/auth/v1/verification", `{"email": "ada@example.com"}`)
	letter, _ := mail.Last("ada@example.com")
	proof := browser("POST", "/auth/v1/verification/verify",
		fmt.Sprintf(`{"verification_id": %q, "verification_code": %q}`, sent["verification_id"], letter.Code))
	browser("PATCH", "/auth/v1/user/contact", fmt.Sprintf(`{"email": "ada@example.com", "sudo_token": %q, "verification_token": %q}`,
		sudo["sudo_token"], proof["verification_token"]))
	fmt.Println("bound:", browser("GET", "/auth/v1/user/me", "")["email"])
	fmt.Println("the application knows:", browser("GET", "/", "")["signed in"])
	browser("POST", "/auth/v1/user/signout", "")
	fmt.Println("signed out:", browser("GET", "/auth/v1/user/me", "")["error"])
	// Output:
	// bound: ada@example.com
	// the application knows: true
	// signed out: unauthenticated
}

// users is what the application of ExampleHost has already: its users and their
// passwords, judged as ever, and a session for each cookie.
type users struct {
	passwords map[string]string // by user ID; a real application has hashes
	sessions  map[string]login  // by the value of the cookie
}

type login struct {
	id, user string // the session's name, which is not its cookie, and who it is
	at       time.Time
}

// HasPassword is half of association.PasswordVerifier.
func (u users) HasPassword(_ context.Context, id string) (bool, error) {
	_, ok := u.passwords[id]
	return ok, nil
}

// VerifyPassword is the other half.
func (u users) VerifyPassword(_ context.Context, id, password string) (bool, error) {
	want, ok := u.passwords[id]
	return ok && want == password, nil
}

// who tells ligature who is signed in: the application's own session, by name.
func (u users) who(r *http.Request) (association.Actor, error) {
	cookie, err := r.Cookie("app_session")
	if err != nil {
		return association.Actor{}, nil // nobody
	}
	in, ok := u.sessions[cookie.Value]
	if !ok {
		return association.Actor{}, nil
	}
	return association.Actor{Account: in.user, Session: in.id, AuthenticatedAt: in.at}, nil
}

// login is the application's own page for signing in.
func (u users) login(w http.ResponseWriter, r *http.Request) {
	user := r.FormValue("user")
	if ok, _ := u.VerifyPassword(r.Context(), user, r.FormValue("password")); !ok {
		http.Error(w, "{}", http.StatusForbidden)
		return
	}
	cookie := rand.Text()
	u.sessions[cookie] = login{id: rand.Text(), user: user, at: time.Now()}
	http.SetCookie(w, &http.Cookie{Name: "app_session", Value: cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	_, _ = io.WriteString(w, "{}")
}

// Into an application that has users, passwords and sessions of its own: ligature
// neither signs in nor keeps passwords, it only binds.
func ExampleHost() {
	mail := mailbox.New(mailbox.Options{})
	app := users{passwords: map[string]string{"42": "correct horse"}, sessions: map[string]login{}}

	// The mounting.
	svc := exampleService(mail, app) // association.Config.Passwords is app
	auth, err := httpadapter.New(svc, httpadapter.Options{Sessions: httpadapter.Host(app.who)})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/account/methods/", http.StripPrefix("/account/methods", auth))
	mux.HandleFunc("POST /login", app.login) // the application's own
	server := httptest.NewServer(mux)
	defer server.Close()

	// The ceremony, as a page does it.
	browser := exampleBrowser(server.URL)
	browser("POST", "/login?user=42&password=correct+horse", "")
	const methods = "/account/methods"
	fmt.Println("sign-in is the application's:", browser("POST", methods+"/v1/signin", `{}`)["error"])
	fmt.Println("a wrong password:", browser("POST", methods+"/v1/user/sudo", `{"password": "wrong horse"}`)["error"])
	sudo := browser("POST", methods+"/v1/user/sudo", `{"password": "correct horse"}`)
	sent := browser("POST", methods+"/v1/verification", `{"email": "ada@example.com"}`)
	letter, _ := mail.Last("ada@example.com")
	proof := browser("POST", methods+"/v1/verification/verify",
		fmt.Sprintf(`{"verification_id": %q, "verification_code": %q}`, sent["verification_id"], letter.Code))
	browser("PATCH", methods+"/v1/user/contact", fmt.Sprintf(`{"email": "ada@example.com", "sudo_token": %q, "verification_token": %q}`,
		sudo["sudo_token"], proof["verification_token"]))
	me := browser("GET", methods+"/v1/user/me", "")
	fmt.Println("bound to user", me["sub"], "is", me["email"])
	// Output:
	// sign-in is the application's: unimplemented
	// a wrong password: invalid_password
	// bound to user 42 is ada@example.com
}

// exampleService is a Service as an application makes it at its start.
func exampleService(mail *mailbox.Mailbox, passwords association.PasswordVerifier) *association.Service {
	svc, err := association.New(association.Config{
		Name:      "Acme",
		Store:     memstore.New(memstore.Limits{}),
		Sender:    mail,
		Kinds:     []association.Kind{email.New(), username.New()},
		Passwords: passwords,
		Keys: association.Keys{ // from the application's secret store: 32 random bytes each
			Active: "2026-11",
			Ring:   map[string]association.Key{"2026-11": association.NewKey(bytes.Repeat([]byte("ring"), 8))},
			Index:  association.NewKey(bytes.Repeat([]byte("index"), 8)),
		},
	})
	if err != nil {
		panic(err)
	}
	return svc
}

// exampleBrowser keeps cookies and returns what the server answers.
func exampleBrowser(base string) func(method, path, body string) map[string]any {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err)
	}
	client := http.Client{Jar: jar}
	return func(method, path, body string) map[string]any {
		r, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			panic(err)
		}
		defer answer.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
			panic(err)
		}
		return out
	}
}

// A page of the application's own: whoever posts has a verified email address, and
// whoever takes it all away has proved who they are within the last ten minutes.
func ExampleRequireAssociation() {
	mail := mailbox.New(mailbox.Options{})
	app := users{passwords: map[string]string{"42": "correct horse"}, sessions: map[string]login{}}
	svc := exampleService(mail, app)
	by := httpadapter.Host(app.who)

	// The mounting.
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, "/auth", svc, httpadapter.Options{Sessions: by}); err != nil {
		panic(err)
	}
	mux.HandleFunc("POST /login", app.login)
	verified := httpadapter.RequireAssociation(svc, by, "email")
	fresh := httpadapter.RequireFresh(svc, by, 10*time.Minute)
	mux.Handle("POST /posts", verified(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"posted by": %q}`, httpadapter.ActorFrom(r.Context()).Account)
	})))
	mux.Handle("DELETE /posts", fresh(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"left": 0}`)
	})))
	server := httptest.NewServer(mux)
	defer server.Close()

	browser := exampleBrowser(server.URL)
	fmt.Println("nobody:", browser("POST", "/posts", "")["error"])
	browser("POST", "/login?user=42&password=correct+horse", "")
	fmt.Println("without an address:", browser("POST", "/posts", "")["error"])
	fmt.Println("just signed in:", browser("DELETE", "/posts", "")["left"])
	if _, err := svc.Import(context.Background(), association.ImportedAccount{
		ID: "42", Identifiers: []association.ImportedIdentifier{{Kind: "email", Value: "ada@example.com"}},
	}); err != nil {
		panic(err)
	}
	fmt.Println("with one:", browser("POST", "/posts", "")["posted by"])
	// Output:
	// nobody: unauthenticated
	// without an address: failed_precondition
	// just signed in: 0
	// with one: 42
}
