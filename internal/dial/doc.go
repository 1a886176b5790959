// Package dial is the only way out. Its Gate decides on every packet that Signet sends to a target: which addresses may be
// asked at all, how fast, how many connections a host sees at once and how many logons of an unknown user. Whatever sends
// asks it first: the Dialer and the Resolver of this package, the event loop of package engine and the sweep. Which files
// of the whole program may open a socket or look a name up is listed in arch_test.go.
//
// A Dialer bounds besides what one endpoint may cost: the time until it answers and the bytes that it may send.
//
// The package knows no check and no protocol but TLS, which it speaks to servers of any age (RFC 2246 to RFC 8446) without
// verifying them: what the server does is the question, not who it is.
package dial
