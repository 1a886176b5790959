// Package http asks a web server which of its pages take NTLM, above all those of AD CS web enrolment (ESC8).
//
// It asks "/" and the enrolment paths of every web server with GET, the paths of further roles only where an answer
// shows the role (roles.txt), and proves or refutes NTLM by what answers a NEGOTIATE message: a header alone proves
// nothing either way. One connection carries plain requests while the server keeps it; every NTLM exchange has a
// connection of its own (RFC 4559 and [MS-NTHT] authenticate connections). Plain HTTP or TLS is found out by asking.
//
// It will not send an AUTHENTICATE message, follow redirects, ask a forward proxy for anything but
// http://signet.invalid/, or judge Extended Protection, which cannot be seen without a credential.
//
// Specifications: RFC 9110, RFC 9112 (by wire/http1), RFC 4559, [MS-NTHT], [MS-N2HT].
package http
