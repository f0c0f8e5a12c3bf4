package testdb

import (
	"crypto/rand"
	"errors"
	"math/big"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

const loopback = "127.0.0.1"

// Addr returns the host:port in a DSN that [PostgreSQL], [MariaDB] or
// [Cluster.DSN] returned. The test ends if there is none: a server that the
// environment names may be on a socket.
func Addr(t testing.TB, dsn string) string {
	t.Helper()
	if u, err := url.Parse(dsn); err == nil && isPostgreSQL(u) {
		if u.Host != "" {
			return u.Host
		}
	} else if cfg, err := mysql.ParseDSN(dsn); err == nil && cfg.Net == "tcp" {
		return cfg.Addr
	}
	t.Fatal("testdb: the DSN names no host")
	return ""
}

// Through returns the DSN with addr in the place of its host:port: the way to the
// same database through a proxy that listens there.
func Through(t testing.TB, dsn, addr string) string {
	t.Helper()
	if u, err := url.Parse(dsn); err == nil && isPostgreSQL(u) {
		u.Host = addr
		return u.String()
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal("testdb: neither a URL of PostgreSQL nor a DSN of MariaDB")
	}
	cfg.Net, cfg.Addr = "tcp", addr
	return cfg.FormatDSN()
}

func isPostgreSQL(u *url.URL) bool { return strings.HasPrefix(u.Scheme, "postgres") }

// ports remembers which ports freePort gave out: a server may come to listen only
// later, or again.
var ports struct {
	sync.Mutex
	given map[int]bool
}

// freePort returns a port of the loopback that nobody listens on. It is below those
// that the system gives to clients, so it stays free while its server is down.
func freePort() (int, error) {
	const lowest, count = 20000, 12000
	ports.Lock()
	defer ports.Unlock()
	for range 1000 {
		n, err := rand.Int(rand.Reader, big.NewInt(count))
		if err != nil {
			return 0, err
		}
		port := lowest + int(n.Int64())
		if ports.given[port] {
			continue
		}
		l, err := net.Listen("tcp", hostPort(port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return 0, err
		}
		if ports.given == nil {
			ports.given = make(map[int]bool)
		}
		ports.given[port] = true
		return port, nil
	}
	return 0, errors.New("testdb: no free port")
}

func hostPort(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
