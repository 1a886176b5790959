// Package mail asks an SMTP, IMAP or POP3 server whether it takes NTLM, before and after STARTTLS, and proves it by
// the server's own CHALLENGE.
//
// Which of the three protocols is spoken is told from the greeting, not from the port. One AUTH is begun an endpoint,
// where it tells most, and cancelled once the challenge has come: no name and no password is ever sent. A list of
// mechanisms is not the last word: where none of them carries NTLM, NTLM is asked for by name. A server that takes
// logons and refuses NTLM is guarded; one that takes no logon at all is unseen. The check cannot see whether a server
// that takes NTLM inside TLS looks at channel bindings (Exchange does not by default), so such a server stays
// undetermined.
//
// Lines are read and written by package wire/mail, which knows no answer to a challenge.
package mail
