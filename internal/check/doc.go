// Package check is the shape of a check: one question asked of one endpoint.
//
// A check is written as three things, none of which sees a socket or a clock:
//
//   - a Conversation, a state machine on bytes that holds one dialogue on one connection (conversation.go of each check);
//   - an Interview, which decides what conversation to hold next on which connection, given how the last one ended,
//     and collects what was learned into the check's own facts (interview.go);
//   - a judge, a pure function from facts to a verdict and the rules that are broken (judge.go).
//
// The way of the bytes is driver → Stepper → Conversation → Stepper → driver. A driver moves bytes and keeps time: the
// event loop (engine/talk_linux.go), a blocking connection, plain or TLS (engine/converse.go), a recording
// (checktest/replay.go). It gives what it received to a Stepper (stepper.go), which keeps what is incomplete, asks the
// Conversation when enough is there, and tells the driver what to do: send, start TLS, wait for more, or end. Whoever
// follows a byte has two files to read, stepper.go and the check's conversation.go.
//
// Captured traffic of others takes another way, since there the client is not ours: see Passive.
//
// The package does no input or output of its own and knows no check by name. A check adds itself to the program with
// one line in package check/all; there is no registry, no init and no global.
package check
