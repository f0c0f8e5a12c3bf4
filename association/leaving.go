package association

import "context"

// Some calls end the session that they are made in. When the answer to one is lost, its
// repeat comes from nobody: the session that the caller shows then says what ended it.

// resting names a call that rests on the session alone, or ends it, by whoever makes it.
func resting(op string, presented ...string) func(Caller) request {
	return func(c Caller) request { return requestOf(op, c, append(presented, c.shown.Reveal())...) }
}

// hasLeft reports whether the caller is nobody because this very call has ended the
// session, whose access token it still shows.
func (s *Service) hasLeft(ctx context.Context, c Caller, named func(Caller) request) (bool, error) {
	id, _, ok := parseToken(prefixAccess, c.shown, secretBytes)
	if !ok || c.Actor.signedIn() {
		return false, nil
	}
	p, _, v, err := s.readSession(ctx, id, proofSession)
	if err != nil || p == nil || !v.Ended {
		return false, err
	}
	c.Actor = Actor{Account: p.Account, Session: id}
	return s.keys.repeats(v.Last, named(c), s.now()), nil
}

// remember keeps the name of a call in the session for its repeat.
func (s *Service) remember(v session, r request, record string, now int64) session {
	v.Last = s.keys.answered(r, record, now, struct{}{})
	return v
}
