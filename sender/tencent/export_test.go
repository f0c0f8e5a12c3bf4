package tencent

// Debug makes the SDK log all that it logs.
func (s *Sender) Debug() { s.client.WithDebug(true) }
