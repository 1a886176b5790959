// Package tls reads the part of a TLS handshake that is sent in the clear: records and the server's hello (RFC 8446 §4.1, §5.1; RFC 5246
// §7.4), up to TLS 1.2 also the server's certificates. It takes no part in a handshake and decrypts nothing.
package tls
