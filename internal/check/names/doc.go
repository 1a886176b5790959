// Package names asks a host for its own name over NetBIOS (UDP 137), LLMNR (5355) and multicast DNS (5353), one
// unicast question each, and only when the check is named with --checks.
//
// An answer shows that a responder runs, which is a hint that the host also asks such questions of its network, and so
// can be deceived by whoever answers first. That is decided by its client side, which no question shows: the verdict
// is never more than undetermined, and silence proves nothing (RFC 4795 §2.4 wants unicast questions over UDP dropped;
// one over TCP follows then).
//
// The question is about the address that is asked, so no other name is ever mentioned; nothing is sent to a group and
// nothing is answered.
package names
