package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"
	"sync"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
)

// storm is many people who sign in by a password at once, in a process of its own:
// with its own hash, unknown, with bcrypt, and with one that takes much memory, in
// equal parts.
type storm struct {
	Callers int
	Memory  int // Policy.HashMemory
	Queue   time.Duration
	Gated   bool // or else each caller has a Service of its own, and so a gate of its own
}

// stormed is what became of it.
type stormed struct {
	Served, Shed   int
	Growth         uint64        // bytes, from before the storm to the peak; 0 where there is no /proc
	Alone          time.Duration // the longest call before the storm
	Longest, InAll time.Duration
}

// stormProcessors are more than what the memory is enough for, so that it is the
// memory that bounds, on every machine.
const stormProcessors = 16

// stormPassword is everybody's, and these are hashes of it by other programs.
const (
	stormPassword = "correct horse"
	stormBcrypt   = "$2y$10$saltsaltsaltsaltsaltsOUbk7/I0bJzh4wL5CxgR/6uR7wHq2idG"
	stormScrypt   = "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$h/7ZIZErvvJdvGtZpiAZGcwjL8SpKSXTSnVnO+rJD94"
	stormArgon2   = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$q+0sKARca/pubavMga31B1maRKtxs4flSqsDI1tWO84"
)

// passwords measures what Policy.HashMemory and Policy.HashQueueTime promise, and
// fails where it does not hold.
func passwords(o options) (string, error) {
	full := storm{Callers: o.callers, Memory: 256, Queue: 2 * time.Second, Gated: true}
	part := full
	part.Callers = max(8, o.callers/4) // without the gate, all of them take gigabytes
	free := part
	free.Gated = false
	var t table
	t.row("sign-ins at once", "signed in or refused", "turned away", "growth of the process", "bound", "longest call", "bound", "all done after")
	var broken []error
	var growth []float64
	for _, s := range []storm{full, part, free} {
		r, err := s.blow()
		if err != nil {
			return "", err
		}
		name, memory, wait := fmt.Sprintf("%d", s.Callers), mega(s.most(o.slack)), seconds(s.longest(r))
		if s.Gated {
			broken = append(broken, s.broken(r, o.slack))
		} else {
			name, memory, wait = name+", without the gate", "none", "none"
		}
		growth = append(growth, float64(r.Growth))
		grew := mega(r.Growth)
		if r.Growth == 0 {
			grew = "not measured here"
		}
		t.row(name, fmt.Sprint(r.Served), fmt.Sprint(r.Shed), grew, memory, seconds(r.Longest), wait, seconds(r.InAll))
	}
	told := "## A storm of passwords\n\n" + t.String()
	if growth[1] > 0 {
		told += fmt.Sprintf("Without the gate, %d at once take **%.1f** times the memory.\n\n", part.Callers, growth[2]/growth[1])
	}
	return told, errors.Join(broken...)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// most is what the process may grow by: what the policy says, and slack for everything
// that is no hash.
func (s storm) most(slack uint64) uint64 { return uint64(s.Memory)<<20 + slack }

// longest is how long a call may take: its wait, and then as long as four that have
// the machine for themselves, since it does not; but a second at the least.
func (s storm) longest(r stormed) time.Duration { return s.Queue + max(time.Second, 4*r.Alone) }

// broken says which promise did not hold.
func (s storm) broken(r stormed, slack uint64) error {
	var broken []error
	if most := s.most(slack); r.Growth > most {
		broken = append(broken, fmt.Errorf("%d sign-ins at once took %s, more than %s", s.Callers, mega(r.Growth), mega(most)))
	}
	if most := s.longest(r); r.Longest > most {
		broken = append(broken, fmt.Errorf("of %d sign-ins at once one took %s, more than %s", s.Callers, seconds(r.Longest), seconds(most)))
	}
	return errors.Join(broken...)
}

// blow runs the storm in a process of its own.
func (s storm) blow() (r stormed, err error) {
	config, err := json.Marshal(s)
	if err != nil {
		return r, err
	}
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	c := exec.Command(self, "storm", string(config))
	c.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", stormProcessors))
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return r, fmt.Errorf("a storm of %d: %w", s.Callers, err)
	}
	return r, json.NewDecoder(bytes.NewReader(out)).Decode(&r)
}

// rage is the life of that process.
func rage(config string) error {
	var s storm
	if err := json.Unmarshal([]byte(config), &s); err != nil {
		return err
	}
	r, err := s.rage(context.Background())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func (s storm) rage(ctx context.Context) (r stormed, err error) {
	records := memstore.New(memstore.Limits{})
	services := make([]*association.Service, s.Callers)
	for i := range services {
		if i > 0 && s.Gated {
			services[i] = services[0]
		} else if services[i], err = s.service(records); err != nil {
			return r, err
		}
	}
	signIn := func(i int, name string) (time.Duration, error) {
		start := time.Now()
		_, err := services[i%s.Callers].SignIn(ctx, association.Caller{Device: name, IP: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})},
			association.SignInRequest{Identifier: name, Password: stormPassword})
		return time.Since(start), err
	}
	names := make([]string, s.Callers+8) // the last eight come before the storm
	for i := range names {
		in := association.ImportedAccount{}
		names[i] = fmt.Sprintf("person%d@example.com", i)
		switch i % 8 {
		case 0, 4:
			in.Password = stormPassword
		case 1, 5:
			continue // unknown
		case 2, 6:
			in.PasswordHash = stormBcrypt
		case 3:
			in.PasswordHash = stormScrypt
		case 7:
			in.PasswordHash = stormArgon2
		}
		in.Identifiers = []association.ImportedIdentifier{{Kind: email.New().Name(), Value: names[i]}}
		if _, err := services[0].Import(ctx, in); err != nil {
			return r, err
		}
	}
	for i := range 8 {
		took, err := signIn(s.Callers+i, names[s.Callers+i])
		if err != nil && !errors.Is(err, association.ErrInvalidPassword) {
			return r, err
		}
		r.Alone = max(r.Alone, took)
	}
	debug.FreeOSMemory()
	before, err := measure()
	if err != nil {
		return r, err
	}

	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	gun := make(chan struct{})
	for i, name := range names[:s.Callers] {
		all.Go(func() {
			<-gun
			took, err := signIn(i, name)
			mu.Lock()
			defer mu.Unlock()
			r.Longest = max(r.Longest, took)
			var e *association.Error
			switch unknown := i%4 == 1; {
			case errors.As(err, &e) && errors.Is(err, association.ErrUnavailable) && e.RetryAfter > 0:
				r.Shed++
			case unknown && errors.Is(err, association.ErrInvalidPassword), !unknown && err == nil:
				r.Served++
			default:
				failed = fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	start := time.Now()
	close(gun)
	all.Wait()
	r.InAll = time.Since(start)
	after, err := measure()
	r.Growth = after.Peak - before.Resident
	return r, errors.Join(err, failed)
}

func (s storm) service(records store.Store) (*association.Service, error) {
	memory := s.Memory
	if !s.Gated {
		memory = 64 << 10
	}
	return association.New(association.Config{
		Name: "bench", Store: records, Sender: capture{},
		Keys: association.Keys{
			Active: "1", Ring: map[string]association.Key{"1": association.NewKey(key('r'))}, Index: association.NewKey(key('i')),
		},
		Kinds:  []association.Kind{email.New()},
		Policy: association.Policy{HashMemory: memory, HashQueueTime: s.Queue},
	})
}
