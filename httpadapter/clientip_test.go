package httpadapter_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/httpadapter"
)

var proxies = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8:f::/48"),
}

// TestR58_ClientIP: the peer, or what a trusted proxy says of it.
func TestR58_ClientIP(t *testing.T) {
	for _, tt := range []struct {
		name      string
		peer      string
		forwarded []string
		trust     bool
		want      string
	}{
		{"a peer", "203.0.113.9:5000", nil, false, "203.0.113.9"},
		{"a peer that claims to be another", "203.0.113.9:5000", []string{"198.51.100.1"}, false, "203.0.113.9"},
		{"a peer within the proxies' network, with none trusted", "10.0.0.1:5000", []string{"198.51.100.1"}, false, "10.0.0.1"},
		{"an untrusted peer", "203.0.113.9:5000", []string{"198.51.100.1"}, true, "203.0.113.9"},
		{"an untrusted peer that names a proxy", "203.0.113.9:5000", []string{"198.51.100.1, 10.0.0.1"}, true, "203.0.113.9"},
		{"a proxy", "10.0.0.1:5000", []string{"198.51.100.1"}, true, "198.51.100.1"},
		{"a proxy that says nothing", "10.0.0.1:5000", nil, true, "10.0.0.1"},
		{"a proxy that says it emptily", "10.0.0.1:5000", []string{""}, true, "10.0.0.1"},
		{"a client that claims to be another", "10.0.0.1:5000", []string{"1.1.1.1, 198.51.100.1"}, true, "198.51.100.1"},
		{"a client that claims to be a proxy", "10.0.0.1:5000", []string{"1.1.1.1, 10.9.9.9, 198.51.100.1"}, true, "198.51.100.1"},
		{"a chain", "10.0.0.1:5000", []string{"1.1.1.1, 198.51.100.1, 10.0.0.3, 10.0.0.2"}, true, "198.51.100.1"},
		{"a chain in two headers", "10.0.0.1:5000", []string{"1.1.1.1, 198.51.100.1", "10.0.0.3"}, true, "198.51.100.1"},
		{"proxies alone", "10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, true, "10.0.0.3"},
		{"one proxy by its address", "192.0.2.7:5000", []string{"198.51.100.1"}, true, "198.51.100.1"},
		{"its neighbour", "192.0.2.8:5000", []string{"198.51.100.1"}, true, "192.0.2.8"},
		{"IPv6", "[2001:db8:f::1]:5000", []string{"2001:db8::9"}, true, "2001:db8::9"},
		{"IPv6, untrusted", "[2001:db8:e::1]:5000", []string{"2001:db8::9"}, true, "2001:db8:e::1"},
		{"a mapped peer", "[::ffff:10.0.0.1]:5000", []string{"198.51.100.1"}, true, "198.51.100.1"},
		{"a mapped client", "10.0.0.1:5000", []string{"::ffff:198.51.100.1"}, true, "198.51.100.1"},
		{"a mapped proxy in the chain", "10.0.0.1:5000", []string{"198.51.100.1, ::ffff:10.0.0.2"}, true, "198.51.100.1"},
		{"a proxy in a zone", "[2001:db8:f::1%eth0]:5000", []string{"198.51.100.1"}, true, "198.51.100.1"},
		{"a name", "10.0.0.1:5000", []string{"client.example"}, true, "10.0.0.1"},
		{"unknown", "10.0.0.1:5000", []string{"unknown"}, true, "10.0.0.1"},
		{"with a port", "10.0.0.1:5000", []string{"198.51.100.1:4711"}, true, "10.0.0.1"},
		{"in brackets", "10.0.0.1:5000", []string{"[2001:db8::9]"}, true, "10.0.0.1"},
		{"a comma too many", "10.0.0.1:5000", []string{"198.51.100.1,"}, true, "10.0.0.1"},
		{"octal", "10.0.0.1:5000", []string{"0306.0063.0144.1"}, true, "10.0.0.1"},
		{"rubbish beyond the client", "10.0.0.1:5000", []string{"rubbish, 198.51.100.1"}, true, "198.51.100.1"},
		{"rubbish beyond a proxy", "10.0.0.1:5000", []string{"198.51.100.1, rubbish, 10.0.0.2"}, true, "10.0.0.2"},
		{"spaces", "10.0.0.1:5000", []string{"  1.1.1.1 ,\t198.51.100.1  "}, true, "198.51.100.1"},
		{"a socket", "@", []string{"198.51.100.1"}, true, ""},
		{"nothing", "", []string{"198.51.100.1"}, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/v1/verification", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.forwarded
			for _, header := range []string{"X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip"} {
				r.Header.Set(header, "1.1.1.1") // which nobody asked for
			}
			var trusted []netip.Prefix
			if tt.trust {
				trusted = proxies
			}
			got := httpadapter.ClientIP(r, trusted...)
			if want, _ := netip.ParseAddr(tt.want); got != want {
				t.Errorf("want %v, got %v", want, got)
			}
		})
	}
}

// FuzzClientIP: whatever is forwarded, the client is the peer, unless that is a
// proxy; and then it is somebody whom the header names.
func FuzzClientIP(f *testing.F) {
	f.Add("10.0.0.1:5000", "1.1.1.1, 198.51.100.1, 10.0.0.2")
	f.Add("203.0.113.9:5000", "198.51.100.1")
	f.Add("[fe80::1%eth0]:1", "fe80::2%eth0,,")
	f.Add("", "\x00")
	trusted := func(ip netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(ip.WithZone("")) })
	}
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		got := httpadapter.ClientIP(r, proxies...)
		addr, err := netip.ParseAddrPort(peer)
		if err != nil {
			if got.IsValid() {
				t.Fatalf("nobody is %v", got)
			}
			return
		}
		if got == addr.Addr().Unmap() {
			return
		}
		if !trusted(addr.Addr().Unmap()) {
			t.Fatalf("%v was believed to be %v", peer, got)
		}
		hops := strings.Split(forwarded, ",")
		if !slices.ContainsFunc(hops, func(hop string) bool {
			ip, err := netip.ParseAddr(strings.TrimSpace(hop))
			return err == nil && ip.Unmap() == got
		}) {
			t.Fatalf("%v stands nowhere in %q", got, forwarded)
		}
	})
}

// TestR58_BudgetsGoByTheClient: behind a proxy, one client's sends are no other's,
// and no header of a client's own changes whose they are.
func TestR58_BudgetsGoByTheClient(t *testing.T) {
	w := newWorld(t)
	h := w.handler(httpadapter.Options{Sessions: httpadapter.Bearer(), TrustedProxies: proxies})
	send := func(to, forwarded string) reply {
		return w.stranger(h).do("POST", "/v1/verification", m{"email": to}, from("10.0.0.1"), header("X-Forwarded-For", forwarded))
	}
	for i := range 20 {
		name := string(rune('a' + i))
		if r := send(name+"@example.com", "203.0.113."+strings.Repeat("1", 1+i%2)+", 198.51.100.1"); r.status != 200 {
			t.Fatalf("send %d: %s", i, r.raw)
		}
	}
	tooMany.of(send("x@example.com", "9.9.9.9, 198.51.100.1"))
	if r := send("y@example.com", "198.51.100.1, 198.51.100.2"); r.status != 200 {
		t.Errorf("another client pays for it: %s", r.raw)
	}
}
