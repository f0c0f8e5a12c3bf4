package association_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// known is a hash that another program made.
type known struct{ name, password, hash string }

// quickHashes cost next to nothing: of the sorts that Import takes, made by the
// argon2 of its authors, libxcrypt and OpenSSL.
var quickHashes = []known{
	{"argon2id", password, "$argon2id$v=19$m=256,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$lgR+FOY1RlopdTWRTXX6njnRiMV0N+Z5W0GXjb50QO0"},
	{"argon2i", password, "$argon2i$v=19$m=256,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$x6z20kr+/Xc/Mp64tCuS5b/gU2XciC6TsqwS9eK8Mxo"},
	{"bcrypt 2a", password, "$2a$04$saltsaltsaltsaltsaltsObLoPWfkWxECXlKdnmKdLIr/3DsBgTxG"},
	{"bcrypt 2b", password, "$2b$04$saltsaltsaltsaltsaltsObLoPWfkWxECXlKdnmKdLIr/3DsBgTxG"},
	{"bcrypt 2y", password, "$2y$04$saltsaltsaltsaltsaltsObLoPWfkWxECXlKdnmKdLIr/3DsBgTxG"},
	{"scrypt", password, "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$rkTI9fAgA7thDzzR8FHXhMiojYBreJBmYTkEzWypBCQ"},
	{"scrypt with lanes", password, "$scrypt$ln=10,r=4,p=3$c2FsdHNhbHRzYWx0c2FsdA$oprS6gjLixYOVSyghMeehRBhHOGTgXGpF3Uyi9CArkn3uXPBREPyWEZbywaO86BJSwP1wxjnSxFBeLREcpqdYw"},
}

const mebi = 1 << 20

func TestKnownHashes(t *testing.T) {
	for _, k := range append([]known{
		// test.c of the argon2 of its authors.
		{"argon2i, reference", "password", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"},
		{"argon2id, reference", "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		// wrapper.c of crypt_blowfish.
		{"bcrypt, reference", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		{"bcrypt, reference", "U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
		{"bcrypt, reference", "U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
		{"bcrypt, no byte of ASCII", "\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
		{"bcrypt, no byte of ASCII", "\xff\xff\xa3", "$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
		{"bcrypt, its 72 bytes", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"},
		{"bcrypt of libxcrypt", password, "$2y$10$saltsaltsaltsaltsaltsOUbk7/I0bJzh4wL5CxgR/6uR7wHq2idG"},
		// RFC 7914, section 12, the third.
		{"scrypt, RFC 7914", "pleaseletmein", "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"},
		// The manual of passlib.
		{"scrypt of passlib", "password", "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"},
		{"our own", "caf\u00e9 ole", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$UG2uwpvjqXYK5vMSZ0Y9J9KGWWDdcrjyrWov5g6wGyA"},
	}, quickHashes...) {
		h, err := association.ParseHash(k.hash, 64*mebi)
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		if !h.Judge(k.password) {
			t.Errorf("%s: %q is wrong", k.name, k.password)
		}
		if h.Judge(k.password + "x") {
			t.Errorf("%s: %qx is right", k.name, k.password)
		}
		if h.Own != (k.name == "our own") {
			t.Errorf("%s: made here: %v", k.name, h.Own)
		}
	}
}

func TestHashesMadeHere(t *testing.T) {
	made, again := association.MakeHash("caf\u00e9 ole"), association.MakeHash("cafe\u0301 ole")
	if made == again || !strings.HasPrefix(made, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s, %s", made, again)
	}
	for _, text := range []string{made, again} {
		h, err := association.ParseHash(text, 19*mebi)
		if err != nil || !h.Own || h.Memory != 19*mebi || h.Lanes != 1 || !h.Judge("caf\u00e9 ole") || h.Judge("cafe ole") {
			t.Errorf("%+v, %v", h, err)
		}
	}
	decoy, err := association.ParseHash(association.DecoyHash(), 19*mebi)
	if err != nil || !decoy.Own || decoy.Memory != 19*mebi || decoy.Judge("") {
		t.Errorf("the decoy: %+v, %v", decoy, err)
	}
}

// What bcrypt does not look at makes no two passwords one.
func TestBcryptLooksAtTheWholePassword(t *testing.T) {
	h, err := association.ParseHash("$2b$04$saltsaltsaltsaltsaltsO0ZTUJGRQojW66/E0DG2EfK.7eVZaxxC", 19*mebi)
	if err != nil {
		t.Fatal(err)
	}
	x := strings.Repeat("x", 72)
	if !h.Judge(x) || h.Judge(x+"x") || h.Judge(x+"\x00") || h.Judge(x[:71]) || h.Judge(x[:71]+"\x00") || h.Judge("") {
		t.Error("the 72 bytes are wrong, or more or less of them right")
	}
	// Its key is the password with a NUL, over and over: x, NUL, x is x to it.
	if h, err = association.ParseHash("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", 19*mebi); err != nil {
		t.Fatal(err)
	}
	if !h.Judge("U*U") || h.Judge("U*U\x00U*U") {
		t.Error("a password with a NUL is right")
	}
}

func TestHashesThatAreRefused(t *testing.T) {
	const (
		salt = "$c2FsdHNhbHRzYWx0c2FsdA"
		key  = "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		tail = salt + key
		bc   = "saltsaltsaltsaltsaltsObLoPWfkWxECXlKdnmKdLIr/3DsBgTxG"
	)
	for _, tt := range []struct{ why, want, hash string }{
		{"nothing", "no PHC", ""},
		{"a password", "no PHC", "secret"},
		{"an MD5", "no PHC", "5f4dcc3b5aa765d61d8327deb882cf99"},
		{"another function", "no PHC", "$argon2d$v=19$m=64,t=1,p=1" + tail},
		{"another function", "no PHC", "$pbkdf2-sha256$i=6400" + tail},
		{"another function", "no PHC", "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"},
		{"capitals", "no PHC", "$Argon2id$v=19$m=64,t=1,p=1" + tail},
		{"no version, which is 16", "no PHC", "$argon2id$m=64,t=1,p=1" + tail},
		{"version 16", "no PHC", "$argon2id$v=16$m=64,t=1,p=1" + tail},
		{"version 0", "no PHC", "$argon2id$v=0$m=64,t=1,p=1" + tail},
		{"a version too large for its bits", "no PHC", "$argon2id$v=4294967315$m=64,t=1,p=1" + tail},
		{"another order", "no PHC", "$argon2id$v=19$t=1,m=64,p=1" + tail},
		{"a parameter too few", "no PHC", "$argon2id$v=19$m=64,t=1" + tail},
		{"a parameter too many", "no PHC", "$argon2id$v=19$m=64,t=1,p=1,p=1" + tail},
		{"a key ID", "no PHC", "$argon2id$v=19$m=64,t=1,p=1,keyid=5" + tail},
		{"a number with a nought", "no PHC", "$argon2id$v=19$m=064,t=1,p=1" + tail},
		{"a number with a sign", "no PHC", "$argon2id$v=19$m=+64,t=1,p=1" + tail},
		{"a number too large for its bits", "no PHC", "$argon2id$v=19$m=4294967360,t=1,p=1" + tail},
		{"a hexadecimal number", "no PHC", "$argon2id$v=19$m=0x40,t=1,p=1" + tail},
		{"padded base64", "no PHC", "$argon2id$v=19$m=64,t=1,p=1" + salt + "==" + key + "="},
		{"base64 for URLs", "no PHC", "$argon2id$v=19$m=64,t=1,p=1" + salt + "$_-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{"base64 with bits left over", "no PHC", "$argon2id$v=19$m=64,t=1,p=1" + salt + key[:43] + "B"},
		{"a new line in base64", "no PHC", "$argon2id$v=19$m=64,t=1,p=1" + salt + "\n" + key},
		{"a new line at the end", "no PHC", "$argon2id$v=19$m=64,t=1,p=1" + tail + "\n"},
		{"no key", "no PHC", "$argon2id$v=19$m=64,t=1,p=1" + salt + "$"},
		{"neither salt nor key", "no PHC", "$argon2id$v=19$m=64,t=1,p=1"},
		{"a text without an end", "no PHC", "$argon2id$v=19$m=64,t=1,p=1" + salt + "$" + strings.Repeat("A", 512)},
		{"a key of 15 bytes", "too weak", "$argon2id$v=19$m=64,t=1,p=1" + salt + "$" + strings.Repeat("A", 20)},
		{"a salt of 7 bytes", "too weak", "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAA" + key},
		{"no passes", "too weak", "$argon2id$v=19$m=64,t=0,p=1" + tail},
		{"no lanes", "too weak", "$argon2i$v=19$m=64,t=1,p=0" + tail},
		{"no memory", "too weak", "$argon2id$v=19$m=0,t=1,p=1" + tail},
		{"less memory than lanes have", "too weak", "$argon2id$v=19$m=31,t=1,p=4" + tail},
		{"memory", "a quarter of Policy.HashMemory", "$argon2id$v=19$m=65537,t=1,p=1" + tail},
		{"passes", "too much work", "$argon2id$v=19$m=65536,t=17,p=1" + tail},
		{"passes and passes", "too much work", "$argon2i$v=19$m=64,t=4294967295,p=1" + tail},
		{"all there is", "too much work", "$argon2id$v=19$m=4294967295,t=4294967295,p=16" + tail},
		{"lanes", "too much work", "$argon2id$v=19$m=512,t=1,p=17" + tail},
		{"lanes that fold to one", "too much work", "$argon2id$v=19$m=65536,t=1,p=257" + tail},

		{"a version", "no PHC", "$scrypt$v=1$ln=4,r=8,p=1" + tail},
		{"N", "no PHC", "$scrypt$n=16,r=8,p=1" + tail},
		{"N = 1", "too weak", "$scrypt$ln=0,r=8,p=1" + tail},
		{"no blocks", "too weak", "$scrypt$ln=4,r=0,p=1" + tail},
		{"no lanes", "too weak", "$scrypt$ln=4,r=8,p=0" + tail},
		{"RFC 7914's second, with a salt of four bytes", "too weak", "$scrypt$ln=10,r=8,p=16$TmFDbA" + key},
		{"memory", "a quarter of Policy.HashMemory", "$scrypt$ln=17,r=8,p=1" + tail},
		{"RFC 7914's fourth", "too much work", "$scrypt$ln=20,r=8,p=1" + tail},
		{"N that folds", "too much work", "$scrypt$ln=64,r=8,p=1" + tail},
		{"lanes", "too much work", "$scrypt$ln=16,r=8,p=9" + tail},
		{"lanes without memory", "too much work", "$scrypt$ln=1,r=1,p=1025" + tail},
		{"blocks", "too much work", "$scrypt$ln=1,r=4294967295,p=4294967295" + tail},

		{"bcrypt of nothing", "no PHC", "$2"},
		{"an old bcrypt", "no PHC", "$2$04$" + bc},
		{"the broken bcrypt", "no PHC", "$2x$04$" + bc},
		{"no bcrypt yet", "no PHC", "$2c$04$" + bc},
		{"a character too few", "no PHC", "$2b$04$" + bc[:52]},
		{"a character too many", "no PHC", "$2b$04$" + bc + "."},
		{"a cost of a digit", "no PHC", "$2b$4$" + bc + "."},
		{"a cost with a sign", "no PHC", "$2b$+4$" + bc},
		{"no dollar", "no PHC", "$2b$045" + bc},
		{"a new line in it", "no PHC", "$2b$04$\n" + bc[1:]},
		{"a new line at its end", "no PHC", "$2b$04$" + bc[:52] + "\n"},
		{"another alphabet", "no PHC", "$2b$04$+" + bc[1:]},
		{"a key that never matches", "no PHC", "$2b$04$" + bc[:52] + "H"},
		{"a cost that is none", "too weak", "$2b$03$" + bc},
		{"a cost of hours", "too much work", "$2b$15$" + bc},
		{"a cost of hours", "too much work", "$2b$31$" + bc},
		{"a cost beyond", "too much work", "$2b$99$" + bc},
	} {
		if _, err := association.ParseHash(tt.hash, 64*mebi); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s, %q: %v, want %q", tt.why, tt.hash, err, tt.want)
		}
	}
}

// The most that is taken is taken.
func TestHashesAtTheBounds(t *testing.T) {
	const tail = "$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"
	for text, want := range map[string]association.Hash{
		"$argon2id$v=19$m=65536,t=16,p=1" + tail:                       {Memory: 64 * mebi, Lanes: 1},
		"$argon2i$v=19$m=128,t=1,p=16" + tail:                          {Memory: mebi / 8, Lanes: 16},
		"$scrypt$ln=16,r=8,p=8" + tail:                                 {Memory: 64 * mebi, Lanes: 1},
		"$scrypt$ln=1,r=1,p=1024" + tail:                               {Memory: 256, Lanes: 1},
		"$2b$14$saltsaltsaltsaltsaltsObLoPWfkWxECXlKdnmKdLIr/3DsBgTxG": {Lanes: 1},
	} {
		h, err := association.ParseHash(text, 64*mebi)
		if err != nil || h.Memory != want.Memory || h.Lanes != want.Lanes || h.Own {
			t.Errorf("%s: %+v, %v, want %+v", text, h, err, want)
		}
	}
}

// A text that differs from a hash by a byte too many or too few, or that was cut, is
// no hash of the same password, whatever else it is. Only scrypt's keys begin with its
// shorter keys.
func TestHashesThatAreDamaged(t *testing.T) {
	for _, k := range quickHashes {
		damaged := map[string]bool{}
		for i := range len(k.hash) {
			damaged[k.hash[:i]+k.hash[i+1:]] = true
			damaged[k.hash[:i]] = true
			for _, more := range []string{"\n", "\r", " ", "=", "$", ",", "\x00", "0", k.hash[i : i+1]} {
				damaged[k.hash[:i]+more+k.hash[i:]] = true
				damaged[k.hash+more] = true
			}
		}
		delete(damaged, k.hash)
		for text := range damaged {
			if strings.HasPrefix(text, "$scrypt$") && strings.HasPrefix(k.hash, text) {
				continue
			}
			h, err := association.ParseHash(text, mebi)
			if err == nil && h.Judge(k.password) {
				t.Errorf("%s: %q is taken for %q", k.name, text, k.hash)
			}
		}
	}
}

// FuzzHash: what is taken costs no more than it may, is judged without a panic, and,
// where it is a PHC string, is written as it was read.
func FuzzHash(f *testing.F) {
	for _, k := range quickHashes {
		f.Add(k.hash)
	}
	for _, text := range []string{
		"", "$", "$$$$$", "$2b$", "$2b$04$", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$scrypt$ln=1,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=30,r=1024,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967295,t=4294967295,p=4294967295$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if again, ok := association.WritePHC(text); ok && again != text {
			t.Errorf("%q was read, and is written %q", text, again)
		}
		h, err := association.ParseHash(text, 64*mebi)
		if err != nil {
			if h.Judge != nil || strings.Contains(fmt.Sprint(err), text) && len(text) > 8 {
				t.Errorf("%q is refused with %+v, %v", text, h, err)
			}
			return
		}
		if h.Memory < 0 || h.Memory > 64*mebi || h.Lanes < 1 || h.Lanes > 16 {
			t.Errorf("%q takes %d bytes and %d lanes", text, h.Memory, h.Lanes)
		}
		if strings.HasPrefix(text, "$2") && text[4:6] > "05" || h.Memory > mebi/4 {
			return // it would take long
		}
		if h.Judge("") {
			t.Errorf("%q is a hash of nothing", text)
		}
	})
}
