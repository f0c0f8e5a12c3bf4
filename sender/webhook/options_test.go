package webhook_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/webhook"
)

func TestNewNamesTheField(t *testing.T) {
	sized := func(n int) sender.Secret {
		return sender.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)))
	}
	at := func(url string) func(*webhook.Options) { return func(o *webhook.Options) { o.URL = url } }
	for _, test := range []struct {
		change func(*webhook.Options)
		want   string
	}{
		{at(""), "URL"},
		{at("hooks.example.com"), "URL"},
		{at("http://hooks.example.com"), "URL"},
		{at("http://10.0.0.1"), "URL"},
		{at("https://"), "URL"},
		{at("https://me:pw@hooks.example.com"), "URL"},
		{at("https://hooks.example.com/#x"), "URL"},
		{at("https://hooks.example.com\x00"), "URL"},
		{at("ftp://hooks.example.com"), "URL"},
		{func(o *webhook.Options) { o.URL, o.UnsafeHTTP = "ftp://hooks.example.com", true }, "URL"},
		{func(o *webhook.Options) { o.URL, o.UnsafeHTTP = "http://", true }, "URL"},
		{func(o *webhook.Options) { o.Secret = sender.Secret{} }, "Secret"},
		{func(o *webhook.Options) { o.Secret = sender.NewSecret(strings.TrimPrefix(secret, "whsec_")) }, "Secret"},
		{func(o *webhook.Options) { o.Secret = sender.NewSecret("whsec_not base64") }, "Secret"},
		{func(o *webhook.Options) { o.Secret = sized(23) }, "Secret"},
		{func(o *webhook.Options) { o.Secret = sized(65) }, "Secret"},
		{func(o *webhook.Options) { o.PreviousSecret = sized(23) }, "PreviousSecret"},
	} {
		o := options("https://hooks.example.com")
		test.change(&o)
		_, err := webhook.New(o)
		if err == nil || !strings.Contains(err.Error(), "Options."+test.want+" ") || strings.Contains(err.Error(), "pw") {
			t.Errorf("want an error that names %s, got %v", test.want, err)
		}
	}
	for _, o := range []webhook.Options{
		{URL: "https://hooks.example.com/a?b=c", Secret: sized(24), PreviousSecret: sized(64)},
		{URL: "http://localhost:8080", Secret: sized(32)},
		{URL: "http://hooks.internal", UnsafeHTTP: true, Secret: sized(32)},
	} {
		if _, err := webhook.New(o); err != nil {
			t.Errorf("%s: %v", o.URL, err)
		}
	}
}
