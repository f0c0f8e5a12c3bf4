package testdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Redis returns the host:port of an empty Redis for this test alone: a server of its
// own that writes nothing to disk and is stopped when the test ends.
//
// One that the environment names must be empty, and is flushed when the test ends:
// two tests cannot use it at once.
func Redis(t testing.TB) string {
	t.Helper()
	if named := os.Getenv("LIGATURE_TEST_REDIS"); named != "" {
		must(t, borrowRedis(t, named))
		return named
	}
	addr, err := startRedis(t)
	must(t, err)
	return addr
}

func startRedis(t testing.TB) (addr string, err error) {
	program, err := find("redis-server", "redis-server")
	if err != nil {
		return "", err
	}
	dir, err := newDir("redis")
	if err != nil {
		return "", err
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	s, err := start(dir, syscall.SIGKILL, program, "--bind", loopback, "--port", strconv.Itoa(port),
		"--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no")
	if err != nil {
		return "", err
	}
	t.Cleanup(func() {
		s.stop()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	addr = hostPort(port)
	return addr, s.await(func(ctx context.Context) error {
		_, err := redisCommand(ctx, addr, "PING")
		return err
	})
}

// borrowRedis makes sure that nobody's keys are in the way, and takes the test's away
// in the end.
func borrowRedis(t testing.TB, addr string) error {
	ask := func(command string) (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return redisCommand(ctx, addr, command)
	}
	size, err := ask("DBSIZE")
	if err != nil {
		return err
	}
	if size != ":0" {
		return errors.New("testdb: the Redis that LIGATURE_TEST_REDIS names holds keys; the tests would flush it")
	}
	t.Cleanup(func() {
		if _, err := ask("FLUSHDB"); err != nil {
			t.Error(err)
		}
	})
	return nil
}

// redisCommand sends a command and returns the one line of its answer.
func redisCommand(ctx context.Context, addr, command string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "-") {
		return "", errors.New("testdb: redis: " + line[1:])
	}
	return line, nil
}
