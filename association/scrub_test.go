package association_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// hostErrors are a host that names in its errors whatever it is handed.
type hostErrors struct{}

func (hostErrors) AtRisk(_ context.Context, kind, value string) (bool, error) {
	return false, fmt.Errorf("GET https://carrier.example/%s?number=%s: timeout", kind, url.QueryEscape(value))
}

func (hostErrors) MayTransfer(_ context.Context, t association.Transfer) (bool, error) {
	return false, fmt.Errorf("INSERT (%q, %v, %v)", strings.ToUpper(t.Value), t.From.Associations, strings.ToUpper(fmt.Sprint(t.To.Associations)))
}

func (hostErrors) HasPassword(context.Context, string) (bool, error) { return true, nil }

func (hostErrors) VerifyPassword(_ context.Context, account, password string) (bool, error) {
	return false, fmt.Errorf("ldap bind of %s with %s", account, password)
}

// TestR67_WhatTheHostSaysNamesNothingInTheLog.
func TestR67_WhatTheHostSaysNamesNothingInTheLog(t *testing.T) {
	for name, call := range map[string]func(*testing.T, ...func(*association.Config)) (secrets []string, err error){
		"risks": func(t *testing.T, edits ...func(*association.Config)) ([]string, error) {
			p := people(t, append(edits, func(c *association.Config) { c.Risks = hostErrors{} })...).person("ada", false, "phone")
			_, err := p.sudo("phone")
			return []string{p.address["phone"], strings.TrimPrefix(p.address["phone"], "+")}, err
		},
		"transfers": func(t *testing.T, edits ...func(*association.Config)) ([]string, error) {
			w := people(t, append(edits, transfersBy(hostErrors{}))...)
			ada, bob := w.person("ada", false, "password", "email"), w.person("bob", false, "phone")
			return []string{ada.address["email"], bob.address["phone"]}, ada.claims(ada.claimOf("phone", bob.address["phone"], association.ConflictTransfer))
		},
		"passwords": func(t *testing.T, edits ...func(*association.Config)) ([]string, error) {
			w := people(t, append(edits, func(c *association.Config) { c.Passwords = hostErrors{} })...)
			_, err := w.svc.Sudo(t.Context(), w.hostCaller("ada", "s"), association.SudoRequest{Password: password})
			return []string{password}, err
		},
		"a password that is short": func(t *testing.T, edits ...func(*association.Config)) ([]string, error) {
			w := people(t, append(edits, func(c *association.Config) { c.Passwords = hostErrors{} })...)
			_, err := w.svc.Sudo(t.Context(), w.hostCaller("ada", "s"), association.SudoRequest{Password: "ldap"})
			return []string{"ldap", "bind of"}, err // struck out by itself, the gaps would spell it
		},
	} {
		var log bytes.Buffer
		secrets, err := call(t, func(c *association.Config) { c.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
		if !errors.Is(err, association.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
		if !strings.Contains(log.String(), "[redacted") {
			t.Errorf("%s: the log says nothing of it: %s", name, &log)
		}
		for _, s := range secrets {
			if strings.Contains(strings.ToLower(log.String()+err.Error()), strings.ToLower(s)) {
				t.Errorf("%s: %q is named", name, s)
			}
		}
	}
}
