// Package httpadapter serves an [association.Service] over HTTP, in the protocol
// of CloudBase auth v1, so that the client @cloudbase/js-sdk works against it as
// it is.
//
//	auth, err := httpadapter.New(svc, httpadapter.Options{Sessions: httpadapter.Bearer()})
//	...
//	mux.Handle("/auth/", http.StripPrefix("/auth", auth))
//
// The adapter holds no rule: it reads the request, asks the Service, and writes
// what the Service says. It may be mounted under any prefix, and more than once;
// each mount has one way to know who is signed in, see [Bearer], [Cookie] and
// [Host].
//
// # The protocol
//
// Bodies are JSON whatever their content type says, at most 8 KiB; unknown
// fields are ignored, and a field that stands twice, in another case or with
// another type is refused. Answers are a JSON object always. A refusal is
//
//	{"error": "resource_exhausted", "error_code": 8, "error_description": "...", "retry_after": 42}
//
// with the HTTP status that goes with it. Where sudo is missing the status is 401
// with the challenge of RFC 9470. A request that is repeated with the same
// X-Request-Id within a minute gets the same answer and has one effect. With Cookie some
// answers cannot be had again: that of sudo, which carries the session's new cookie, and
// those to a request that ended its own session, but for signing out; whoever loses one
// signs in anew.
//
// docs/http.md lists the endpoints, docs/routes.md what each asks.
//
// # What the host does
//
// TLS; a redaction of Authorization, Set-Cookie, X-Sudo-Token and the query of DELETE
// /v1/user/me in its logs; in Cookie mode, scs's LoadAndSave around the handler.
package httpadapter
