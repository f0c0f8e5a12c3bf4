package association

import (
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// verification is the record of one slot: one purpose, asker, kind and address.
// Its life, and nothing else, is in this file, as pure functions:
//
//	request ──▶ pending ──settle(right)──▶ verified ──spend──▶ spent
//	   ▲           │ charge, settle(wrong): one guess less           │
//	   └───────────┴──────────────── request (again) ◀───────────────┘
//
// A new request replaces the code or token of the old one; the guesses of the
// window and the pause between two codes survive it.
type verification struct {
	V       int            `json:"v"`
	Purpose sender.Purpose `json:"purpose"`
	Asker   string         `json:"asker"`
	Session string         `json:"session,omitempty"` // the asker's, when signed in
	Epoch   int64          `json:"epoch"`             // of the asker's account
	Kind    string         `json:"kind"`
	Target  []byte         `json:"target"`
	Typed   string         `json:"typed"`

	State         verificationState `json:"state"`
	Nonce         []byte            `json:"nonce"`
	RequestedAt   int64             `json:"requestedAt"`
	PausedUntil   int64             `json:"pausedUntil"`
	Code          sealed            `json:"code,omitzero"`
	Vendor        *vendorCode       `json:"vendor,omitempty"` // instead of Code
	CodeExpires   int64             `json:"codeExpires,omitzero"`
	Guesses       int               `json:"guesses,omitzero"`       // of this code
	WindowGuesses int               `json:"windowGuesses,omitzero"` // of every code in the window
	WindowEnds    int64             `json:"windowEnds"`
	Token         sealed            `json:"token,omitzero"`
	TokenExpires  int64             `json:"tokenExpires,omitzero"`

	Answer answer `json:"answer,omitzero"`
}

type verificationState string

const (
	pending  verificationState = "pending"
	verified verificationState = "verified"
	spent    verificationState = "spent"
)

// vendorCode is a code that the sender's vendor made and checks.
type vendorCode struct {
	MessageID string `json:"messageID,omitempty"` // what the vendor calls it; empty where none went out
	Locale    string `json:"locale,omitempty"`    // of the message
}

// verificationV is the version of the record's shape.
const verificationV = 1

// mayRequest says until when a new code must wait, and whether it must.
func (v verification) mayRequest(now int64) (until int64, ok bool) {
	switch {
	case now < v.PausedUntil:
		return v.PausedUntil, false
	case now < v.WindowEnds && v.WindowGuesses >= maxGuessesPerSlot:
		return v.WindowEnds, false
	}
	return 0, true
}

// newCode is what a request puts into the slot.
type newCode struct {
	Nonce   []byte
	Code    sealed
	Vendor  *vendorCode // instead of Code
	Session string
	Epoch   int64
	Typed   string
	TTL     time.Duration
	Pause   time.Duration
}

// request puts a new code into the slot. The caller has asked mayRequest.
func (v verification) request(c newCode, now int64) verification {
	if now >= v.WindowEnds {
		v.WindowEnds = now + slotWindow.Microseconds()
		v.WindowGuesses = 0
	}
	v.State = pending
	v.Nonce, v.Code, v.Vendor, v.Session, v.Epoch, v.Typed = c.Nonce, c.Code, c.Vendor, c.Session, c.Epoch, c.Typed
	v.RequestedAt = now
	v.PausedUntil = now + c.Pause.Microseconds()
	v.CodeExpires = now + c.TTL.Microseconds()
	v.Guesses = 0
	v.Token, v.TokenExpires = sealed{}, 0
	return v
}

// undelivered takes back a code that did not go out: it is dead, and the pause
// it began is over.
func (v verification) undelivered() verification {
	v.State = spent
	v.Code, v.Vendor, v.CodeExpires, v.PausedUntil, v.Answer = sealed{}, nil, 0, 0, answer{}
	return v
}

// charge counts one guess at the code, before it is judged. It refuses a guess
// at no live code, or beyond the budgets, and then counts nothing.
func (v verification) charge(now int64) (verification, bool) {
	if v.State != pending || now >= v.CodeExpires ||
		v.Guesses >= maxGuessesPerCode || v.WindowGuesses >= maxGuessesPerSlot {
		return v, false
	}
	v.Guesses++
	v.WindowGuesses++
	return v, true
}

// settle records the verdict on a charged guess. A right one gives back what it
// took from the window, which counts wrong ones.
func (v verification) settle(right bool, token sealed, tokenExpires int64) verification {
	if !right {
		return v
	}
	v.WindowGuesses--
	v.State = verified
	v.Code, v.Vendor, v.CodeExpires = sealed{}, nil, 0
	v.Token, v.TokenExpires = token, tokenExpires
	return v
}

// mayRedeem reports whether the token is alive.
func (v verification) mayRedeem(now int64) bool {
	return v.State == verified && now < v.TokenExpires
}

// recent reports whether the code was asked for in the account's epoch, and since it
// has the address: whoever held it before has no part in the account (R51).
func (v verification) recent(own store.Association, d accountData) bool {
	return v.RequestedAt > d.EpochAt && v.RequestedAt >= own.CreatedAt
}

// spend uses the token up.
func (v verification) spend() verification {
	v.State = spent
	v.Token, v.TokenExpires = sealed{}, 0
	return v
}

// expires is when the record may be deleted: nothing in it matters any more.
func (v verification) expires() int64 {
	return max(v.WindowEnds, v.CodeExpires, v.TokenExpires, v.Answer.At+repeatWindow.Microseconds())
}

// codeFields are what the code's MAC covers (R15).
func (v verification) codeFields(slot string, nonce []byte, code string) [][]byte {
	return [][]byte{
		[]byte(slot), nonce, []byte(v.Purpose), []byte(v.Asker), []byte(v.Kind), v.Target, []byte(code),
	}
}

// tokenFields are what the token's MAC covers (R34, R35).
func (v verification) tokenFields(slot string, expires int64, secret []byte) [][]byte {
	return [][]byte{
		[]byte(prefixVerification), []byte(slot), v.Nonce, []byte(v.Purpose), []byte(v.Asker), []byte(v.Session),
		[]byte(v.Kind), v.Target, int64Field(expires), secret,
	}
}
