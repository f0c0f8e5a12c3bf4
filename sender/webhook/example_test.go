package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/webhook"
)

// endpoint is the receiving side: it verifies, delivers each message once and answers.
type endpoint struct {
	verifier *standardwebhooks.Webhook
	deliver  func(to, text string) error

	// mu is held while a message is delivered, because the same one may come twice at
	// once; an application locks its ID alone.
	mu        sync.Mutex
	delivered map[string]bool // an application keeps the IDs of the last minutes in its database
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err := e.verifier.Verify(body, r.Header); err != nil { // the signature, and the time
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var m struct {
		Type string `json:"type"`
		Data struct {
			ID   string `json:"id"`
			To   string `json:"to"`
			Text string `json:"text"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &m); err != nil || m.Type != "ligature.message" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.delivered[m.Data.ID] {
		if err := e.deliver(m.Data.To, m.Data.Text); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable) // it may come again
			return
		}
		e.delivered[m.Data.ID] = true
	}
	w.WriteHeader(http.StatusNoContent)
}

// A sender, and an endpoint that verifies with the library of Standard Webhooks.
func Example() {
	const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="

	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	down := true
	server := httptest.NewServer(&endpoint{
		verifier: verifier,
		deliver: func(to, text string) error {
			if down {
				down = false
				return errors.New("the gateway is down")
			}
			fmt.Printf("to %s: %s\n", to, text)
			return nil
		},
		delivered: map[string]bool{},
	})
	defer server.Close()

	s, err := webhook.New(webhook.Options{
		URL:    server.URL, // an application has https here
		Secret: sender.NewSecret(secret),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := sender.Message{
		ID:      "m1",
		Channel: sender.SMS,
		To:      "+447700900123",
		Purpose: sender.SignIn,
		Code:    sender.NewCode("735081"),
		Text:    "735081 is your code to sign in to Example.",
	}
	for range 3 { // it fails, is delivered, and is taken without being delivered again
		receipt, err := s.Send(context.Background(), m)
		fmt.Printf("%q %v\n", receipt.Vendor, err)
	}

	stranger, err := webhook.New(webhook.Options{
		URL:    server.URL,
		Secret: sender.NewSecret("whsec_bm90VGhlU2VjcmV0T2ZUaGlzRW5kcG9pbnQ="),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = stranger.Send(context.Background(), m)
	fmt.Println(err)

	// Output:
	// "" sender: temporary failure: HTTP status 503
	// to +447700900123: 735081 is your code to sign in to Example.
	// "webhook" <nil>
	// "webhook" <nil>
	// sender: permanent failure: HTTP status 401
}
