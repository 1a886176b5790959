// Package smb1 reads and writes the first two exchanges of SMB 1: SMB_COM_NEGOTIATE and SMB_COM_SESSION_SETUP_ANDX.
//
// It follows [MS-CIFS] §2.2.3.1 (header), §2.2.4.52 (negotiate) and [MS-SMB] §2.2.4.5, §2.2.4.6 (negotiate and
// session setup with extended security). Requests are appended with their four-byte transport header, ready to
// send; parsers take one message without it, as netbios.Read hands it out.
//
// The negotiate request names one dialect, NT LM 0.12, and no SMB 2 one: a server that answers it speaks SMB 1. The
// multi-protocol request is another function, for the question whether there is SMB 2. There is no logon here: a session setup
// carries the first token of a mechanism, and nothing after it.
package smb1
