// Package desk keeps what people decide: who may do what, which sites there are, who owns a finding, what is excepted, and the log of who
// changed what. Each is a small document of a store.Desk; the documents of a kind that is looked at often stand in memory as well, since one
// process holds the desk.
//
// Whoever asks is a Who, and Allow says what it may do; every method that changes something asks Allow itself, so that a route that forgot to
// stays shut. A change and its entries in the audit log are one write: neither stands without the other.
//
// No password, token, session or set-up token is stored or logged, only what they hash to; none of the types that are given out has a field
// for one. The room knows no HTTP and opens no socket; it takes the time and randomness that it is given.
package desk
