package tencent_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// unreachable is a network without Tencent, which counts the hosts that it was asked for.
type unreachable map[string]int

func (u unreachable) RoundTrip(req *http.Request) (*http.Response, error) {
	u[req.URL.Host]++
	return nil, errors.New("nobody there")
}

// After five failures the SDK would go on to a host that nobody configured.
func TestNoOtherHostIsAsked(t *testing.T) {
	hosts := unreachable{}
	o := options("https://sms.example.com")
	o.HTTPClient = &http.Client{Transport: hosts}
	send := newSender(t, o)
	const tries = 20
	for range tries {
		if _, err := send.Send(t.Context(), message()); !errors.Is(err, sender.ErrTemporary) {
			t.Fatal(err)
		}
	}
	if len(hosts) != 1 || hosts["sms.example.com"] != tries {
		t.Errorf("asked were %v", hosts)
	}
}

// Whatever makes the SDK log, it has nothing to log to: with its debugging on it dumps
// requests.
func TestTheSDKLogsNothing(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	defer func(old *os.File) { os.Stderr = old }(os.Stderr)
	os.Stderr = out
	send := newSender(t, options(newServer(t, nil).URL))
	send.Debug()
	if _, err := send.Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if logged, err := io.ReadAll(out); err != nil || len(logged) > 0 {
		t.Errorf("logged was %q, %v", logged, err)
	}
}
