package vendortemplate_test

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/internal/vendortemplate"
	"github.com/ligature-auth/ligature/sender"
)

func goodID(string) string { return "" }

func TestFind(t *testing.T) {
	code := []sender.Param{sender.ParamCode}
	var list []vendortemplate.Template
	for _, tag := range []string{"", "en", "zh-Hans", "zh-Hant-TW", "pt"} {
		list = append(list, vendortemplate.Template{For: sender.SignInCode, Language: tag, ID: "id " + tag, Params: code})
	}
	list = append(list, vendortemplate.Template{For: sender.BindCode, Language: "en", ID: "bind", Params: code})
	all, err := vendortemplate.New(list, goodID)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what             sender.Template
		locale, language string
		want             string
	}{
		{sender.SignInCode, "zh-hant-tw", "zh-Hans", "id zh-Hant-TW"},
		{sender.SignInCode, "zh-CN", "zh-Hans", "id zh-Hans"},
		{sender.SignInCode, "pt-BR", "pt-BR", "id pt"},
		{sender.SignInCode, "nl", "en", "id en"},
		{sender.SignInCode, "", "en", "id en"},
		{sender.SignInCode, "nl", "nl", "id "},
		{sender.SignInCode, "", "", "id "},
		{sender.BindCode, "en-GB", "en", "bind"},
		{sender.BindCode, "fr", "fr", ""},
		{sender.SudoCode, "en", "en", ""},
	} {
		got, ok := all.Find(sender.Message{Template: test.what, Locale: test.locale, Language: test.language})
		if got.ID != test.want || ok != (test.want != "") {
			t.Errorf("%s for %q in %q is %q, %t; want %q", test.what, test.locale, test.language, got.ID, ok, test.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := vendortemplate.Template{For: sender.BindCode, Params: []sender.Param{sender.ParamMinutes, sender.ParamCode}}
	change := func(f func(*vendortemplate.Template)) []vendortemplate.Template {
		bad := good
		f(&bad)
		return []vendortemplate.Template{good, bad}
	}
	for want, list := range map[string][]vendortemplate.Template{
		"[1] is the second":            {good, good},
		"[1].For is empty":             change(func(t *vendortemplate.Template) { t.For = "" }),
		"[1].Language":                 change(func(t *vendortemplate.Template) { t.Language = "en_US" }),
		"[1].ID is bad":                change(func(t *vendortemplate.Template) { t.Language, t.ID = "en", "bad" }),
		`[1].Params has "colour"`:      change(func(t *vendortemplate.Template) { t.Language, t.Params = "en", []sender.Param{"colour"} }),
		"[1].Params of \"bind\" lacks": change(func(t *vendortemplate.Template) { t.Language, t.Params = "en", nil }),
		"and a notice has none":        change(func(t *vendortemplate.Template) { t.For = sender.PasswordSet }),
	} {
		_, err := vendortemplate.New(list, func(id string) string {
			if id == "bad" {
				return "ID is bad"
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestValuesAndCopies(t *testing.T) {
	list := []vendortemplate.Template{{For: sender.SignInCode, Params: []sender.Param{sender.ParamService, sender.ParamCode}}}
	all, err := vendortemplate.New(list, goodID)
	if err != nil {
		t.Fatal(err)
	}
	list[0].Params[0] = sender.ParamAccount
	m := sender.Message{Template: sender.SignInCode, Service: "Acme", Code: sender.NewCode("735081")}
	found, _ := all.Find(m)
	if got, ok := found.Values(m); !ok || len(got) != 2 || got[0] != "Acme" || got[1] != "735081" {
		t.Errorf("the values are %q, %t", got, ok)
	}
	m.Code = sender.Code{}
	if got, ok := found.Values(m); ok || got != nil {
		t.Errorf("without a code the values are %q, %t", got, ok)
	}
}
