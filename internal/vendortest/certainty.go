// Package vendortest is for the tests of senders over HTTP: what they make of an answer
// that breaks off, and of none.
package vendortest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// Certainty proves that a sender knows what it does not know. accept is a vendor that
// takes m, in the same words each time; connect makes a sender that has the vendor at this
// URL and asks by this client.
//
// An answer that breaks off, after whichever byte, and a context that ends while there is
// none are uncertain; a vendor that cannot be reached, and a context that has ended
// before, are not. All of it is temporary.
func Certainty(t *testing.T, m sender.Message, accept http.HandlerFunc, connect func(t *testing.T, url string, client *http.Client) sender.Sender) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	failed := func(t *testing.T, receipt sender.Receipt, err, ended error, uncertain bool) {
		t.Helper()
		if !errors.Is(err, sender.ErrTemporary) || ended != nil && !errors.Is(err, ended) || sender.Uncertain(err) != uncertain || receipt != (sender.Receipt{}) {
			t.Errorf("receipt %+v, error %v, uncertain %t; want ErrTemporary, uncertain %t", receipt, err, sender.Uncertain(err), uncertain)
		}
	}
	t.Run("EachByte", func(t *testing.T) {
		EachByte(t, accept, func(t *testing.T, url string, whole bool) {
			receipt, err := connect(t, url, client).Send(t.Context(), m)
			if !whole {
				failed(t, receipt, err, nil, true)
			} else if err != nil || receipt == (sender.Receipt{}) {
				t.Errorf("the whole answer: %+v, %v", receipt, err)
			}
		})
	})
	t.Run("Cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel(); <-over }))
		t.Cleanup(server.Close)
		t.Cleanup(func() { close(over) })
		receipt, err := connect(t, server.URL, client).Send(ctx, m)
		failed(t, receipt, err, context.Canceled, true)
		receipt, err = connect(t, server.URL, client).Send(ctx, m)
		failed(t, receipt, err, context.Canceled, false)
	})
	t.Run("NobodyThere", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		receipt, err := connect(t, "http://"+l.Addr().String(), client).Send(t.Context(), m)
		failed(t, receipt, err, nil, false)
	})
}
