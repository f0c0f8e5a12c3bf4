package minimum

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

type server struct {
	db      *sql.DB
	sql     statements
	atOnce  bool // it has the statements of that
	key     []byte
	deliver func(ctx context.Context, to, code string) error
}

// New returns a handler for a database that Migrate prepared. A key of at least 32
// bytes makes the MACs; deliver sends a code. X-Forwarded-For is believed from the
// loopback. Only with PostgreSQL may it be atOnce: what is a transaction elsewhere is
// one statement then.
func New(db *sql.DB, d Dialect, atOnce bool, key []byte, deliver func(ctx context.Context, to, code string) error) http.Handler {
	s := &server{db: db, sql: d.statements(atOnce), atOnce: atOnce, key: key, deliver: deliver}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"POST /v1/verification":        s.send,
		"POST /v1/verification/verify": s.verify,
		"POST /v1/user/sudo":           s.sudo,
		"PATCH /v1/user/contact":       s.bind,
		"POST /v1/signin":              s.signIn,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
			told, err := answer(r)
			status := http.StatusOK
			if err != nil {
				var known refusal
				if !errors.As(err, &known) {
					known = refusal{http.StatusServiceUnavailable, "unavailable"}
				}
				status, told = known.status, map[string]string{"error": known.name}
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(told) // the client has gone: nobody to tell
		})
	}
	return mux
}

// refusal is an error that the client is told.
type refusal struct {
	status int
	name   string
}

// Error is the name that the client is told.
func (r refusal) Error() string { return r.name }

var (
	errBad     = refusal{http.StatusBadRequest, "invalid_argument"}
	errTaken   = refusal{http.StatusBadRequest, "failed_precondition"}
	errNobody  = refusal{http.StatusUnauthorized, "unauthenticated"}
	errSudo    = refusal{http.StatusUnauthorized, "permission_denied"}
	errTooMany = refusal{http.StatusTooManyRequests, "resource_exhausted"}
)

func read(r *http.Request, body any) error {
	if json.NewDecoder(r.Body).Decode(body) != nil {
		return errBad
	}
	return nil
}

// ip is where a request comes from.
func ip(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	if hops := r.Header.Get("X-Forwarded-For"); hops != "" && peer.Addr().IsLoopback() {
		hop := strings.TrimSpace(hops[strings.LastIndexByte(hops, ',')+1:])
		if forwarded, err := netip.ParseAddr(hop); err == nil {
			return forwarded.String()
		}
	}
	return peer.Addr().String()
}

// address returns the kind and canonical form of the address in a body.
func address(email, phone string) (kind, to string, err error) {
	switch {
	case email != "" && phone == "":
		to = strings.ToLower(strings.TrimSpace(email))
		if at := strings.IndexByte(to, '@'); at < 1 || at != strings.LastIndexByte(to, '@') || at == len(to)-1 || len(to) > 254 {
			return "", "", errBad
		}
		return "email", to, nil
	case phone != "" && email == "":
		if len(phone) < 9 || len(phone) > 16 || phone[0] != '+' || strings.Trim(phone[1:], "0123456789") != "" {
			return "", "", errBad
		}
		return "phone", phone, nil
	}
	return "", "", errBad
}

// mac covers a use and its fields, each after its length.
func (s *server) mac(use string, fields ...string) []byte {
	h := hmac.New(sha256.New, s.key)
	b := make([]byte, 0, 256)
	for _, f := range append([]string{use}, fields...) {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...)
	}
	h.Write(b)
	return h.Sum(nil)
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

func now() int64 { return time.Now().UnixMicro() }

func micro(d time.Duration) int64 { return d.Microseconds() }

const lifetime = 10 * time.Minute // of codes and of tokens
