// Package mail reads and writes the lines of SMTP, IMAP and POP3 up to the point where a server has answered an
// NTLM type 1: greeting, capabilities, STARTTLS, the opening of an AUTH exchange and its cancellation.
//
// It follows RFC 5321 §4.2 and RFC 4954 (SMTP), RFC 3501 §7 (IMAP), RFC 1939 §3, RFC 2449 and RFC 5034 (POP3), and
// [MS-SMTPNTLM], [MS-POP3] and [MS-OXIMAP4] for what NTLM adds. Every reader is incremental: it takes what has
// arrived, returns one whole reply and what follows it, or [ErrShort] when more bytes may complete it. Lines and
// replies are bounded by [MaxLine] and [MaxReply].
//
// It never builds a response to a challenge: the only line it knows to send after a type 2 is the cancellation
// ("*"), so no logon can come of it. It does not read messages, mailboxes or literals, and it decodes no NTLM:
// tokens leave it as bytes.
package mail
