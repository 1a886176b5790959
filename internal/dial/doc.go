// Package dial owns what no check may forget: which addresses may be connected to at all, how fast, for how long,
// how many bytes an endpoint may send, and how many logons of an unknown user a host may see. Every connection and
// datagram of the portable driver leaves through a Dialer.
//
// It knows no check and no protocol but TLS, which it speaks to servers of any age (RFC 2246 to RFC 8446) without
// verifying them: what the server does is the question, not who it is.
package dial
