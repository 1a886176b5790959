// Package http asks a web server which of its pages take NTLM, above all those of AD CS web enrolment (ESC8).
//
// It asks "/" and the enrolment paths of every web server with GET, then the paths of further roles: all of a role's where
// an answer shows it, and where nothing hints, the first of each in the order of what they are worth (roles.txt), until
// an ordinary server has seen sixteen requests. What shows a role adds questions and takes none away. NTLM is proven or
// refuted by what answers a NEGOTIATE message: a header alone proves nothing either way. One connection carries plain
// requests while the server keeps it; every NTLM exchange has a connection of its own (RFC 4559 and [MS-NTHT] authenticate
// connections). Plain HTTP or TLS is found out by asking, and a plain answer never hides that TLS failed.
//
// It follows redirects and refreshes to pages of the same endpoint, once per chain and with the chain's cookies. A name
// that an answer or a certificate gives is sent as Host, and as SNI, to the address that is being asked and to no other:
// it is never looked up.
//
// It will not send an AUTHENTICATE message, ask a forward proxy for anything but http://signet.invalid/, pretend to be a
// browser (pages for listed user agents alone stay unseen), or judge Extended Protection, which cannot be seen without a
// credential. Verdict guarded is for NTLM refused where a logon was asked for; a server that asks for none is unseen.
//
// Specifications: RFC 9110, RFC 9112 (by wire/http1), RFC 6265, RFC 3986 §5, RFC 4559, [MS-NTHT], [MS-N2HT].
package http
