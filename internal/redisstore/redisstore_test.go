package redisstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ligature-auth/ligature/internal/redisstore"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/storetest"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func TestStore(t *testing.T) {
	client := connect(t, &redis.Options{})
	storetest.Run(t, func(t *testing.T) store.Store {
		return open(t, client, t.Name())
	}, storetest.Options{})
}

// connect returns a client of a Redis that is empty.
func connect(t *testing.T, o *redis.Options) *redis.Client {
	t.Helper()
	o.Addr, o.MaxRetries = testdb.Redis(t), -1
	client := redis.NewClient(o)
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func open(t *testing.T, client *redis.Client, name string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What docs/writing-a-store.md says of the example's size.
func TestTheExampleIsUnder300Lines(t *testing.T) {
	goFiles, err1 := filepath.Glob("*.go")
	luaFiles, err2 := filepath.Glob("*.lua")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	lines := 0
	for _, name := range slices.Concat(goFiles, luaFiles) {
		if isTest, _ := filepath.Match("*_test.go", name); isTest {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines += bytes.Count(text, []byte("\n"))
	}
	if lines == 0 || lines >= 300 {
		t.Errorf("the example has %d lines, want fewer than 300", lines)
	}
}
