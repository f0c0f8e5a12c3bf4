package httpadapter_test

import (
	"strings"
	"testing"
	"time"
)

// TestNegativeCode guesses at codes in every way that must fail. Only a guess at
// a live code costs one.
func TestNegativeCode(t *testing.T) {
	// guessing makes a row of a guess at ada's code for an address; done right is
	// the right code, if right says that it is still good.
	guessing := func(name string, may []string, right bool, guess func(w *world, ada *client, id, code string) (string, any)) negative {
		return negative{name: name, want: badArgument, may: may, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			ada := w.signedIn(w.bearer(), "ada")
			id, code := ada.code("new@example.com")
			guessedID, guessed := guess(w, ada, id, code)
			refused = func() reply {
				return ada.do("POST", "/v1/verification/verify", m{"verification_id": guessedID, "verification_code": guessed})
			}
			if !right {
				return refused, nil
			}
			return refused, func() reply { return ada.verify(id, code) }
		}}
	}
	typed := func(name string, how func(code string) any) negative {
		return guessing(name, nil, true, func(_ *world, _ *client, id, code string) (string, any) { return id, how(code) })
	}
	runNegative(t, []negative{
		guessing("wrong", aGuess, true, func(_ *world, _ *client, id, code string) (string, any) { return id, wrong(code) }),
		guessing("the sixth, though right", nil, false, func(_ *world, ada *client, id, code string) (string, any) {
			for range 5 {
				badArgument.of(ada.verify(id, wrong(code)))
			}
			return id, code
		}),
		guessing("expired", nil, false, func(w *world, _ *client, id, code string) (string, any) {
			w.clock.Advance(10 * time.Minute)
			return id, code
		}),
		guessing("used", nil, false, func(_ *world, ada *client, id, code string) (string, any) {
			ada.ok(ada.verify(id, code))
			return id, code
		}),
		guessing("superseded", nil, false, func(w *world, ada *client, id, code string) (string, any) {
			w.clock.Advance(time.Minute)
			ada.code("new@example.com")
			return id, code
		}),
		guessing("the new code under the old nonce", nil, false, func(w *world, ada *client, id, _ string) (string, any) {
			w.clock.Advance(time.Minute)
			_, code := ada.code("new@example.com")
			return id, code
		}),
		guessing("for another slot", aGuess, true, func(_ *world, ada *client, id, code string) (string, any) {
			other, otherCode := ada.code("other@example.com")
			if code == otherCode { // one in a million
				return other, wrong(code)
			}
			return other, code
		}),
		guessing("another slot under this nonce", nil, true, func(_ *world, ada *client, id, code string) (string, any) {
			other, otherCode := ada.code("other@example.com")
			return other[:strings.Index(other, ".")] + id[strings.Index(id, "."):], otherCode
		}),
		guessing("no ID", nil, true, func(_ *world, _ *client, _, code string) (string, any) { return "", code }),
		guessing("an unknown ID", nil, true, func(_ *world, _ *client, _, code string) (string, any) {
			return "lgc1_AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA", code
		}),
		guessing("an unknown ID and no code", nil, true, func(*world, *client, string, string) (string, any) {
			return "lgc1_AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA", ""
		}),
		typed("empty", func(string) any { return "" }),
		typed("missing", func(string) any { return nil }),
		typed("too short", func(code string) any { return code[1:] }),
		typed("too long", func(code string) any { return "0" + code }),
		typed("in Arabic digits", func(code string) any { return script(code, '٠') }),
		typed("in full-width digits", func(code string) any { return script(code, '０') }),
		typed("with a NUL", func(code string) any { return code + "\x00" }),
		typed("with a newline", func(code string) any { return code + "\n" }),
		typed("with two hyphens", func(code string) any { return code[:2] + "-" + code[2:4] + "-" + code[4:] }),
		typed("a letter", func(code string) any { return code[:5] + "O" }),
		typed("another letter", func(code string) any { return "x" + code[1:] }),
		typed("three Arabic digits, which are six bytes", func(code string) any { return script(code[:3], '٠') }),
		typed("an array", func(code string) any { return []string{code} }),
		typed("an object", func(code string) any { return m{"code": code} }),
		typed("true", func(string) any { return true }),
		typed("a negative number", func(string) any { return -123456 }),
		typed("a fraction", func(string) any { return 123456.5 }),
	})
}

// TestNegativeCodeOfAnotherDevice: a code that was asked for signed out works on
// the device that asked.
func TestNegativeCodeOfAnotherDevice(t *testing.T) {
	runNegative(t, []negative{{
		name: "verified elsewhere", want: badArgument,
		play: func(w *world) (refused, mended func() reply) {
			c, thief := w.stranger(w.bearer()), w.stranger(w.bearer())
			c.header.Set("X-Device-Id", "mine")
			thief.header.Set("X-Device-Id", "thine")
			id, code := c.code("new@example.com")
			return func() reply { return thief.verify(id, code) }, func() reply { return c.verify(id, code) }
		},
	}})
}

// TestTypedCodes are the ways to type a right code.
func TestTypedCodes(t *testing.T) {
	for name, how := range map[string]func(code string) any{
		"as it is":   func(code string) any { return code },
		"spaced":     func(code string) any { return "  " + code + " " },
		"hyphenated": func(code string) any { return code[:3] + "-" + code[3:] },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.stranger(w.bearer())
			id, code := c.code("new@example.com")
			c.ok(c.do("POST", "/v1/verification/verify", m{"verification_id": id, "verification_code": how(code)}))
		})
	}
}

// script writes a code in the digits of another script.
func script(code string, zero rune) string {
	return strings.Map(func(r rune) rune { return r - '0' + zero }, code)
}
