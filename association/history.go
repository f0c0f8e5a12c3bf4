package association

import (
	"context"
	"regexp"
	"slices"
)

// HistoryRequest asks for a part of the acting account's history.
type HistoryRequest struct {
	Before string // the ID of an event: only older ones; empty for the newest
	Limit  int    // from 1 to 100
	// Only keeps the kinds named, Except leaves those out; both empty is everything.
	Only, Except []EventKind
}

// historyPages bounds how much is read for one answer: a history of other kinds of
// events may be long.
const (
	maxHistory   = 100
	historyPages = 10
)

// eventID is what happened makes.
var eventID = regexp.MustCompile(`^[0-9a-f]{16}-[A-Za-z0-9_-]{22}$`)

// HistoryPage is a part of a history, newest first.
type HistoryPage struct {
	Events []Event
	Next   string // the Before of the request that goes on from here; empty at the end
}

// History returns events of the acting account.
//
// ErrUnauthenticated, ErrInvalidArgument, ErrBlocked, ErrPermissionDenied (an
// anonymous account), ErrUnavailable.
func (s *Service) History(ctx context.Context, c Caller, r HistoryRequest) (HistoryPage, error) {
	page, err := s.history(ctx, c, r)
	if err != nil {
		return HistoryPage{}, s.report(ctx, "history", c, err)
	}
	return page, nil
}

func (s *Service) history(ctx context.Context, c Caller, r HistoryRequest) (HistoryPage, error) {
	if err := s.outsideTx(); err != nil {
		return HistoryPage{}, err
	}
	if r.Limit < 1 || r.Limit > maxHistory {
		return HistoryPage{}, refuse(ErrInvalidArgument, "from 1 to 100 events at a time")
	}
	if r.Before != "" && !eventID.MatchString(r.Before) {
		return HistoryPage{}, refuse(ErrInvalidArgument, "not the ID of an event")
	}
	a, err := s.actor(ctx, c, s.now())
	if err != nil {
		return HistoryPage{}, err
	}
	var found []Event
	before := r.Before
	for range historyPages {
		page, err := s.store.Events(ctx, a.ID, before, maxHistory)
		if err != nil {
			return HistoryPage{}, err
		}
		for _, stored := range page {
			before = stored.ID
			e, err := ParseEvent(stored)
			if err != nil {
				return HistoryPage{}, err
			}
			if stored.Account != a.ID || len(r.Only) > 0 && !slices.Contains(r.Only, e.Kind) || slices.Contains(r.Except, e.Kind) {
				continue
			}
			if found = append(found, e); len(found) == r.Limit {
				return HistoryPage{found, before}, nil
			}
		}
		if len(page) < maxHistory {
			return HistoryPage{Events: found}, nil
		}
	}
	return HistoryPage{found, before}, nil
}
