package association

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// Account is what a Service tells of an account.
type Account struct {
	ID           string
	Name         string
	Picture      string
	Locale       string
	CreatedAt    time.Time
	Associations []Association // oldest first
	HasPassword  bool
	// HasAuthenticator says that an authenticator app is enrolled and confirmed.
	HasAuthenticator bool
	// PasswordSetAt is the zero time where ligature keeps no password.
	PasswordSetAt time.Time
}

// Association is an identifier bound to an account.
type Association struct {
	ID        string
	Kind      string // the Kind's name
	Value     string // as the kind formats it
	CreatedAt time.Time
}

// Of returns the account's association of this kind, the newest if there are
// several.
func (a Account) Of(kind string) (Association, bool) {
	for _, as := range slices.Backward(a.Associations) {
		if as.Kind == kind {
			return as, true
		}
	}
	return Association{}, false
}

// The values of store.Account.Status.
const (
	statusActive   = 1
	statusDisabled = 2
	statusDeleted  = 3 // what is left of it, so that its ID is never used again
)

// accountData is what the store keeps of an account without looking into it.
type accountData struct {
	V             int            `json:"v"`
	EpochAt       int64          `json:"epochAt"` // when the epoch was last raised
	Name          string         `json:"name,omitempty"`
	Picture       string         `json:"picture,omitempty"`
	Locale        string         `json:"locale,omitempty"`
	Password      *passwordData  `json:"password,omitempty"`
	Authenticator *authenticator `json:"authenticator,omitempty"`
	Enrolment     *enrolment     `json:"enrolment,omitempty"`

	// Reproved is when an association was last proved after it was bound, by its ID.
	// It is kept for the kinds of Policy.ReproveAfter alone.
	Reproved map[string]int64 `json:"reproved,omitempty"`

	// Named says that the account had a username that has gone: one is chosen once.
	Named bool `json:"named,omitempty"`

	// Gone are factors that were replaced or removed of late, under others.
	Gone []gone `json:"gone,omitempty"`
}

type passwordData struct {
	Hash  string   `json:"hash"` // as parseHash reads it
	SetAt int64    `json:"setAt"`
	Roots []string `json:"roots,omitempty"` // see factor
	// AsTyped marks a hash that the host made, of the password as it was typed. Ours
	// are of its NFC form.
	AsTyped bool `json:"asTyped,omitempty"`
}

// associationData is what the store keeps of an association without looking
// into it.
type associationData struct {
	V        int      `json:"v"`
	ProvedBy provedBy `json:"provedBy"`
	Roots    []string `json:"roots,omitempty"` // see factor
}

type provedBy string

const (
	byCode   provedBy = "code"
	byImport provedBy = "import" // the host vouches for it
	byChoice provedBy = "choice" // a username proves nothing
)

const dataV = 1

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("association: our own records always marshal: " + err.Error())
	}
	return b
}

// decode reads a record's data, whose version must be the one this code writes.
func decode[T any](data []byte, version func(*T) int, want int) (T, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("a stored record cannot be read: %w", err)
	}
	if got := version(&v); got != want {
		return v, fmt.Errorf("a stored record has version %d, not %d", got, want)
	}
	return v, nil
}

func decodeAccount(a *store.Account) (accountData, error) {
	if a.Version == 0 {
		return accountData{V: dataV}, nil // not stored yet
	}
	return decode(a.Data, func(d *accountData) int { return d.V }, dataV)
}

// raiseEpoch kills every proof made so far, and what was begun and not confirmed.
func raiseEpoch(a store.Account, d accountData, now int64) (store.Account, accountData) {
	a.Epoch++
	d.EpochAt, d.Enrolment = max(d.EpochAt, now), nil
	return a, d
}

// ofKind returns the account's association of a kind, or nil.
func ofKind(a *store.Account, kind string) *store.Association {
	for i := range slices.Backward(a.Associations) {
		if a.Associations[i].Kind == kind {
			return &a.Associations[i]
		}
	}
	return nil
}

// linked returns the account's association with this identifier, or nil. It
// compares the bytes itself, whatever the store thinks equal (R46).
func linked(a *store.Account, kind string, value []byte) *store.Association {
	for i, as := range a.Associations {
		if as.Kind == kind && string(as.Value) == string(value) {
			return &a.Associations[i]
		}
	}
	return nil
}

func newAssociation(account, kind string, value []byte, typed string, by provedBy, roots []string, now int64) store.Association {
	return store.Association{
		ID: newID(), Account: account, Kind: kind, Value: value, Display: typed, CreatedAt: now,
		Data: encode(associationData{V: dataV, ProvedBy: by, Roots: roots}),
	}
}

func (s *Service) association(a store.Association) Association {
	out := Association{ID: a.ID, Kind: a.Kind, Value: string(a.Value), CreatedAt: at(a.CreatedAt)}
	if k, ok := s.kinds[a.Kind]; ok {
		out.Value = k.Format(a.Value)
	}
	return out
}

// masked names an account for a message, by its username: the mask of an address
// would carry a domain of its owner's choice to strangers (R66).
func (s *Service) masked(a *store.Account) string {
	for _, as := range a.Associations {
		if k, ok := s.kinds[as.Kind]; ok && k.Channel() == "" {
			return k.Mask(as.Value)
		}
	}
	return ""
}
