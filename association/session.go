package association

import (
	"time"

	"github.com/ligature-auth/ligature/store"
)

// session is the record of somebody being signed in. Its life is in this file,
// as pure functions: it is opened, refreshed any number of times, and ended.
type session struct {
	V               int    `json:"v"`
	Epoch           int64  `json:"epoch"`
	AuthenticatedAt int64  `json:"authenticatedAt"`
	Factor          factor `json:"factor"`
	Device          string `json:"device,omitempty"`
	UserAgent       string `json:"userAgent,omitempty"`
	// Anonymous is a session of an account that the store has nothing of until it
	// signs up.
	Anonymous bool  `json:"anonymous,omitempty"`
	Ended     bool  `json:"ended,omitempty"`
	Expires   int64 `json:"expires"`
	// Resume is the part of the session's name that each Sudo changes.
	Resume string `json:"resume"`

	// Sudo is the grant of the last Sudo in this session.
	Sudo *grant `json:"sudo,omitempty"`

	// Family is in every refresh token of the session, so that an old one is
	// known for what it is; Current and Previous are generations.
	Family      sealed     `json:"family"`
	Current     generation `json:"current"`
	Previous    generation `json:"previous,omitzero"`
	RefreshedAt int64      `json:"refreshedAt"`

	Answer answer `json:"answer,omitzero"`

	// Last is the answer to the last change that rested on the session alone, or that
	// ended it.
	Last answer `json:"last,omitzero"`
}

// generation is what one sign-in or refresh handed out.
type generation struct {
	Access        sealed `json:"access"`
	AccessExpires int64  `json:"accessExpires"`
	Refresh       sealed `json:"refresh"`
}

const sessionV = 1

// alive reports whether the session counts for the account as it is now.
func (s session) alive(a *store.Account, now int64) bool {
	return !s.Ended && now < s.Expires && s.Epoch == a.Epoch
}

// accepted returns the generations whose access token counts: the current one,
// and for a while the one before, which requests under way still carry.
func (s session) accepted(now int64) []generation {
	var live []generation
	if now < s.Current.AccessExpires {
		live = append(live, s.Current)
	}
	if now < s.Previous.AccessExpires && now < s.RefreshedAt+repeatWindow.Microseconds() {
		live = append(live, s.Previous)
	}
	return live
}

// presented is which of its refresh tokens a session was shown.
type presented int

const (
	unknownToken  presented = iota
	currentToken            // rotate
	previousToken           // a lost answer or another tab: the same successor again
	oldToken                // somebody has kept a copy: the session ends
)

// judge tells what to do about a refresh token, given which MACs it matches.
func (s session) judge(family, current, previous bool, now int64) presented {
	switch {
	case !family:
		return unknownToken
	case current:
		return currentToken
	case previous && now < s.RefreshedAt+repeatWindow.Microseconds():
		return previousToken
	}
	return oldToken
}

// refresh makes next the current generation.
func (s session) refresh(next generation, ttl time.Duration, now int64) session {
	s.Previous, s.Current = s.Current, next
	s.RefreshedAt = now
	s.Expires = now + ttl.Microseconds()
	return s
}

// end makes every token of the session dead.
func (s session) end() session {
	s.Ended, s.Sudo = true, nil
	s.Family, s.Current, s.Previous, s.Answer, s.Last = sealed{}, generation{}, generation{}, answer{}, answer{}
	return s
}

// accessFields are what an access token's MAC covers (R34).
func accessFields(id, account string, expires int64, secret []byte) [][]byte {
	return [][]byte{[]byte(prefixAccess), []byte(id), []byte(account), int64Field(expires), secret}
}

// A refresh token's secret is two halves: the family's and the generation's.
const halfSecret = secretBytes / 2

func familyFields(id, account string, half []byte) [][]byte {
	return [][]byte{[]byte(prefixRefresh), []byte("family"), []byte(id), []byte(account), half}
}

func generationFields(id, account string, half []byte) [][]byte {
	return [][]byte{[]byte(prefixRefresh), []byte("generation"), []byte(id), []byte(account), half}
}
