package sender_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

func TestR67_ASecretDoesNotShow(t *testing.T) {
	const clear = "swordfish-password"
	s := sender.NewSecret(clear)
	if s.Reveal() != clear || s.IsZero() || !(sender.Secret{}).IsZero() || (sender.Secret{}).Reveal() != "" {
		t.Error("a secret is not what it was made of")
	}
	type options struct {
		Key    sender.Secret
		hidden sender.Secret
	}
	o := options{s, s}
	outs := []string{fmt.Sprint(o.hidden)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		outs = append(outs, fmt.Sprintf(verb, s), fmt.Sprintf(verb, o), fmt.Sprintf(verb, &o))
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Error(err)
	}
	for _, out := range append(outs, string(b)) {
		if strings.Contains(out, clear) || strings.Contains(out, fmt.Sprintf("%x", clear)) {
			t.Errorf("shows in %s", out)
		}
	}
}
