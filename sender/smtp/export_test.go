package smtp

// NewUnchecked makes a Sender also of Options that New refuses, to see what is behind that.
func NewUnchecked(o Options) *Sender { return build(o) }
