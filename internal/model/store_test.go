package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

var errCrash = errors.New("the process has ended")

// journal is the store as the Service sees it. It keeps what the Service wrote, ends
// the process when told to, and lets another call go first.
type journal struct {
	store.Store
	frames   []*frame // of the calls under way, the innermost last
	versions map[string]int64
	slots    map[string]slotRecord
	totals   map[[32]byte]int64
	cheap    func(account []byte) []byte
	clock    func() int64
	broke    func(why, format string, args ...any)
}

// frame is one call.
type frame struct {
	applied, failed []store.Change
	spends          []slotRecord // verified before and spent after, of what was applied
	crash           string       // "before" or "after" the first write
	dead, died      bool         // the process has ended; it did so once
	between         func()       // comes between the reads and the first write
	interrupted     bool
}

// slotRecord is the part of a verification's record that the invariants are about.
type slotRecord struct {
	ID, Kind, State            string
	Target, Nonce              []byte
	Guesses, WindowGuesses     int
	WindowEnds, CodeExpires    int64
	Purpose, Asker, Session, V any
}

const (
	proofVerification = 1
	proofSession      = 3
)

func newJournal(st store.Store, r *run) *journal {
	return &journal{
		Store: st, cheap: r.cheap, clock: func() int64 { return r.now.UnixMicro() }, broke: r.broke,
		versions: map[string]int64{}, slots: map[string]slotRecord{}, totals: map[[32]byte]int64{},
	}
}

func (j *journal) top() *frame { return j.frames[len(j.frames)-1] }

// within runs a call in a frame of its own.
func (j *journal) within(f *frame, call func()) {
	j.frames = append(j.frames, f)
	defer func() { j.frames = j.frames[:len(j.frames)-1] }()
	call()
}

func (j *journal) Account(ctx context.Context, id string) (*store.Account, error) {
	if j.top().dead {
		return nil, errCrash
	}
	return j.Store.Account(ctx, id)
}

func (j *journal) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	if j.top().dead {
		return nil, errCrash
	}
	return j.Store.AccountByIdentifier(ctx, kind, value)
}

func (j *journal) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	if j.top().dead {
		return nil, nil, errCrash
	}
	return j.Store.Proof(ctx, id)
}

// Count holds that no total falls while its time lasts (I12).
func (j *journal) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	if j.top().dead {
		return nil, errCrash
	}
	totals, err := j.Store.Count(ctx, counters)
	for i, total := range totals {
		c := counters[i]
		if j.clock() < c.Expires && total < j.totals[c.Key]+c.N {
			j.broke("I12: a counter fell", "to %d, from %d and %d more", total, j.totals[c.Key], c.N)
		}
		j.totals[c.Key] = total
	}
	return totals, err
}

func (j *journal) Apply(ctx context.Context, change store.Change) error {
	f := j.top()
	if f.dead {
		return errCrash
	}
	if len(change.Accounts)+len(change.Proofs)+len(change.Notices)+len(change.Link)+len(change.Unlink)+len(change.Events) == 0 {
		return j.Store.Apply(ctx, change)
	}
	if between := f.between; between != nil {
		f.between, f.interrupted = nil, true
		between()
	}
	change.Accounts = slices.Clone(change.Accounts)
	for i, a := range change.Accounts {
		change.Accounts[i].Data = j.cheap(a.Data)
	}
	if f.crash == "before" {
		f.dead, f.died = true, true
		return errCrash
	}
	if err := j.Store.Apply(ctx, change); err != nil {
		f.failed = append(f.failed, change)
		return err
	}
	f.applied = append(f.applied, change)
	maps.Copy(j.versions, versions(change, 1))
	for _, p := range change.Proofs {
		if p.Kind == proofVerification {
			j.wrote(f, p)
		}
	}
	if f.crash == "after" {
		f.dead, f.died = true, true
		return errCrash
	}
	return nil
}

// versions are those of the records in the change, n further.
func versions(change store.Change, n int64) map[string]int64 {
	all := map[string]int64{}
	for _, a := range change.Accounts {
		all["account "+a.ID] = a.Version + n
	}
	for _, p := range change.Proofs {
		all["proof "+p.ID] = p.Version + n
	}
	return all
}

// stored is the version of a record as the store has it now.
func (j *journal) stored(ctx context.Context, name string) (int64, error) {
	var kind, id string
	if _, err := fmt.Sscan(name, &kind, &id); err != nil {
		return 0, err
	}
	var version int64
	var err error
	if kind == "account" {
		a, readErr := j.Store.Account(ctx, id)
		if err = readErr; err == nil {
			version = a.Version
		}
	} else {
		p, _, readErr := j.Store.Proof(ctx, id)
		if err = readErr; err == nil {
			version = p.Version
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return version, err
}

// wrote notes what became of a slot, and holds that its guesses fall only by a new code,
// a right guess or the end of the window (I12), and keep to their bounds (I3).
func (j *journal) wrote(f *frame, p store.Proof) {
	old, is := j.slots[p.ID], parseSlot(p)
	j.slots[p.ID] = is
	if old.State == "verified" && is.State == "spent" {
		f.spends = append(f.spends, is)
	}
	if is.Guesses > 5 || is.WindowGuesses > 15 {
		j.broke("I3: a slot beyond its guesses", "%d of a code, %d of a window", is.Guesses, is.WindowGuesses)
	}
	if slices.Equal(old.Nonce, is.Nonce) && is.Guesses < old.Guesses ||
		j.clock() < old.WindowEnds && is.WindowGuesses < old.WindowGuesses {
		j.broke("I12: a slot forgot a guess", "%+v after %+v", is, old)
	}
}

func parseSlot(p store.Proof) slotRecord {
	var r slotRecord
	if err := json.Unmarshal(p.Data, &r); err != nil {
		panic(err)
	}
	r.ID = p.ID
	return r
}
