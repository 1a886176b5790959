// Package http1 is the client side of HTTP/1.1 on bytes: it appends requests, reads responses as they arrive and
// parses the challenges of WWW-Authenticate and Proxy-Authenticate lines.
//
// It follows RFC 9112 (framing: §2.2 lines, §4 status line, §5 fields, §6 bodies, §7 chunks, §9.3 persistence) and
// RFC 9110 (§11.6.1 challenges, §15.2 interim responses). NTLM over HTTP authenticates a connection, not a request,
// so the reader says for certain whether the connection can carry the next request.
//
// It reads what real servers send, not only what the grammar allows: bare LF, folded fields, a missing reason,
// unquoted realms. A length is never an allocation: only bytes that arrived are counted, and only Limits.Keep of
// them are kept.
//
// It will not speak HTTP/2 (Windows refuses NTLM there), decompress, follow redirects, keep cookies, or send a body.
package http1
