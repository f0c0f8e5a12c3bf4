package httpadapter_test

import (
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// refusal is what the wire says of a refused request.
type refusal struct {
	name   string
	code   int
	status int
}

var (
	badArgument  = refusal{"invalid_argument", 3, 400} // which a bad code or verification token is too
	badPassword  = refusal{"invalid_password", 3, 400}
	noSudo       = refusal{"permission_denied", 7, 401}
	notAllowed   = refusal{"permission_denied", 7, 403}
	nobody       = refusal{"unauthenticated", 16, 401}
	deadGrant    = refusal{"invalid_grant", 16, 400}
	taken        = refusal{"failed_precondition", 9, 400}
	usernameHad  = refusal{"already_exists", 6, 409}
	unregistered = refusal{"not_found", 5, 404}
	tooMany      = refusal{"resource_exhausted", 8, 429}
	unsupported  = refusal{"unimplemented", 12, 501}
	noEndpoint   = refusal{"unimplemented", 12, 404}
)

// of holds a reply to the refusal.
func (want refusal) of(r reply) {
	r.t.Helper()
	if r.body["error"] != want.name || r.body["error_code"] != float64(want.code) || r.status != want.status {
		r.t.Errorf("%s: want %s %d with status %d, got %d %s", r.what, want.name, want.code, want.status, r.status, r.raw)
	}
}

// negative is a request that must be refused, with nothing changed in the store.
type negative struct {
	name string
	want refusal

	// may names what may change all the same: nil is nothing at all.
	may []string

	// edit changes the configuration; nil leaves it.
	edit func(*association.Config)

	// play prepares everything and returns the request to be refused and, where
	// its proofs outlive the refusal, the one done right, which then succeeds.
	play func(w *world) (refused, mended func() reply)
}

// A wrong code costs a guess, of the slot and of the budgets, and nothing else.
var aGuess = []string{"counter.n", "proof.data.guesses", "proof.data.windowGuesses", "proof.version"}

// A wrong password is counted, and nothing else.
var aTry = []string{"counter.n"}

// counted is a row whose refusal is counted.
func counted(row negative) negative {
	row.may = aTry
	return row
}

func runNegative(t *testing.T, rows []negative) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var edits []func(*association.Config)
			if row.edit != nil {
				edits = append(edits, row.edit)
			}
			w := newWorld(t, edits...)
			refused, mended := row.play(w)
			messages := len(w.mail.Messages())
			before := w.store.snapshot()
			row.want.of(refused())
			changed := w.store.snapshot().since(before)
			if !slices.Equal(changed, row.may) {
				t.Errorf("the refusal changed %v, want %v", changed, row.may)
			}
			if sent := len(w.mail.Messages()) - messages; sent != 0 {
				t.Errorf("the refusal sent %d messages", sent)
			}
			if mended == nil {
				return
			}
			if r := mended(); r.status != 200 {
				t.Errorf("done right, it is still refused: %d %s", r.status, r.raw)
			}
		})
	}
}
