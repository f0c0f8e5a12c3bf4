package association

import "encoding/json"

// answer lets a client have a lost answer again. The record that a request
// changed keeps it for repeatWindow: which request it was, as a MAC, and what it
// was told, encrypted. There is no cache of responses anywhere else.
//
// What names a request includes every secret it presented, so that a repeat has
// to know them too; passwords are left out, because they are judged again before
// an answer is looked for.
type answer struct {
	Request sealed `json:"request"`
	At      int64  `json:"at"`
	Refused bool   `json:"refused,omitempty"` // the request was told no
	Pending bool   `json:"pending,omitempty"` // it is under way, and nobody was told anything
	Key     string `json:"key,omitempty"`
	Box     []byte `json:"box,omitempty"`
}

// request names one call of a client so that its repeat is recognised. The zero
// request has no name and is recognised never.
type request struct {
	fields [][]byte
}

// requestOf names a call by the caller, the operation and what it presented. It
// is nothing when the client did not name the call.
func requestOf(op string, c Caller, presented ...string) request {
	if c.RequestID == "" {
		return request{}
	}
	r := request{fields: [][]byte{
		[]byte(op), []byte(c.RequestID), []byte(c.Device), []byte(c.Actor.Account), []byte(c.Actor.sessionKey()),
	}}
	for _, p := range presented {
		r.fields = append(r.fields, []byte(p))
	}
	return r
}

// answered returns what the record keeps for a repeat of r.
func (k keyring) answered(r request, record string, now int64, told any) answer {
	if r.fields == nil {
		return answer{}
	}
	a := answer{Request: k.seal(useAnswer, r.fields...), At: now}
	plain, err := json.Marshal(told)
	if err != nil {
		return answer{} // impossible: plain structs
	}
	a.Key, a.Box = k.encrypt(plain, a.context(record)...)
	return a
}

// refused returns what the record keeps so that a repeat of a wrong guess is not
// a second guess.
func (k keyring) refused(r request, now int64) answer {
	if r.fields == nil {
		return answer{}
	}
	return answer{Request: k.seal(useAnswer, r.fields...), At: now, Refused: true}
}

// pending returns what the record keeps while a request is under way, so that its repeat
// is not a second one.
func (k keyring) pending(r request, now int64) answer {
	if r.fields == nil {
		return answer{}
	}
	return answer{Request: k.seal(useAnswer, r.fields...), At: now, Pending: true}
}

// repeats reports whether r is the request that a is the answer to, and not too
// long ago.
func (k keyring) repeats(a answer, r request, now int64) bool {
	return r.fields != nil && now < a.At+repeatWindow.Microseconds() && k.matches(a.Request, useAnswer, r.fields...)
}

// open reads the answer into told.
func (k keyring) open(a answer, record string, told any) bool {
	plain, ok := k.decrypt(a.Key, a.Box, a.context(record)...)
	return ok && json.Unmarshal(plain, told) == nil
}

func (a answer) context(record string) [][]byte {
	return [][]byte{[]byte(record), int64Field(a.At), a.Request.MAC}
}
