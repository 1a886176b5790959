// Package smb2 reads and writes the first two exchanges of SMB 2 and 3: NEGOTIATE and SESSION_SETUP.
//
// It follows [MS-SMB2] §2.2.1 (header), §2.2.3 and §2.2.4 (negotiate and its contexts), §2.2.5 and §2.2.6
// (session setup). Requests are appended with their four-byte transport header (§2.1), ready to send; parsers
// take one message without it, as netbios.Read hands it out.
//
// It will not go further than a session setup: no tree connect, no file, no signature, no encryption. A server's
// bits are reported as they stand on the wire; what they mean for a relay is for others to say.
package smb2
