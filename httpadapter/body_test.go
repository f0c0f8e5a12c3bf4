package httpadapter_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/httpadapter"
)

// TestBodiesAsClientsWriteThem is what the published client sends, in every form
// that it has.
func TestBodiesAsClientsWriteThem(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       httpadapter.Body
	}{
		{"nothing", ``, httpadapter.Body{}},
		{"an empty object", `{}`, httpadapter.Body{}},
		{"spaces around", " \r\n\t{} \n", httpadapter.Body{}},
		{"unknown fields", `{"email":"a@example.com","usage":"reauthentication","x":[1,{"y":null}]}`, httpadapter.Body{Email: "a@example.com"}},
		{"an escaped name", `{"\u0065mail":"a@example.com"}`, httpadapter.Body{Email: "a@example.com"}},
		{"null", `{"email":null,"username":null,"verification_code":null,"sudo_token":null}`, httpadapter.Body{}},
		{"an empty username", `{"username":""}`, httpadapter.Body{}},
		{"a sudo token", `{"sudo_token":"lgs1_x"}`, httpadapter.Body{SudoToken: "lgs1_x"}},
		{"the answer that a sudo token came in", `{"sudo_token":{"sudo_token":"lgs1_x","expires_in":600}}`, httpadapter.Body{SudoToken: "lgs1_x"}},
		{"an answer without a sudo token", `{"sudo_token":{"expires_in":600}}`, httpadapter.Body{}},
		{"no conflict", `{"conflict_resolution":null}`, httpadapter.Body{}},
		{"a conflict, not minded", `{"conflict_resolution":"DEFAULT"}`, httpadapter.Body{}},
		{"a conflict, not minded, as a number", `{"conflict_resolution":0}`, httpadapter.Body{}},
		{"a deletion", `{"conflict_resolution":"DELETE_ACCOUNT_TRANSFER"}`, httpadapter.Body{Conflict: "DELETE_ACCOUNT_TRANSFER"}},
		{"a deletion as a number", `{"conflict_resolution":1}`, httpadapter.Body{Conflict: "DELETE_ACCOUNT_TRANSFER"}},
		{"a transfer", `{"conflict_resolution":"TRANSFER"}`, httpadapter.Body{Conflict: "TRANSFER"}},
		{"a transfer as a number", `{"conflict_resolution":2}`, httpadapter.Body{Conflict: "TRANSFER"}},
		{"a code", `{"verification_code":"000000"}`, httpadapter.Body{Code: "000000"}},
		{"a code as a number", `{"verification_code":123456}`, httpadapter.Body{Code: "123456"}},
		{"a code of ten digits as a number", `{"verification_code":9876543210}`, httpadapter.Body{Code: "9876543210"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := httpadapter.ParseBody([]byte(tt.body))
			if err != nil || got != tt.want {
				t.Errorf("want %+v, got %+v, %v", tt.want, got, err)
			}
		})
	}
	for _, body := range []string{
		`{"conflict_resolution":3}`, `{"conflict_resolution":1.0}`, `{"conflict_resolution":-0}`, `{"conflict_resolution":"2"}`,
		`{"conflict_resolution":"transfer"}`, `{"conflict_resolution":["TRANSFER"]}`, `{"conflict_resolution":true}`,
		`{"verification_code":1e5}`, `{"verification_code":123456.0}`, `{"verification_code":-123456}`, `{"verification_code":0123456}`,
		`{"verification_code":99999999999999999999}`, `{"verification_code":[123456]}`, `{"verification_code":true}`, `{"verification_code":{}}`,
		`{"sudo_token":1}`, `{"sudo_token":false}`, `{"sudo_token":["x"]}`, `{"sudo_token":{"sudo_token":1}}`, `{"sudo_token":{"sudo_token":{}}}`,
	} {
		if got, err := httpadapter.ParseBody([]byte(body)); err == nil {
			t.Errorf("%s is read as %+v", body, got)
		}
	}
}

// TestBodyFormsOverHTTP binds with the sudo token in both of its forms, verifies a
// code that is a number, and signs in with an empty username.
func TestBodyFormsOverHTTP(t *testing.T) {
	w := newWorld(t)
	w.account("ada", "email", "ada@example.com")
	c := w.signedIn(w.bearer(), "ada")
	whole := c.ok(c.do("POST", "/v1/user/sudo", m{"password": password})).body
	c.ok(c.bind("one@example.com", whole, c.prove("one@example.com")))
	c.ok(c.bind("two@example.com", whole["sudo_token"], c.prove("two@example.com")))

	id, code := c.code("three@example.com")
	for strings.HasPrefix(code, "0") { // which no number does
		w.clock.Advance(time.Minute)
		id, code = c.code("three@example.com")
	}
	c.ok(c.do("POST", "/v1/verification/verify", m{"verification_id": id, "verification_code": json.Number(code)}))

	w.clock.Advance(time.Minute) // codes asked for before a replacement are dead
	stranger := w.stranger(c.h)
	c.ok(stranger.do("POST", "/v1/signin", m{"username": "", "verification_token": stranger.prove("two@example.com")}))
	// The published sign-in by code names the address too, in any spelling.
	w.clock.Advance(time.Minute)
	c.ok(stranger.do("POST", "/v1/signin", m{"username": "Two@Example.com", "verification_token": stranger.prove("two@example.com")}))
}

// FuzzBody: what the decoder accepts, every other reader of JSON reads the same.
// The seeds are in testdata.
func FuzzBody(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := httpadapter.ParseBody(body)
		if err != nil {
			if got != (httpadapter.Body{}) {
				t.Fatalf("refused, and yet %+v", got)
			}
			return
		}
		if len(body) == 0 {
			return
		}
		var other struct {
			Email    string          `json:"email"`
			Username string          `json:"username"`
			Code     json.RawMessage `json:"verification_code"`
			Sudo     json.RawMessage `json:"sudo_token"`
			Conflict json.RawMessage `json:"conflict_resolution"`
		}
		decoder := json.NewDecoder(bytes.NewReader(body))
		if err := decoder.Decode(&other); err != nil {
			t.Fatalf("another reader refuses it: %v", err)
		}
		if decoder.More() {
			t.Fatal("there is something after it")
		}
		want := httpadapter.Body{Email: other.Email, Username: other.Username}
		if want.Email != got.Email || want.Username != got.Username {
			t.Errorf("another reader reads %+v, this one %+v", want, got)
		}
		if code := text(t, other.Code); code != string(got.Code) {
			t.Errorf("another reader reads the code %q, this one %q", code, got.Code)
		}
		asked := map[string]string{
			"": "", "DEFAULT": "", "0": "", "1": "DELETE_ACCOUNT_TRANSFER", "DELETE_ACCOUNT_TRANSFER": "DELETE_ACCOUNT_TRANSFER",
			"2": "TRANSFER", "TRANSFER": "TRANSFER",
		}
		if want, ok := asked[text(t, other.Conflict)]; !ok || want != string(got.Conflict) {
			t.Errorf("another reader reads the conflict %s, this one %q", other.Conflict, got.Conflict)
		}
		sudo := other.Sudo
		if bytes.HasPrefix(sudo, []byte("{")) {
			var inner struct {
				Token json.RawMessage `json:"sudo_token"`
			}
			if err := json.Unmarshal(sudo, &inner); err != nil {
				t.Fatal(err)
			}
			sudo = inner.Token
		}
		if token := text(t, sudo); token != string(got.SudoToken) {
			t.Errorf("another reader reads the token %q, this one %q", token, got.SudoToken)
		}
	})
}

// text is a JSON string or number, or nothing.
func text(t *testing.T, v json.RawMessage) string {
	t.Helper()
	switch {
	case len(v) == 0 || string(v) == "null":
		return ""
	case v[0] != '"':
		return string(v)
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		t.Fatal(err)
	}
	return s
}
