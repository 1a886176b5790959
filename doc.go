// Package signet holds the words of the project and nothing else: what is asked (Target, Endpoint), what was
// learned (Observation, Level, Outcome, NTLM, TLS), and what is thought of it (Verdict, Severity, Finding,
// Judgement). Facts and judgements are different types: an Observation never carries an opinion, and a new policy
// judges an old one again without a packet.
//
// In every enumeration the zero value means that nothing is known: a field nobody filled in cannot read as "off",
// nor as "safe".
//
// The package does no input or output, knows no protocol and keeps no state. arch_test.go beside this file is the
// law of the house: which room may import which.
package signet
