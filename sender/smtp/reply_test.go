package smtp_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/ligature-auth/ligature/sender"
)

func TestRepliesAreTyped(t *testing.T) {
	none := gosmtp.EnhancedCode{}
	for _, test := range []struct {
		at     string
		code   int
		status gosmtp.EnhancedCode
		want   error
	}{
		{"MAIL", 421, gosmtp.EnhancedCode{4, 3, 2}, sender.ErrTemporary},
		{"MAIL", 451, none, sender.ErrTemporary},
		{"MAIL", 452, gosmtp.EnhancedCode{4, 3, 1}, sender.ErrTemporary},
		{"MAIL", 450, gosmtp.EnhancedCode{4, 7, 28}, sender.ErrQuota},
		{"MAIL", 550, none, sender.ErrPermanent},
		{"MAIL", 550, gosmtp.EnhancedCode{5, 7, 28}, sender.ErrQuota},
		{"MAIL", 553, gosmtp.EnhancedCode{5, 1, 8}, sender.ErrPermanent},
		{"MAIL", 550, gosmtp.EnhancedCode{5, 1, 1}, sender.ErrPermanent}, // of whom? there is no recipient yet
		{"MAIL", 530, gosmtp.EnhancedCode{5, 7, 0}, sender.ErrPermanent},

		{"RCPT", 421, none, sender.ErrTemporary},
		{"RCPT", 450, none, sender.ErrTemporary},
		{"RCPT", 450, gosmtp.EnhancedCode{4, 2, 1}, sender.ErrTemporary},
		{"RCPT", 451, gosmtp.EnhancedCode{4, 7, 1}, sender.ErrTemporary}, // greylisting
		{"RCPT", 452, gosmtp.EnhancedCode{4, 2, 2}, sender.ErrTemporary},
		{"RCPT", 452, gosmtp.EnhancedCode{4, 7, 28}, sender.ErrQuota},
		{"RCPT", 550, none, sender.ErrRecipient},
		{"RCPT", 551, none, sender.ErrRecipient},
		{"RCPT", 553, none, sender.ErrRecipient},
		{"RCPT", 552, none, sender.ErrPermanent},
		{"RCPT", 554, none, sender.ErrPermanent},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 0, 0}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 1, 1}, sender.ErrRecipient},
		{"RCPT", 554, gosmtp.EnhancedCode{5, 1, 1}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 1, 2}, sender.ErrRecipient},
		{"RCPT", 501, gosmtp.EnhancedCode{5, 1, 3}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 1, 6}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 1, 8}, sender.ErrPermanent}, // the sender's address
		{"RCPT", 556, gosmtp.EnhancedCode{5, 1, 10}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 2, 1}, sender.ErrRecipient},
		{"RCPT", 552, gosmtp.EnhancedCode{5, 2, 2}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 4, 1}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 7, 1}, sender.ErrPermanent}, // relaying denied
		{"RCPT", 550, gosmtp.EnhancedCode{5, 7, 17}, sender.ErrRecipient},
		{"RCPT", 550, gosmtp.EnhancedCode{5, 7, 28}, sender.ErrQuota},

		{"end", 421, none, sender.ErrTemporary},
		{"end", 450, none, sender.ErrTemporary},
		{"end", 451, gosmtp.EnhancedCode{4, 7, 1}, sender.ErrTemporary},
		{"end", 452, gosmtp.EnhancedCode{4, 2, 2}, sender.ErrTemporary},
		{"end", 421, gosmtp.EnhancedCode{4, 7, 28}, sender.ErrQuota},
		{"end", 550, none, sender.ErrPermanent},
		{"end", 550, gosmtp.EnhancedCode{5, 1, 1}, sender.ErrRecipient},
		{"end", 552, none, sender.ErrPermanent},
		{"end", 552, gosmtp.EnhancedCode{5, 2, 2}, sender.ErrRecipient},
		{"end", 552, gosmtp.EnhancedCode{5, 3, 4}, sender.ErrPermanent},
		{"end", 554, gosmtp.EnhancedCode{5, 7, 1}, sender.ErrPermanent},
		{"end", 554, gosmtp.EnhancedCode{5, 6, 0}, sender.ErrPermanent},

		{"AUTH", 454, gosmtp.EnhancedCode{4, 7, 0}, sender.ErrTemporary},
		{"AUTH", 432, gosmtp.EnhancedCode{4, 7, 12}, sender.ErrTemporary},
		{"AUTH", 535, gosmtp.EnhancedCode{5, 7, 8}, sender.ErrPermanent},
		{"AUTH", 534, gosmtp.EnhancedCode{5, 7, 9}, sender.ErrPermanent},
	} {
		name := fmt.Sprint(test.at, " ", test.code, " ", test.status)
		m := message()
		s := setup{
			plaintext: test.at != "AUTH",
			refuse: map[string]*gosmtp.SMTPError{test.at: {
				Code: test.code, EnhancedCode: test.status,
				Message: "no <" + m.To + ">, " + m.Subject + " " + m.Code.Reveal() + " " + password,
			}},
		}.start(t)
		to := s.sender(t)
		_, err := to.Send(t.Context(), m)
		checkFailure(t, name, err, test.want, false)
		if err == nil || !strings.Contains(err.Error(), strconv.Itoa(test.code)) {
			t.Errorf("%s: the code is not told: %v", name, err)
		}
		if len(s.received()) != 0 {
			t.Errorf("%s: and yet it arrived", name)
		}
	}
}

// What go-smtp does not say, and what is no good SMTP.
func TestRepliesOfAScript(t *testing.T) {
	for _, test := range []struct {
		at, reply string
		want      error // nil: it works
		uncertain bool
		detail    string
	}{
		{"greeting", "421 4.3.2 later", sender.ErrTemporary, false, "greeting: 421 4.3.2"},
		{"greeting", "554 5.3.2 never", sender.ErrPermanent, false, "greeting: 554 5.3.2"},
		{"greeting", "* OK IMAP4rev1", sender.ErrTemporary, false, "greeting: the server does not speak SMTP"},
		{"EHLO", "421 later", sender.ErrTemporary, false, "EHLO: 421"},
		{"MAIL", "250 2.1.0 ok\r\n250 twice", sender.ErrTemporary, false, "DATA: unexpected reply 250"}, // RCPT's
		{"MAIL", "451-4.3.0 one\r\n451 4.3.0 two", sender.ErrTemporary, false, "MAIL: 451 4.3.0"},
		{"MAIL", "550 4.1.1 contradicts", sender.ErrPermanent, false, "MAIL: 550"},
		{"RCPT", "550 5.1.1", sender.ErrRecipient, false, "RCPT: 550 5.1.1"},
		{"RCPT", "550 5.1.1234 no code", sender.ErrRecipient, false, "RCPT: 550"},
		{"RCPT", "550", sender.ErrRecipient, false, "RCPT: 550"},
		{"RCPT", "251 2.1.5 will forward", nil, false, ""},
		{"RCPT", "354 what", sender.ErrTemporary, false, "RCPT: unexpected reply 354"},
		{"DATA", "421 4.4.5 later", sender.ErrTemporary, false, "DATA: 421 4.4.5"},
		{"DATA", "451 later", sender.ErrTemporary, false, "DATA: 451"},
		{"DATA", "503 5.5.1 no", sender.ErrPermanent, false, "DATA: 503 5.5.1"},
		{"DATA", "550 5.1.1 no", sender.ErrRecipient, false, "DATA: 550 5.1.1"},
		{"DATA", "554 5.5.1 no", sender.ErrPermanent, false, "DATA: 554 5.5.1"},
		{"DATA", "250 ok", sender.ErrTemporary, false, "DATA: unexpected reply 250"},
		{"MAIL", "250", nil, false, ""},
		{"end", "250", nil, false, ""},
		{"end", "200 fine", nil, false, ""},
		{"end", "251 forwarded", nil, false, ""},
		{"end", "354 go on", sender.ErrTemporary, true, "end of message: unexpected reply 354"},
		{"end", "fine", sender.ErrTemporary, true, "end of message: the server does not speak SMTP"},
		{"end", "250-no end\r\n551 of it", sender.ErrTemporary, true, ""},
		{"end", "250 " + strings.Repeat("x", 1<<17), sender.ErrTemporary, true, "end of message: the server says too much"},
		{"end", strings.Repeat("250-more\r\n", 1<<17) + "250 enough", sender.ErrTemporary, true, "end of message: the server says too much"},
	} {
		name := fmt.Sprintf("%s %.40q", test.at, test.reply)
		s := (&script{replies: map[string]string{test.at: test.reply}}).start(t)
		o := s.options()
		o.Timeout = time.Second // for the answer that has no end
		_, err := newSender(t, o).Send(t.Context(), message())
		if test.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		checkFailure(t, name, err, test.want, test.uncertain)
		if err == nil || !strings.HasSuffix(err.Error(), test.detail) {
			t.Errorf("%s: %v, want %q", name, err, test.detail)
		}
	}
}
