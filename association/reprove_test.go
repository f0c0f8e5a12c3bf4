package association_test

import (
	"context"
)

// riskTeller is a host that knows of addresses at risk.
type riskTeller struct {
	risky bool
	err   error
	asked []string
}

func (r *riskTeller) AtRisk(_ context.Context, kind, value string) (bool, error) {
	r.asked = append(r.asked, kind+" "+value)
	return r.risky, r.err
}
