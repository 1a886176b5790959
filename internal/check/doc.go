// Package check is the shape of a check: one question asked of one endpoint.
//
// A check is written as three things, none of which sees a socket or a clock:
//
//   - a Conversation, a state machine on bytes that holds one dialogue on one connection;
//   - an Interview, which decides what conversation to hold next on which connection, given how the last one ended,
//     and collects what was learned into the check's own facts;
//   - a judge, a pure function from facts to a verdict and the rules that are broken.
//
// The engine drives the same conversations from an epoll loop, from a blocking connection, over TLS, from a recording
// and from a packet capture. A check adds itself to the program with one line in package check/all; there is no
// registry, no init and no global.
package check
