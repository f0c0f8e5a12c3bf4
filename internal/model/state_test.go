package model_test

import (
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// What the model knows.

type account struct {
	id       string
	born     bool // the store has a record of it
	status   string
	epoch    int
	epochAt  time.Time
	methods  map[string]*method // by kind, "password" and "authenticator" among them
	enrolled *enrolment
	happened map[association.EventKind]int
	couldIn  bool // somebody could sign in to it once
}

type method struct {
	id, kind, value string
	setAt           time.Time
	rooted          bool // set under another: for a day it may count as that one
	step            int64
}

type enrolment struct {
	session *session
	id      string
	secret  string // empty where the answer was lost
	by      *grant
	expires time.Time
}

type session struct {
	id, device       string
	account          *account
	epoch            int
	anonymous, ended bool
	host             bool // keeps it: its grant alone is ligature's
	opened, expires  time.Time
	refreshed        time.Time
	gen              int // of its tokens
	grant            *grant
}

type grant struct {
	gen, epoch, uses int
	at, expires      time.Time
	factor           *method   // of the kind "sign_in" where there was none
	sets             []*method // factors set by it
}

type slot struct {
	purpose                        sender.Purpose
	kind, to, device               string
	session                        *session // that asked, where somebody was signed in
	epoch, gen                     int
	state                          string // pending, verified, spent
	guesses, window                int    // wrong ones of the window
	requested, expires             time.Time
	paused, windowEnds, tokenUntil time.Time
}

// wrongs bounds what a budget has counted: a guess that a crash or a race took away
// may have been counted and need not.
type wrongs struct{ least, most int }
