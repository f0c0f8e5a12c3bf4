package twilio_test

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/twilio"
)

// wrongAccounts are accounts that no constructor takes, by the field it is to name.
func wrongAccounts() map[string][]twilio.Account {
	token, key := sender.NewSecret(authToken), "SK"+hex32
	return map[string][]twilio.Account{
		"Account.SID":       {{AuthToken: token}, {SID: "AC1", AuthToken: token}, {SID: "SK" + hex32, AuthToken: token}, {SID: accountSID + "/..", AuthToken: token}},
		"Account.AuthToken": {{SID: accountSID}, {SID: accountSID, AuthToken: token, APIKey: key}, {SID: accountSID, AuthToken: sender.NewSecret("a:b")}},
		"Account.APIKey":    {{SID: accountSID, APISecret: token}, {SID: accountSID, APIKey: "AC" + hex32, APISecret: token}},
		"Account.APISecret": {{SID: accountSID, APIKey: key}, {SID: accountSID, APIKey: key, APISecret: sender.NewSecret("ä")}},
	}
}

func TestNewNamesTheField(t *testing.T) {
	named := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), authToken) {
			t.Errorf("want an error that names %s, got %v", want, err)
		}
	}
	for field, accounts := range wrongAccounts() {
		for _, a := range accounts {
			o, v := options(""), verifyOptions("")
			o.Account, v.Account = a, a
			_, err := twilio.New(o)
			named(err, "Options."+field)
			_, err = twilio.NewVerify(v)
			named(err, "VerifyOptions."+field)
		}
	}
	template := twilio.Template{For: sender.BindCode, ContentSID: contentSID, Params: []sender.Param{sender.ParamCode}}
	with := func(change func(*twilio.Template)) twilio.Channel {
		t := template
		change(&t)
		return twilio.Channel{From: "+14155550101", Templates: []twilio.Template{t}}
	}
	for _, test := range []struct {
		channel sender.Channel
		c       twilio.Channel
		want    string
	}{
		{sender.Voice, twilio.Channel{From: "+14155550100"}, `Channels["voice"]`},
		{sender.SMS, twilio.Channel{}, `Channels["sms"].From`},
		{sender.SMS, twilio.Channel{From: "whatsapp:+14155550100"}, `Channels["sms"].From`},
		{sender.SMS, twilio.Channel{MessagingServiceSID: "MG1"}, `Channels["sms"].MessagingServiceSID`},
		{sender.WhatsApp, twilio.Channel{From: "Example"}, `Channels["whatsapp"].From`},
		{sender.WhatsApp, with(func(t *twilio.Template) { t.For = "" }), "Templates[0].For"},
		{sender.WhatsApp, with(func(t *twilio.Template) { t.Language = "pt_BR" }), "Templates[0].Language"},
		{sender.WhatsApp, with(func(t *twilio.Template) { t.ContentSID = "" }), "Templates[0].ContentSID"},
		{sender.WhatsApp, with(func(t *twilio.Template) { t.Params = []sender.Param{"colour"} }), "Templates[0].Params"},
		{sender.WhatsApp, with(func(t *twilio.Template) { t.Params = nil }), "Templates[0].Params"},
		{sender.WhatsApp, with(func(t *twilio.Template) { t.For = sender.PasswordSet }), "Templates[0].Params"},
		{sender.WhatsApp, twilio.Channel{From: "+14155550101", Templates: []twilio.Template{template, template}}, "Templates[1]"},
	} {
		o := options("")
		o.Channels = map[sender.Channel]twilio.Channel{test.channel: test.c}
		_, err := twilio.New(o)
		named(err, test.want)
	}
	o := options("http://api.twilio.com")
	_, err := twilio.New(o)
	named(err, "Options.BaseURL")
	o = options("")
	o.Channels = nil
	_, err = twilio.New(o)
	named(err, "Options.Channels")

	for _, test := range []struct {
		change func(*twilio.VerifyOptions)
		want   string
	}{
		{func(o *twilio.VerifyOptions) { o.BaseURL = "https://x/y" }, "BaseURL"},
		{func(o *twilio.VerifyOptions) { o.Services = nil }, "Services"},
		{func(o *twilio.VerifyOptions) { o.Services[sender.Notice] = "VA" + hex32 }, `Services["notice"]`},
		{func(o *twilio.VerifyOptions) { o.Services[sender.Sudo] = "MG" + hex32 }, `Services["sudo"]`},
		{func(o *twilio.VerifyOptions) { o.Services[sender.Sudo] = bindService }, `Services[`},
		{func(o *twilio.VerifyOptions) { o.Services[sender.Sudo] = "VA" + strings.Repeat("A", 32) }, `Services["sudo"]`},
		{func(o *twilio.VerifyOptions) { o.Channels = []sender.Channel{sender.Email} }, "Channels"},
		{func(o *twilio.VerifyOptions) { o.Languages = []string{"en_US"} }, "Languages"},
	} {
		o := verifyOptions("")
		test.change(&o)
		_, err := twilio.NewVerify(o)
		named(err, "VerifyOptions."+test.want)
	}
}
