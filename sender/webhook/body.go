package webhook

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// body is version 1 of what is sent.
type body struct {
	Type      string `json:"type"`
	Version   int    `json:"version"`
	Timestamp string `json:"timestamp"`
	Data      data   `json:"data"`
}

type data struct {
	ID       string `json:"id"`
	Channel  string `json:"channel"`
	To       string `json:"to"`
	Purpose  string `json:"purpose"`
	Template string `json:"template,omitempty"`
	Code     string `json:"code,omitempty"`
	Expires  string `json:"expires,omitempty"`
	Minutes  int    `json:"minutes,omitempty"`
	Time     string `json:"time,omitempty"`
	Locale   string `json:"locale,omitempty"`
	Language string `json:"language,omitempty"`
	Account  string `json:"account,omitempty"`
	Service  string `json:"service,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Text     string `json:"text,omitempty"`
	HTML     string `json:"html,omitempty"`
}

func newBody(m sender.Message, now time.Time) ([]byte, error) {
	lasts, _ := m.Param(sender.ParamMinutes)
	minutes, _ := strconv.Atoi(lasts) // it is empty where nothing lasts
	return json.Marshal(body{
		Type:      "ligature.message",
		Version:   1,
		Timestamp: stamp(now),
		Data: data{
			ID:       m.ID,
			Channel:  string(m.Channel),
			To:       m.To,
			Purpose:  string(m.Purpose),
			Template: string(m.Template),
			Code:     m.Code.Reveal(),
			Expires:  stamp(m.Expires),
			Minutes:  minutes,
			Time:     stamp(m.At),
			Locale:   m.Locale,
			Language: m.Language,
			Account:  m.Account,
			Service:  m.Service,
			Subject:  m.Subject,
			Text:     m.Text,
			HTML:     m.HTML,
		},
	})
}

// stamp writes a time, and nothing for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
