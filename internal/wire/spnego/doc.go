// Package spnego reads and writes the tokens of SPNEGO (RFC 4178) and its Microsoft form ([MS-SPNG]) that wrap
// NTLM in SMB, HTTP, LDAP and CredSSP.
//
// It is for: reading which mechanisms a server names (NegTokenInit, NegTokenInit2), wrapping an NTLM message for
// the server, and reading its answer (NegTokenResp). It will not choose a mechanism, compute a mechListMIC or look
// inside a mechanism's token.
//
// That a server names NTLM says that it is offered, not that a logon would succeed.
package spnego
