package mail

// What servers started for the purpose answered, byte for byte: Exim 4.96 with its spa driver, and Dovecot 2.3.19
// with ntlm_auth of Samba 4.17 behind it. The challenges are of accounts that do not exist.
const (
	eximEHLO = "250-mail.signet.lab Hello [127.0.0.1] [127.0.0.1]\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n" +
		"250-PIPELINING\r\n250-PIPECONNECT\r\n250-AUTH NTLM\r\n250-CHUNKING\r\n250-STARTTLS\r\n250-SMTPUTF8\r\n250 HELP\r\n"
	eximGoOn   = "334 NTLM supported\r\n"
	eximType2  = "334 TlRMTVNTUAACAAAAAAAAAAAoAAABggAA5ncUq4jP51oAAAAAAAAAAAAAAAAAAAAA\r\n"
	eximCancel = "535 Incorrect authentication data\r\n"

	dovecotIMAPGreeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS " +
		"AUTH=PLAIN AUTH=NTLM AUTH=GSS-SPNEGO] Dovecot (Debian) ready.\r\n"
	dovecotIMAPCapability = "* CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS " +
		"AUTH=PLAIN AUTH=NTLM AUTH=GSS-SPNEGO\r\n"
	dovecotIMAPListed = "a OK Pre-login capabilities listed, post-login capabilities have more.\r\n"
	dovecotIMAPNeeds  = "b NO [PRIVACYREQUIRED] Authentication not allowed until SSL/TLS is enabled.\r\n"
	dovecotIMAPCancel = "b BAD Authentication aborted by client.\r\n"
	dovecotIMAPBroken = "* BYE Auth process broken\r\n"
	dovecotIMAPType2  = "+ TlRMTVNTUAACAAAADgAOADgAAAAFgoqit7P2hNh9oSoAAAAAAAAAAEAAQABGAAAABgEAAAAAAA9NAEEASQBMAFMAUgBW" +
		"AAIADgBNAEEASQBMAFMAUgBWAAEADgBNAEEASQBMAFMAUgBWAAQAAAADAAQAdgBtAAcACACoCQ3Jc3rdAQAAAAA=\r\n"

	dovecotPOP3Greeting = "+OK Dovecot (Debian) ready.\r\n"
	dovecotPOP3Capa     = "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\nSTLS\r\nUSER\r\n" +
		"SASL PLAIN NTLM GSS-SPNEGO\r\n.\r\n"
	dovecotPOP3CapaTLSOnly = "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\nSTLS\r\nSASL\r\n.\r\n"
	dovecotPOP3Auth        = "+OK\r\nPLAIN\r\nNTLM\r\nGSS-SPNEGO\r\n.\r\n"
	dovecotPOP3Cancel      = "-ERR Authentication aborted by client.\r\n"
)
