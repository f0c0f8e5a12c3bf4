package association

// SubKeys returns every sub-key that the keys are used by, by key and use.
func SubKeys(k Keys) (map[string][]byte, error) {
	r, err := newKeyring(k)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for use, sub := range r.index {
		all["index "+use] = sub
	}
	for id, subs := range r.subs {
		for use, sub := range subs {
			all[id+" "+use] = sub
		}
	}
	return all, nil
}
