package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender/mailbox"
)

// What is below /dev stands in for what a real application has and this one lacks:
// somebody's mailbox and phone, and a way of its own to sign people in. It is for
// trying things out, and for nothing that others can reach.

// devMessages shows every message that was sent.
func devMessages(mail *mailbox.Mailbox) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, mail.Messages()) }
}

// ticketOffice signs tickets, as an application does that has signed somebody in
// itself. Its key is forgotten at the end, and no ticket lives that long.
type ticketOffice struct {
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

const (
	ticketAudience = "ligature-example"
	ticketKeyID    = "dev"
)

func openTicketOffice() (ticketOffice, error) {
	public, private, err := ed25519.GenerateKey(nil)
	return ticketOffice{public, private}, err
}

func (o ticketOffice) tickets() association.Tickets {
	return association.Tickets{
		Audience: ticketAudience,
		Keys:     map[string]ed25519.PublicKey{ticketKeyID: o.public},
	}
}

// devTicket hands whoever asks a ticket for the demo account.
func (o ticketOffice) devTicket(account string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		ticket, err := association.NewTicket(o.private, association.TicketRequest{KeyID: ticketKeyID, Audience: ticketAudience, Account: account, At: time.Now()})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, map[string]string{"ticket": ticket.Reveal()})
	}
}

// grantAll lets every address change accounts that association lets change: one that
// is proved, and that is all the other account has, or whose account is proved too.
type grantAll struct{}

// MayTransfer grants.
func (grantAll) MayTransfer(context.Context, association.Transfer) (bool, error) { return true, nil }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone: nobody to tell
}
