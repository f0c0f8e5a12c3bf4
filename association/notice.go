package association

import (
	"time"

	"github.com/ligature-auth/ligature/store"
)

// notice is the record of a message that a change owes an address. It is written
// in the commit that it tells of and sent by Deliver, which leases it first:
//
//	owed ──lease──▶ being sent ──sent──▶ done with
//	  ▲                 │
//	  └──lease is over──┘
type notice struct {
	V          int    `json:"v"`
	Kind       string `json:"kind"`             // what it tells
	Identifier string `json:"identifier"`       // the kind of the address
	Target     []byte `json:"target,omitempty"` // the address; gone when it is sent
	Locale     string `json:"locale,omitempty"`
	Account    string `json:"account,omitempty"` // masked
	At         int64  `json:"at"`                // when what it tells of happened
	Attempts   int    `json:"attempts"`
}

// noticeV is the version of the record's shape.
const noticeV = 1

// noticeReplaced tells an address that another has taken its place.
const noticeReplaced = "replaced"

const (
	noticeLife   = 72 * time.Hour
	leaseMargin  = time.Minute // for what is not the sender's doing, clocks among it
	longestLease = time.Hour
)

// owedToReplaced returns the notice to an address of the account's that another
// of its kind replaces.
func (s *Service) owedToReplaced(old *store.Association, a *store.Account, c Caller, now int64) store.Notice {
	return store.Notice{
		ID: newID(), Account: a.ID, Due: now, Expires: now + noticeLife.Microseconds(),
		Data: encode(notice{
			V: noticeV, Kind: noticeReplaced, Identifier: old.Kind, Target: old.Value,
			Locale: clip(c.Locale), Account: s.masked(a), At: now,
		}),
	}
}

// lease is for how long the notice belongs to whoever makes this attempt, and so
// the pause before the next: it doubles with each.
func (v notice) lease(sendTimeout time.Duration) time.Duration {
	d := sendTimeout + leaseMargin
	for i := 1; i < v.Attempts && d < longestLease; i++ {
		d *= 2
	}
	return min(d, longestLease)
}

// sent is the notice without what was needed to send it.
func (v notice) sent() notice {
	v.Target = nil
	return v
}
