package mailbox

import (
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// Message is a message as it was sent, IN CLEAR. Unlike a sender.Message it
// redacts nothing: it is there to be shown, in development.
type Message struct {
	Channel  sender.Channel  `json:"channel"`
	To       string          `json:"to"`
	Purpose  sender.Purpose  `json:"purpose"`
	Template sender.Template `json:"template"`
	Language string          `json:"language"` // a BCP 47 tag
	Code     string          `json:"code"`     // empty for a notice
	Subject  string          `json:"subject"`
	Text     string          `json:"text"`
	HTML     string          `json:"html"` // empty but for mails
	At       time.Time       `json:"at"`   // when it was sent
}

// line writes a message for a terminal: quoted, so that no text of a message
// can move the cursor or forge a line.
func (m Message) line() string {
	return fmt.Sprintf("mailbox: %s %s to %q: code %q: %q: %q\n", m.Channel, m.Purpose, m.To, m.Code, m.Subject, m.Text)
}
