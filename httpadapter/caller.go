package httpadapter

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/ligature-auth/ligature/association"
)

// caller reads the facts of the call that are not the actor.
func (h *handler) caller(r *http.Request) association.Caller {
	return association.Caller{
		IP:        h.clientIP(r),
		Device:    r.Header.Get("X-Device-Id"),
		UserAgent: r.UserAgent(),
		Locale:    r.Header.Get("Accept-Language"),
		RequestID: r.Header.Get("X-Request-Id"),
	}
}

// clientIP is the peer, unless the peer is a trusted proxy: then the right-most
// hop of X-Forwarded-For that is none (R58). Whatever cannot be read leaves the
// last address that could be.
func (h *handler) clientIP(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !h.trusted(client) {
			break
		}
		ip, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		client = ip.Unmap()
	}
	return client
}

func (h *handler) trusted(ip netip.Addr) bool {
	return slices.ContainsFunc(h.proxies, func(p netip.Prefix) bool { return p.Contains(ip.WithZone("")) })
}
