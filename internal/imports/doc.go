// Package imports turns what other tools wrote into observations: nmap's XML and what it prints, zgrab2's JSON lines,
// NetExec's databases, masscan's JSON, and Signet's own JSON lines. What a tool could not know stays unknown; what it is
// known to report wrongly is not taken. Every reader streams: memory grows with one host, not with a file.
//
// How a tool prints things is known here; how they stand in facts is said by the check that they are facts of (its Facts,
// or its Told where no tool tells all of them). Nothing is judged here, and no other tool's verdict is believed: only what
// was on the wire, as far as the tool tells it.
package imports
