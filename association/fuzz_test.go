package association_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// fieldsOf takes a MAC's input apart again.
func fieldsOf(input []byte) ([][]byte, bool) {
	fields := [][]byte{}
	for len(input) > 0 {
		if len(input) < 8 {
			return nil, false
		}
		n := binary.BigEndian.Uint64(input)
		input = input[8:]
		if n > uint64(len(input)) {
			return nil, false
		}
		fields = append(fields, input[:n])
		input = input[n:]
	}
	return fields, true
}

// FuzzMACInput: what a MAC covers can be told from its input, so no two
// different tuples of fields have one (R16). The raw bytes are cut into fields
// at every byte that the separator names.
func FuzzMACInput(f *testing.F) {
	f.Add("ligature/code/v1", []byte("a@b.c1|23456"), byte('|'))
	f.Add("", []byte{}, byte(0))
	f.Add("\x00\x00\x00\x00\x00\x00\x00\x01", []byte("\x00\x00\x00\x00\x00\x00\x00\x01a"), byte('a'))
	f.Add("use", []byte("|||"), byte('|'))
	f.Fuzz(func(t *testing.T, use string, raw []byte, separator byte) {
		fields := bytes.Split(raw, []byte{separator})
		got, ok := fieldsOf(association.MACInput(use, fields))
		if !ok || len(got) != len(fields)+1 || string(got[0]) != use {
			t.Fatalf("%q %q became %q", use, fields, got)
		}
		for i, want := range fields {
			if !bytes.Equal(got[i+1], want) {
				t.Fatalf("field %d: %q became %q", i, want, got[i+1])
			}
		}
	})
}

func TestR16_NoTwoTuplesCollide(t *testing.T) {
	tuples := [][]string{
		{"a@b.c1", "23456"}, {"a@b.c", "123456"}, {"a@b.c123456"}, {"a@b.c123456", ""}, {"", "a@b.c123456"},
		{}, {""}, {"", ""}, {"\x00"}, {"\x00", ""}, {"", "\x00"},
		{"\x00\x00\x00\x00\x00\x00\x00\x00"}, {"\x00\x00\x00\x00\x00\x00\x00\x01a"}, {"a", "b"}, {"ab"}, {"b", "a"},
	}
	seen := map[string][]string{}
	for _, use := range []string{"", "use", "use\x00"} {
		for _, tuple := range tuples {
			fields := make([][]byte, len(tuple))
			for i, s := range tuple {
				fields[i] = []byte(s)
			}
			input := string(association.MACInput(use, fields))
			if other, ok := seen[input]; ok {
				t.Errorf("%q %q and %q have one input", use, tuple, other)
			}
			seen[input] = append([]string{use}, tuple...)
		}
	}
}

// codeForm is what a code looks like, said in another way than the code does.
var codeForm = regexp.MustCompile(`^ *(\d{6}|-\d{6}|\d-\d{5}|\d\d-\d{4}|\d{3}-\d{3}|\d{4}-\d\d|\d{5}-\d|\d{6}-) *$`)

// FuzzVerify: nothing but the right ID with the right code succeeds (R18). In
// both, "{id}", "{slot}", "{nonce}" and "{code}" stand for those of a live code.
func FuzzVerify(f *testing.F) {
	for _, id := range []string{"{id}", "", "lgc1_", "{slot}", "lgc1_{slot}.", "lgc1_{slot}.{slot}", "lgc1_{nonce}.{nonce}", "{id}=", "lgv1_{slot}.{nonce}", "lgc1_AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA"} {
		for _, code := range []string{"{code}", "", "٣٣٣٣٣٣", "{code}\x00", "000000", "{code}{code}", "-{code}", " {code} ", "--{code}", "{code}\n"} {
			f.Add(id, code)
		}
	}
	f.Fuzz(func(t *testing.T, id, code string) {
		l := newLab(t)
		c := device("d")
		realID, realCode := l.ask(c, "ada@example.com")
		_, nonce, _ := strings.Cut(realID, ".")
		id = strings.NewReplacer("{id}", realID, "{slot}", slotOf(realID), "{nonce}", nonce).Replace(id)
		code = strings.ReplaceAll(code, "{code}", realCode)

		formed := codeForm.MatchString(code)
		right := formed && id == realID && strings.Trim(strings.ReplaceAll(code, "-", ""), " ") == realCode
		var g association.Grant
		var err error
		calls := l.spy.during(func() { g, err = l.svc.Verify(t.Context(), c, id, code) })
		if right != (err == nil) || right == g.Token.IsZero() {
			t.Fatalf("Verify(%q, %q): %v, want it accepted: %t", id, code, err, right)
		}
		if err != nil && !errors.Is(err, association.ErrInvalidProof) {
			t.Fatalf("Verify(%q, %q): %v, want %v", id, code, err, association.ErrInvalidProof)
		}
		if !formed && len(calls) > 0 {
			t.Fatalf("Verify(%q, %q) asked the store: %v", id, code, calls)
		}
		charged := 0
		if formed && id == realID {
			charged = 1
		}
		if r := l.record(realID); r.Guesses != charged {
			t.Fatalf("Verify(%q, %q) was charged %d times, want %d", id, code, r.Guesses, charged)
		}
	})
}
