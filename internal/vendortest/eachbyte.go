package vendortest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"testing"
)

// EachByte calls try once for each length from nothing to the whole of the answer that
// handler gives, headers included, with the URL of a server that takes the request in
// full, sends that many bytes of the answer and drops the connection. The server's
// connections are not reused. whole says that nothing was cut off.
func EachByte(t *testing.T, handler http.HandlerFunc, try func(t *testing.T, url string, whole bool)) {
	t.Helper()
	var answer []byte // the same each time, or the lengths mean nothing
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		handler(recorded, r)
		recorded.Header().Set("Connection", "close")
		recorded.Header().Set("Content-Length", fmt.Sprint(recorded.Body.Len()))
		res := recorded.Result()
		res.ContentLength = int64(recorded.Body.Len())
		raw, err := httputil.DumpResponse(res, true)
		if err != nil {
			t.Error(err)
		}
		if answer == nil {
			answer = raw
		} else if len(raw) != len(answer) {
			t.Errorf("the answer has %d bytes and had %d", len(raw), len(answer))
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write(raw[:min(sent, len(raw))]) // the client may be gone
		_ = conn.Close()
	}))
	defer server.Close()

	const most = 64 << 10
	for ; answer == nil || sent <= len(answer); sent++ {
		if sent > most {
			t.Fatalf("the answer was not asked for, or is longer than %d bytes", most)
		}
		before := t.Failed()
		try(t, server.URL, answer != nil && sent == len(answer))
		if t.Failed() && !before {
			t.Logf("that was with %d of the %d bytes of the answer", sent, len(answer))
		}
	}
}
