// Package rdp asks a Remote Desktop server (3389/tcp) which security layers it takes, whether Network Level
// Authentication is required, and, where NLA is spoken, what the server calls itself.
//
// The answer is found by separate connections, each with one request: everything we could speak, then one layer
// alone, since a server that selects the best of many says nothing about the others (MS-RDPBCGR 2.2.1.1, 2.2.1.2;
// MS-CSSP 3.1.5 for the names). It never goes beyond the server's CHALLENGE, sends no cookie and opens no session.
//
// NTLM is spoken to an RDP server inside NLA only, where the proof covers the server's TLS key (pubKeyAuth): that
// cannot be relayed, and is the guard of a server that speaks NLA. A server without it asks nobody for NTLM, so it is
// unseen. No state here is exposed; a server that does not require NLA is a finding of hygiene.
package rdp
