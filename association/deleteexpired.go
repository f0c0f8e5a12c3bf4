package association

import "context"

// DeleteExpired deletes up to limit records that nothing depends on any more and
// returns how many went: dead proofs, counters of windows that are over, sent
// notices, events older than Policy.EventTTL. The host calls it every few minutes,
// until it returns less than limit; nothing dead works before, it only takes up room.
func (s *Service) DeleteExpired(ctx context.Context, limit int) (int, error) {
	n, err := s.deleteExpired(ctx, limit)
	if err != nil {
		return n, s.report(ctx, "delete expired", Caller{}, err)
	}
	return n, nil
}

func (s *Service) deleteExpired(ctx context.Context, limit int) (int, error) {
	if err := s.outsideTx(); err != nil {
		return 0, err
	}
	if limit < 1 {
		return 0, refuse(ErrInvalidArgument, "the limit is not positive")
	}
	return s.store.DeleteExpired(ctx, s.now(), limit)
}
