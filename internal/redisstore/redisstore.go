// Package redisstore keeps ligature's records in Redis 6.2 or later. It is no supported
// store but the example of docs/writing-a-store.md, complete and proved by storetest.
package redisstore

import (
	"cmp"
	"context"
	_ "embed"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/redis/go-redis/v9"

	"github.com/ligature-auth/ligature/store"
)

// Store is a [store.Store] in Redis. Make one with [New].
type Store struct {
	client *redis.Client
	prefix string // of every key
}

var _ store.Store = (*Store)(nil)

// New returns a Store whose keys all begin with "{name}:", for a name that is not empty. It
// does no I/O. A client that repeats a command whose answer is lost would have a Change
// refused for what it wrote itself: New fails unless the client's MaxRetries is -1.
func New(client *redis.Client, name string) (*Store, error) {
	if client.Options().MaxRetries != 0 { // which is what the client makes of -1
		return nil, errors.New("redisstore: the client's MaxRetries must be -1")
	}
	return &Store{client, "{" + name + "}:"}, nil
}

//go:embed store.lua
var lua string

var script = redis.NewScript(lua)

// run has Redis do one command of store.lua, with nothing in between. If ctx ends, so does
// the call, where go-redis would wait for the answer to what it has sent.
func run[R any](ctx context.Context, s *Store, command string, argument any) (result R, err error) {
	encoded, err := json.Marshal(argument)
	if err != nil {
		return result, err
	}
	reply := make(chan *redis.Cmd, 1)
	go func() { reply <- script.Run(ctx, s.client, []string{s.prefix}, command, encoded) }()
	select {
	case r := <-reply:
		answer, err := r.Text()
		err = cmp.Or(err, json.Unmarshal([]byte(answer), &result))
		return result, err
	case <-ctx.Done():
		return result, ctx.Err()
	}
}
