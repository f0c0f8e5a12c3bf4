package tencent_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// signed is what TC3-HMAC-SHA256 signs of a request.
type signed struct {
	service string
	at      time.Time
	method  string
	headers [][2]string // those of SignedHeaders, by name, in lower case
	payload string
}

// names returns the value of SignedHeaders.
func (s signed) names() string {
	var names []string
	for _, h := range s.headers {
		names = append(names, h[0])
	}
	return strings.Join(names, ";")
}

// signature signs as https://www.tencentcloud.com/document/api/213/33224 ("Signature
// v3") says to: the canonical request, the string to sign, the derived key.
func (s signed) signature(key string, timestamp string) string {
	digest := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	canonical := s.method + "\n/\n\n"
	for _, h := range s.headers {
		canonical += h[0] + ":" + strings.ToLower(strings.TrimSpace(h[1])) + "\n"
	}
	canonical += "\n" + s.names() + "\n" + digest(s.payload)

	date := s.at.UTC().Format("2006-01-02")
	toSign := "TC3-HMAC-SHA256\n" + timestamp + "\n" + date + "/" + s.service + "/tc3_request\n" + digest(canonical)
	derived := mac(mac(mac([]byte("TC3"+key), date), s.service), "tc3_request")
	return hex.EncodeToString(mac(derived, toSign))
}

// TestTC3MatchesTencentsExamples holds the tests' own signature to what Tencent
// publishes: the page "Signature v3" shows DescribeInstances, in its earlier edition
// with a key that ends in EXAMPLE and without the action among the signed headers, in
// its later one with a key that is all asterisks and with it.
func TestTC3MatchesTencentsExamples(t *testing.T) {
	// The escapes go over the wire, and are signed, as they stand.
	const payload = `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	headers := [][2]string{
		{"content-type", "application/json; charset=utf-8"},
		{"host", "cvm.tencentcloudapi.com"},
		{"x-tc-action", "DescribeInstances"},
	}
	for _, test := range []struct {
		key     string
		headers int
		want    string
	}{
		{"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", 2, "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"},
		{strings.Repeat("*", 32), 3, "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"},
	} {
		s := signed{service: "cvm", at: time.Unix(1551113065, 0), method: "POST", headers: headers[:test.headers], payload: payload}
		if got := s.signature(test.key, "1551113065"); got != test.want {
			t.Errorf("with %s the signature is %s, want %s", s.names(), got, test.want)
		}
	}
}
