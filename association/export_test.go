package association

import "net/netip"

// What tests of unexported rules need.
var (
	MakeCode = makeCode
	MACInput = macInput

	ParseToken = parseToken
	MakeToken  = makeToken
)

// TokenPrefixes are the prefixes of every sort of token, with the length of its
// secret.
var TokenPrefixes = map[string]int{
	prefixChallenge: idBytes, prefixVerification: secretBytes, prefixSudo: secretBytes,
	prefixAccess: secretBytes, prefixRefresh: secretBytes,
}

// WithDefaults returns the policy as New completes it.
func (p Policy) WithDefaults() (Policy, error) { return p.withDefaults() }

// IPSubject returns what an address is counted under.
func IPSubject(ip netip.Addr) string { return string(ipSubject(ip)) }

// CodeMatcher seals a code and returns the judge of guesses at it.
func CodeMatcher(k Keys, code string) (func(guess string) bool, error) {
	r, err := newKeyring(k)
	if err != nil {
		return nil, err
	}
	stored := r.seal(useCode, []byte("slot"), []byte(code))
	return func(guess string) bool { return r.matches(stored, useCode, []byte("slot"), []byte(guess)) }, nil
}
