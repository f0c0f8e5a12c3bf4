package association

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
	"golang.org/x/text/unicode/norm"
)

// Hashes made here are argon2id with OWASP's parameters: 19 MiB, two passes, one
// lane.
const (
	ownMemory    = 19 * 1024 // KiB
	ownPasses    = 2
	ownLanes     = 1
	ownSaltBytes = 16
	ownKeyBytes  = 32
)

// ownCost is what it takes to make one, or to judge one.
var ownCost = cost{memory: ownMemory << 10, lanes: ownLanes}

// What a hash from elsewhere may ask of us beside memory, which is
// Policy.HashMemory's to bound: about a second of one processor. And the least
// that it must hold. A cheap one is taken, since it lives until the next sign-in.
const (
	maxHashBytes    = 512     // of its text
	maxHashWork     = 1 << 30 // bytes gone over, in all passes
	maxHashLanes    = 16
	maxBcryptCost   = 14
	maxScryptN      = 30 // of the logarithm; far beyond the memory there is
	maxScryptRP     = 1024
	minSaltBytes    = 8
	minHashKeyBytes = 16
)

// maxBcryptPassword is as much of a password as bcrypt looks at.
const maxBcryptPassword = 72

// What is wrong with a hash.
var (
	errNoHash   = errors.New("the password hash is no PHC string of argon2id, argon2i or scrypt, and none of bcrypt's")
	errWeakHash = errors.New("the password hash is too weak to be one")
	errDearHash = errors.New("the password hash asks for too much work")
	errBigHash  = errors.New("the password hash asks for more than a quarter of Policy.HashMemory")
)

// parsedHash is a hash that was found good to be judged.
type parsedHash struct {
	cost
	own   bool // as it would be made today
	judge func(password string) bool
}

// cost is what a computation takes while it runs.
type cost struct {
	memory int64 // bytes
	lanes  int64 // processors
}

// makeHash hashes a password. The two spellings that Unicode may have for it are
// one.
func makeHash(password string) string {
	salt := randomBytes(ownSaltBytes)
	return ownHash(salt, argon2.IDKey([]byte(norm.NFC.String(password)), salt, ownPasses, ownMemory, ownLanes, ownKeyBytes))
}

// decoyHash is a hash of no password. It is judged in place of one that does not
// exist, so that the unknown costs what the known costs (R56).
func decoyHash() string { return ownHash(randomBytes(ownSaltBytes), randomBytes(ownKeyBytes)) }

func ownHash(salt, key []byte) string {
	return phc{"argon2id", argon2.Version, []phcParam{{"m", ownMemory}, {"t", ownPasses}, {"p", ownLanes}}, salt, key}.text()
}

// parseHash reads a hash of any sort that is taken, with the memory that one may
// have, and refuses it before it could cost anything. The error holds nothing of
// the hash.
func parseHash(text string, memory int64) (h parsedHash, err error) {
	if len(text) > maxHashBytes {
		return parsedHash{}, errNoHash
	}
	if strings.HasPrefix(text, "$2") {
		return parseBcrypt(text)
	}
	p, ok := parsePHC(text)
	if !ok {
		return parsedHash{}, errNoHash
	}
	switch p.id {
	case "argon2id", "argon2i":
		h, err = parseArgon2(p)
	case "scrypt":
		h, err = parseScrypt(p)
	default:
		err = errNoHash
	}
	switch {
	case err != nil:
		return parsedHash{}, err
	case len(p.salt) < minSaltBytes || len(p.key) < minHashKeyBytes: // a short key matches by chance
		return parsedHash{}, errWeakHash
	case h.memory > memory:
		return parsedHash{}, errBigHash
	}
	return h, nil
}

func parseArgon2(p phc) (parsedHash, error) {
	values, ok := p.values("m", "t", "p")
	if !ok || p.version != argon2.Version {
		return parsedHash{}, errNoHash
	}
	memory, passes, lanes := values[0], values[1], values[2]
	c := cost{int64(memory) << 10, int64(lanes)}
	switch {
	case passes < 1 || lanes < 1 || int64(memory) < 8*c.lanes: // the first two make argon2 panic
		return parsedHash{}, errWeakHash
	case lanes > maxHashLanes || int64(passes) > maxHashWork/c.memory:
		return parsedHash{}, errDearHash
	}
	derive := argon2.IDKey
	if p.id == "argon2i" {
		derive = argon2.Key
	}
	return parsedHash{
		cost: c,
		own: p.id == "argon2id" && slices.Equal(values, []uint32{ownMemory, ownPasses, ownLanes}) &&
			len(p.salt) == ownSaltBytes && len(p.key) == ownKeyBytes,
		judge: func(password string) bool {
			key := derive([]byte(password), p.salt, passes, memory, uint8(lanes), uint32(len(p.key)))
			return sameKey(key, p.key)
		},
	}, nil
}

func parseScrypt(p phc) (parsedHash, error) {
	values, ok := p.values("ln", "r", "p")
	if !ok || p.version != 0 {
		return parsedHash{}, errNoHash
	}
	ln, r, lanes := values[0], int64(values[1]), int64(values[2])
	switch {
	case ln < 1 || r < 1 || lanes < 1:
		return parsedHash{}, errWeakHash
	case ln > maxScryptN || r > maxScryptRP || lanes > maxScryptRP/r:
		return parsedHash{}, errDearHash
	}
	c := cost{128 * r << ln, 1} // its lanes go one after the other
	if 2*lanes > maxHashWork/c.memory {
		return parsedHash{}, errDearHash
	}
	return parsedHash{cost: c, judge: func(password string) bool {
		key, err := scrypt.Key([]byte(password), p.salt, 1<<ln, int(r), int(lanes), len(p.key))
		return err == nil && sameKey(key, p.key)
	}}, nil
}

func sameKey(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

var bcryptEncoding = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

// parseBcrypt reads "$2b$12$" with 22 characters of salt and 31 of key. What "2a",
// "2b" and "2y" mean differs only in bugs of programs that nobody has any more.
func parseBcrypt(text string) (parsedHash, error) {
	if len(text) != 60 || !slices.Contains([]string{"$2a$", "$2b$", "$2y$"}, text[:4]) || text[6] != '$' {
		return parsedHash{}, errNoHash
	}
	rounds, err := strconv.ParseUint(text[4:6], 10, 8)
	// Some wrote a salt with bits that do not count. A key with such never matches.
	salt, badSalt := bcryptEncoding.DecodeString(text[7:29])
	key, badKey := bcryptEncoding.Strict().DecodeString(text[29:])
	switch {
	case err != nil || badSalt != nil || badKey != nil || len(salt) != 16 || len(key) != 23:
		return parsedHash{}, errNoHash
	case rounds < uint64(bcrypt.MinCost):
		return parsedHash{}, errWeakHash
	case rounds > maxBcryptCost:
		return parsedHash{}, errDearHash
	}
	return parsedHash{cost: cost{lanes: 1}, judge: func(password string) bool {
		// A password that is too long, or ends early where it has a NUL, is wrong, and
		// costs the same.
		whole := len(password) <= maxBcryptPassword && !strings.Contains(password, "\x00")
		looked := password[:min(len(password), maxBcryptPassword)]
		return bcrypt.CompareHashAndPassword([]byte(text), []byte(looked)) == nil && whole
	}}, nil
}
