package association

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/catalog"
	"github.com/ligature-auth/ligature/store"
)

// Service is the ceremony of account association: every method is one step of
// it. It is safe for use by any number of goroutines. See New.
type Service struct {
	name      string
	store     store.Store
	sender    sender.Sender
	checker   sender.CodeChecker // the sender, if it is one
	catalog   *catalog.Catalog
	keys      keyring
	kinds     map[string]Kind
	passwords PasswordVerifier
	policy    Policy
	transfers Transfers
	risks     Risks
	revoker   SessionRevoker
	deleter   AccountDeleter
	observer  Observer
	tickets   Tickets
	clock     func() time.Time
	log       *slog.Logger
	hashing   *gate
	decoy     passwordData // that no password matches, judged for the unknown
	inTx      bool         // made by With
}

// New checks the configuration and returns a Service. It does no I/O, starts no
// goroutine and keeps no reference to cfg's maps and slices. An error names the
// field that is missing or out of bounds.
func New(cfg Config) (*Service, error) {
	s, err := newService(cfg)
	if err != nil {
		return nil, fmt.Errorf("association: %w", err)
	}
	return s, nil
}

func newService(cfg Config) (*Service, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("Config.Name is missing")
	case cfg.Store == nil:
		return nil, errors.New("Config.Store is missing")
	case cfg.Sender == nil:
		return nil, errors.New("Config.Sender is missing")
	case len(cfg.Kinds) == 0:
		return nil, errors.New("Config.Kinds is missing")
	}
	s := &Service{
		name:      cfg.Name,
		store:     cfg.Store,
		sender:    cfg.Sender,
		kinds:     map[string]Kind{},
		passwords: cfg.Passwords,
		transfers: cfg.Transfers,
		risks:     cfg.Risks,
		revoker:   cfg.Revoker,
		deleter:   cfg.Deleter,
		observer:  cfg.Observer,
		clock:     cfg.Now,
		log:       cfg.Logger,
		decoy:     passwordData{Hash: decoyHash()},
	}
	for _, k := range cfg.Kinds {
		if k == nil || !kindName.MatchString(k.Name()) {
			return nil, errors.New("Config.Kinds: a kind is nil, or its name is not 1 to 64 lower-case letters, digits and :_-")
		}
		if slices.Contains(factorKinds, k.Name()) {
			return nil, fmt.Errorf("Config.Kinds: %q is the name of another factor", k.Name())
		}
		if _, twice := s.kinds[k.Name()]; twice {
			return nil, fmt.Errorf("Config.Kinds: %q stands twice", k.Name())
		}
		s.kinds[k.Name()] = k
	}
	var err error
	if s.keys, err = newKeyring(cfg.Keys); err != nil {
		return nil, fmt.Errorf("Config.%w", err)
	}
	if s.policy, err = cfg.Policy.withDefaults(); err != nil {
		return nil, fmt.Errorf("Config.%w", err)
	}
	if err := cfg.Tickets.validate(); err != nil {
		return nil, fmt.Errorf("Config.%w", err)
	}
	s.tickets = cfg.Tickets.clone()
	for kind := range s.policy.ReproveAfter {
		if _, ok := s.kinds[kind]; !ok {
			return nil, fmt.Errorf("Config.Policy.ReproveAfter: %q is no kind of Config.Kinds", kind)
		}
	}
	s.checker, _ = cfg.Sender.(sender.CodeChecker)
	if s.catalog, err = s.newCatalog(cfg); err != nil {
		return nil, err
	}
	s.hashing = newGate(runtime.GOMAXPROCS(0)-1, s.policy)
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

// Now is the Service's clock, Config.Now.
func (s *Service) Now() time.Time { return s.clock() }

// now is the time of a call in Unix microseconds, asked once a call.
func (s *Service) now() int64 { return s.clock().UnixMicro() }

// kind returns the configured kind of this name.
func (s *Service) kind(name string) (Kind, error) {
	k, ok := s.kinds[name]
	if !ok {
		return nil, refuse(ErrUnsupported, "no such kind of identifier")
	}
	return k, nil
}

func at(micro int64) time.Time { return time.UnixMicro(micro).UTC() }

var kindName = regexp.MustCompile(`^[a-z0-9:_-]{1,64}$`)
