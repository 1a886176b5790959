// Package smb asks one endpoint whether a relayed NTLM logon can be used over SMB: does the server require signing,
// in SMB 2 and 3 and in SMB 1, each by its own answer ([MS-SMB2] §2.2.4, [MS-CIFS] §2.2.4.52).
//
// The interview holds up to seven kinds of conversation, each on connections of its own: an SMB 1 negotiate that offers
// nothing else; a native SMB 2 negotiate with every dialect and a first NTLM token after it; a multi-protocol negotiate
// where the first was met with a close; a climb from the lowest dialect up, where a high floor or required encryption
// would close what the signing bit leaves open; controls and trials of what was refused, below; and, on port 139, a node
// status query for the name to ask for. Nothing is asked that could not change the verdict, unless the user wants
// everything.
//
// conversation.go is the transport of all of them, frames and the session request; what is said inside is a dialogue
// each: negotiate1.go, opening.go, climb.go, control.go, trial.go. nodestatus.go is a conversation of its own, over UDP.
//
// A refusal is a guard only beside a control that passes. SMB 1 is off where SMB 2 is agreed after the close, which is why
// it is asked for first (on port 139, where names have to be settled, SMB 2 is asked for once more instead); 3.1.1
// is the only dialect where it is still agreed after the others were refused; encryption is required where a logon is
// denied without it and goes on with it, at one dialect. Without its control each stays unknown: a server that blocks
// callers after some connections refuses all of them.
//
// It will not log on. The one AUTHENTICATE message it can send is the anonymous one, at depth anonymous, to servers
// that look like Samba and could encrypt, because they show only then that they insist on it. No guest, no share, no
// guess: a server that answers nothing useful stays unknown.
package smb
