// Package names asks one host, by unicast, for its own name over LLMNR and multicast DNS, and reads what it answers.
//
// It follows RFC 1035 §4.1 (messages), RFC 4795 and [MS-LLMNRP] (LLMNR), and RFC 6762 §5.5 and §6.7 (a question sent
// straight to one responder from a port of its own). The one question that it can build is the reverse lookup of the
// address that is asked, so the name of another host is never mentioned, and it has no function that builds an
// answer: nothing here can be turned to answering for someone else.
//
// RFC 4795 §2.4 tells responders to drop unicast questions over UDP, and whether Windows does is unverified. Silence
// therefore means nothing, and an answer only that a responder runs: whether the host can be deceived by others'
// answers is decided by its client side, which no question shows.
package names
