// Package storetest is the contract of package store in executable form. A
// store that passes keeps what the core relies on, races included; a store that
// fails any of it lets someone use a code twice or own another's address.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return newEmpty(t) }, storetest.Options{})
//	}
//
// Run it with -race, and against each database that the store is to serve.
package storetest

import (
	"cmp"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// Options tunes the suite. The zero value is the one to be proud of.
type Options struct {
	// Callers is how many goroutines take part in a race. 0 means 64.
	Callers int

	// Rounds is how often each race is run, in one store. 0 means 4.
	Rounds int

	// Serial leaves out the checks in which calls overlap and those in which a
	// context is cancelled while a call runs, and nothing else. It is for a store
	// inside one transaction of its host's, which serves one caller and does not
	// outlive a cancelled call; the same store must pass without it elsewhere.
	Serial bool
}

// Run checks a store. It calls newStore once for each subtest, which must give
// it an empty store that no other subtest uses, and clean up by t.Cleanup. No
// subtest is parallel to another.
//
// The subtests are named topic/promise, and a name that begins with a number
// such as R23 belongs to that security requirement.
func Run(t *testing.T, newStore func(t *testing.T) store.Store, o Options) {
	t.Helper()
	s := suite{newStore: newStore, callers: cmp.Or(o.Callers, 64), rounds: cmp.Or(o.Rounds, 4), serial: o.Serial}
	type topic struct {
		name string
		run  func(*testing.T)
	}
	topics := []topic{
		{"apply", s.apply},
		{"atomic", s.atomic},
		{"sizes", s.sizes},
		{"link", s.link},
		{"count", s.count},
		{"bytes", s.bytes},
		{"ids", s.ids},
		{"opaque", s.opaque},
		{"integers", s.integers},
		{"reads", s.reads},
		{"events", s.events},
		{"notices", s.notices},
		{"expiry", s.expiry},
		{"context", s.context},
		{"aliasing", s.aliasing},
	}
	if !o.Serial {
		topics = append(topics, topic{"race", s.race}, topic{"concurrent", s.concurrent})
	}
	for _, topic := range topics {
		t.Run(topic.name, topic.run)
	}
}

type suite struct {
	newStore        func(t *testing.T) store.Store
	callers, rounds int
	serial          bool
}

// check runs one subtest on a store of its own.
func (s suite) check(t *testing.T, name string, check func(t *testing.T, s subject)) {
	t.Run(name, func(t *testing.T) {
		check(t, subject{Store: s.newStore(t), t: t})
	})
}
