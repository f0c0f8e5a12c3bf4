package sender_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

const (
	secretCode    = "735081"
	secretTo      = "Quentin@example.com"
	secretAccount = "q***"
	secretText    = "Your code is 735081."
	secretSubject = "Subjectline"
)

func secretMessage() sender.Message {
	return sender.Message{
		ID:      "id-1",
		Channel: sender.Email,
		To:      secretTo,
		Purpose: sender.Bind,
		Code:    sender.NewCode(secretCode),
		Expires: time.Unix(1_700_000_000, 0),
		Account: secretAccount,
		Subject: secretSubject,
		Text:    secretText,
	}
}

// mustHide fails if out shows any part of secretMessage, also as the hex or the
// byte list that fmt's verbs would make of a string.
func mustHide(t *testing.T, what, out string) {
	t.Helper()
	if out == "" {
		t.Errorf("%s: printed nothing, which proves nothing", what)
	}
	for _, secret := range []string{secretCode, secretTo, secretAccount, secretText, secretSubject} {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% x", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]")} {
			if strings.Contains(out, form) {
				t.Errorf("%s: shows %q:\n%s", what, form, out)
			}
		}
	}
}

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%U", "%e", "%b", "%o", "%T", "%!", "%z", "%10.3s", "%.2v"}

func TestR67_PrintedMessageAndCodeAreRedacted(t *testing.T) {
	m := secretMessage()
	type exported struct {
		M sender.Message
		C sender.Code
	}
	for name, v := range map[string]any{
		"message":         m,
		"*message":        &m,
		"code":            m.Code,
		"*code":           &m.Code,
		"slice":           []sender.Message{m},
		"map":             map[string]sender.Message{"k": m},
		"exported field":  exported{m, m.Code},
		"*exported field": &exported{m, m.Code},
		"any in a struct": struct{ V any }{m},
	} {
		for _, verb := range verbs {
			mustHide(t, name+" "+verb, fmt.Sprintf(verb, v))
		}
		mustHide(t, name+" error", fmt.Errorf("sending %v: %w", v, io.EOF).Error())
		for _, mistake := range []string{"no verb", "%*d", "%[3]d", "%"} {
			mustHide(t, name+" "+mistake, fmt.Sprintf(mistake, v))
		}
	}
}

// fmt calls no method on what an unexported field holds, nor for %p and %w. A
// Code must not depend on being asked.
func TestR67_CodeHidesWhereFmtAsksNoMethod(t *testing.T) {
	code := sender.NewCode(secretCode)
	type inner struct{ c sender.Code }
	type outer struct {
		in  inner
		ptr *inner
		any any
		all []sender.Code
	}
	o := outer{inner{code}, &inner{code}, code, []sender.Code{code}}
	for _, verb := range append([]string{"%p", "%w"}, verbs...) {
		mustHide(t, "code "+verb, fmt.Sprintf(verb, code))
		mustHide(t, "unexported field "+verb, fmt.Sprintf(verb, o))
		mustHide(t, "*unexported field "+verb, fmt.Sprintf(verb, &o))
	}
	for _, mistake := range []string{"%w", "%w %w"} {
		mustHide(t, "Errorf "+mistake, fmt.Errorf(mistake, code, o).Error())
	}

	var buf bytes.Buffer
	slog.New(slog.NewTextHandler(&buf, nil)).Info("x", "o", o, "p", &o)
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("x", "o", o, "p", &o)
	mustHide(t, "slog", buf.String())

	// The Message around a Code cannot do the same, as its comment says. Its
	// code, at least, shows nowhere but in Text.
	m := secretMessage()
	m.Text, m.To, m.Account, m.Subject = "", "", "", ""
	for _, verb := range append([]string{"%p", "%w"}, verbs...) {
		mustHide(t, "message in an unexported field "+verb, fmt.Sprintf(verb, struct{ m sender.Message }{m}))
		mustHide(t, "message "+verb, fmt.Sprintf(verb, m))
	}
}

func TestR67_MarshalledMessageAndCodeAreRedacted(t *testing.T) {
	m := secretMessage()
	type box struct {
		M sender.Message
		P *sender.Message
		C sender.Code
	}
	encoders := map[string]func(any) (string, error){
		"json": func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"xml":  func(v any) (string, error) { b, err := xml.Marshal(v); return string(b), err },
		"template": func(v any) (string, error) {
			var b bytes.Buffer
			err := template.Must(template.New("").Parse("{{.}} {{printf `%+v` .}}")).Execute(&b, v)
			return b.String(), err
		},
	}
	values := []any{m, &m, m.Code, box{m, &m, m.Code}}
	for name, encode := range encoders {
		for _, v := range values {
			out, err := encode(v)
			if err != nil {
				t.Errorf("%s of %T: %v", name, v, err)
				continue
			}
			mustHide(t, fmt.Sprintf("%s of %T", name, v), out)
		}
	}
	// gob asks for no text; it must refuse.
	for _, v := range values {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(v); err == nil {
			t.Errorf("gob encodes a %T", v)
		}
		mustHide(t, fmt.Sprintf("gob of %T", v), "output: "+b.String())
	}
}

func TestR67_LoggedMessageAndCodeAreRedacted(t *testing.T) {
	m := secretMessage()
	type box struct{ M sender.Message }
	var buf bytes.Buffer
	for _, l := range []*slog.Logger{
		slog.New(slog.NewTextHandler(&buf, nil)),
		slog.New(slog.NewJSONHandler(&buf, nil)),
	} {
		l.Info("sent", "m", m, "p", &m, "code", m.Code, "box", box{m}, "list", []sender.Message{m}, slog.Group("g", "m", m))
		l.Error("failed", "err", fmt.Errorf("send %v with %s: %w", m, m.Code, io.EOF))
	}
	log.New(&buf, "", 0).Println(m, &m, m.Code, box{m})
	mustHide(t, "log", buf.String())
	if !strings.Contains(buf.String(), "id-1") {
		t.Errorf("a logged message does not show its ID:\n%s", buf.String())
	}
}

// A panic prints its value by the runtime, not by fmt.
func TestR67_PanicsAreRedacted(t *testing.T) {
	const env = "LIGATURE_TEST_PANIC"
	m := secretMessage()
	values := map[string]any{"message": m, "code": m.Code, "*message": &m, "error": fmt.Errorf("send %v: %w", m, io.EOF)}
	if name := os.Getenv(env); name != "" {
		panic(values[name])
	}
	for name := range values {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestR67_PanicsAreRedacted$")
		cmd.Env = append(os.Environ(), env+"="+name)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !strings.Contains(string(out), "panic: ") {
			t.Fatalf("%s: the child did not panic: %v\n%s", name, err, out)
		}
		mustHide(t, "panic with "+name, string(out))
	}
}

func TestR67_CodeReadsRedacted(t *testing.T) {
	const want = "[redacted]"
	for _, code := range []sender.Code{{}, sender.NewCode(secretCode)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, code); got != want {
				t.Errorf("%s prints %q, want %q", verb, got, want)
			}
		}
		if got := code.String() + code.GoString(); got != want+want {
			t.Errorf("String and GoString return %q", got)
		}
		if got, err := json.Marshal(code); string(got) != `"`+want+`"` {
			t.Errorf("JSON is %s, %v", got, err)
		}
		if got := code.LogValue().String(); got != want {
			t.Errorf("LogValue is %q, want %q", got, want)
		}
	}
}

func TestCodeReveal(t *testing.T) {
	if got := sender.NewCode(secretCode).Reveal(); got != secretCode {
		t.Errorf("Reveal() = %q, want %q", got, secretCode)
	}
	if got := (sender.Code{}).Reveal(); got != "" {
		t.Errorf("Reveal() of the zero Code = %q, want none", got)
	}
	if got := sender.NewCode("").Reveal(); got != "" {
		t.Errorf("Reveal() of an empty Code = %q, want none", got)
	}
	// A redacted code must not come back as one.
	var v struct{ Code sender.Code }
	if err := json.Unmarshal([]byte(`{"Code":"[redacted]"}`), &v); err == nil {
		t.Errorf("a Code unmarshals from JSON, to %q", v.Code.Reveal())
	}
}
