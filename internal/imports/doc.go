// Package imports turns what other tools wrote into observations: nmap XML, zgrab2 JSON lines, NetExec databases, masscan JSON, and
// Signet's own JSON lines. What a tool could not know stays unknown; what it is known to report wrongly is not taken.
// Every reader streams: nothing grows with the size of a file but what one host says.
//
// It does not judge, and it believes no other tool's verdict: only what was on the wire, as far as the tool tells it.
package imports
