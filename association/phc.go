package association

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
)

// phc is a string of the PHC format as argon2 and scrypt have it: a version or none,
// numbers as parameters, salt and key.
//
//	$argon2id$v=19$m=19456,t=2,p=1$8iMQ1YcNy8pLqXkOdrKxWw$...
//	$scrypt$ln=15,r=8,p=1$8iMQ1YcNy8pLqXkOdrKxWw$...
type phc struct {
	id        string
	version   uint32 // 0 where none stands
	params    []phcParam
	salt, key []byte
}

type phcParam struct {
	name  string
	value uint32
}

var phcForm = regexp.MustCompile(`^\$([a-z0-9-]+)(?:\$v=(\d+))?\$([a-z]+=\d+(?:,[a-z]+=\d+)*)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// parsePHC reads what text writes, and nothing else: each string has one
// spelling.
func parsePHC(s string) (p phc, ok bool) {
	parts := phcForm.FindStringSubmatch(s)
	if parts == nil {
		return phc{}, false
	}
	// What is too large or is no base64 makes another string than it came from.
	number := func(digits string) uint32 {
		n, _ := strconv.ParseUint(digits, 10, 32)
		return uint32(n)
	}
	p.id, p.version = parts[1], number(parts[2])
	for _, param := range strings.Split(parts[3], ",") {
		name, digits, _ := strings.Cut(param, "=")
		p.params = append(p.params, phcParam{name, number(digits)})
	}
	p.salt, _ = base64.RawStdEncoding.DecodeString(parts[4])
	p.key, _ = base64.RawStdEncoding.DecodeString(parts[5])
	return p, p.text() == s
}

// values returns the parameters' values, where they are these and in this order.
func (p phc) values(names ...string) ([]uint32, bool) {
	if len(p.params) != len(names) {
		return nil, false
	}
	values := make([]uint32, len(names))
	for i, param := range p.params {
		if param.name != names[i] {
			return nil, false
		}
		values[i] = param.value
	}
	return values, true
}

func (p phc) text() string {
	var b strings.Builder
	number := func(before, name string, n uint32) {
		b.WriteString(before + name + "=" + strconv.FormatUint(uint64(n), 10))
	}
	b.WriteString("$" + p.id)
	if p.version != 0 {
		number("$", "v", p.version)
	}
	before := "$"
	for _, param := range p.params {
		number(before, param.name, param.value)
		before = ","
	}
	return b.String() + "$" + base64.RawStdEncoding.EncodeToString(p.salt) + "$" + base64.RawStdEncoding.EncodeToString(p.key)
}
