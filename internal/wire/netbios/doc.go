// Package netbios frames SMB messages and speaks the two small NetBIOS exchanges that reach a server by name.
//
// Three duties: the four-byte session header that precedes every SMB message on ports 139 and 445 (RFC 1002
// §4.3.1; "direct TCP" is the same header with a 24-bit length, [MS-SMB2] §2.1), the session request and its
// replies of port 139 (RFC 1002 §4.3.2 to §4.3.6), and the node status query of UDP 137 that tells the name to
// ask for (RFC 1002 §4.2.17, §4.2.18).
//
// It will not register, claim, defend or answer for a name, and it builds no broadcast: nothing here can poison
// name resolution. It never waits for more than [MaxFrame] bytes, whatever a header says.
package netbios
