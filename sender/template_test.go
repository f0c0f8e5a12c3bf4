package sender_test

import (
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

func TestParam(t *testing.T) {
	code := sender.Message{
		Purpose: sender.Bind, Template: sender.BindCode, Code: sender.NewCode("735081"), Lifetime: 10*time.Minute - 1,
		Service: "Acme", Account: "d***",
	}
	notice := sender.Message{
		Purpose: sender.Notice, Template: sender.AddressRemoved, Service: "Acme",
		At: time.Date(2026, 11, 28, 18, 5, 59, 0, time.FixedZone("CET", 3600)),
	}
	for _, test := range []struct {
		name         sender.Param
		code, notice string
	}{
		{sender.ParamCode, "735081", ""},
		{sender.ParamMinutes, "9", ""},
		{sender.ParamService, "Acme", "Acme"},
		{sender.ParamAccount, "d***", ""},
		{sender.ParamTime, "", "2026-11-28 17:05 UTC"},
	} {
		if got, ok := code.Param(test.name); got != test.code || !ok {
			t.Errorf("%s of a code is %q, %t; want %q", test.name, got, ok, test.code)
		}
		if got, ok := notice.Param(test.name); got != test.notice || !ok {
			t.Errorf("%s of a notice is %q, %t; want %q", test.name, got, ok, test.notice)
		}
	}
	if got, ok := code.Param("to"); got != "" || ok {
		t.Errorf("what no message has is %q, %t", got, ok)
	}
}

func TestTemplates(t *testing.T) {
	all := sender.Templates()
	seen := map[sender.Template]bool{}
	for i, template := range all {
		if seen[template] {
			t.Errorf("%s stands twice", template)
		}
		seen[template] = true
		if code := template.Purpose() != sender.Notice; code != (i < 3) || code && sender.Purpose(template) != template.Purpose() {
			t.Errorf("%s is for %s", template, template.Purpose())
		}
	}
	all[0] = "mine"
	if sender.Templates()[0] != sender.BindCode {
		t.Error("the list is shared")
	}
}
