// Package ntlmssp reads and writes the three NTLM messages ([MS-NLMP] §2.2.1) as far as a health check needs them.
//
// It is for: the one NEGOTIATE that every check sends, the names and the version that a CHALLENGE gives away, the
// anonymous AUTHENTICATE that decides LDAP signing, an NTLMv2 AUTHENTICATE with MIC for a user that cannot exist
// (which decides channel binding), and the outline of an AUTHENTICATE seen in a packet capture.
//
// It will not: sign or seal, make a CHALLENGE, make an NTLMv1 or LM response, derive a key from a password, or
// return any response, proof or session key that it reads. Nothing here can impersonate a server or keep what a
// client sent.
//
// Strings that come from a peer are decoded, never cleaned: whoever prints them escapes them.
package ntlmssp
