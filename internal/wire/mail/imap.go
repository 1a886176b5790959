package mail

import (
	"fmt"
	"strings"
)

// IMAPKind says which of the three shapes of RFC 3501 §7 a response has.
type IMAPKind uint8

const (
	// IMAPUntagged is "* …": data, or a status that answers no command.
	IMAPUntagged IMAPKind = iota + 1
	// IMAPContinuation is "+ …": the server waits for more of the command.
	IMAPContinuation
	// IMAPTagged ends the command of that tag.
	IMAPTagged
)

// IMAPResponse is one line from the server. Word is the first word after the tag, in upper case: OK, NO, BAD, BYE,
// PREAUTH or the name of the data, such as CAPABILITY; empty in a continuation. Text is the rest of the line.
type IMAPResponse struct {
	Kind IMAPKind
	Tag  string
	Word string
	Text string
}

// ReadIMAPResponse splits the first response off b. Literals are not followed: none occurs before a logon. A tagged
// line is accepted only with OK, NO or BAD (RFC 3501 §7.1), so that a foreign protocol is not taken for IMAP. On
// error every result is zero.
func ReadIMAPResponse(b []byte) (r IMAPResponse, rest []byte, err error) {
	line, rest, err := ReadLine(b)
	if err != nil {
		return IMAPResponse{}, nil, err
	}
	if len(line) > 0 && line[0] == '+' {
		text := string(line[1:])
		if text != "" && text[0] != ' ' {
			return IMAPResponse{}, nil, fmt.Errorf("mail: imap continuation followed by 0x%02x", text[0])
		}
		return IMAPResponse{Kind: IMAPContinuation, Text: strings.TrimPrefix(text, " ")}, rest, nil
	}
	tag, after, spaced := strings.Cut(string(line), " ")
	word, text, _ := strings.Cut(after, " ")
	if !spaced || !imapAtom(tag) || !imapAtom(word) {
		return IMAPResponse{}, nil, fmt.Errorf("mail: not an imap response")
	}
	r = IMAPResponse{Kind: IMAPTagged, Tag: tag, Word: strings.ToUpper(word), Text: text}
	if tag == "*" {
		r.Kind, r.Tag = IMAPUntagged, ""
		return r, rest, nil
	}
	if r.Word != "OK" && r.Word != "NO" && r.Word != "BAD" {
		return IMAPResponse{}, nil, fmt.Errorf("mail: imap tagged response without a status")
	}
	return r, rest, nil
}

// imapAtom tells whether s is printable ASCII without spaces, which covers tags, statuses and numbers.
func imapAtom(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// AppendIMAPResponse appends r as a server writes it.
func AppendIMAPResponse(dst []byte, r IMAPResponse) []byte {
	text := ""
	if r.Text != "" {
		text = " " + r.Text
	}
	switch r.Kind {
	case IMAPContinuation:
		return appendLine(dst, "+ ", r.Text)
	case IMAPTagged:
		return appendLine(dst, r.Tag, " ", r.Word, text)
	default:
		return appendLine(dst, "* ", r.Word, text)
	}
}

// IMAPCapabilities is what a capability list says of authentication.
type IMAPCapabilities struct {
	// StartTLS tells whether STARTTLS is offered (RFC 3501 §6.2.1).
	StartTLS bool
	// LoginDisabled tells whether plain LOGIN is refused (RFC 3501 §6.2.3), usual before STARTTLS.
	LoginDisabled bool
	// Mechanisms are the AUTH= capabilities, in upper case.
	Mechanisms []string
}

// Capabilities reads the list out of an untagged CAPABILITY response or out of a response code, as in
// "* OK [CAPABILITY …] ready" (RFC 3501 §7.1, §7.2.1). ok is false where the response carries none.
func (r IMAPResponse) Capabilities() (c IMAPCapabilities, ok bool) {
	list := r.Text
	switch {
	case r.Kind == IMAPUntagged && r.Word == "CAPABILITY":
	case r.Kind != IMAPContinuation && len(list) > 12 && strings.EqualFold(list[:12], "[CAPABILITY "):
		var closed bool
		list, _, closed = strings.Cut(list[12:], "]")
		if !closed {
			return IMAPCapabilities{}, false
		}
	default:
		return IMAPCapabilities{}, false
	}
	for _, word := range strings.Fields(list) {
		upper := strings.ToUpper(word)
		switch {
		case upper == "STARTTLS":
			c.StartTLS = true
		case upper == "LOGINDISABLED":
			c.LoginDisabled = true
		case strings.HasPrefix(upper, "AUTH="):
			c.Mechanisms = addMechanisms(c.Mechanisms, upper[5:])
		}
	}
	return c, true
}

// AppendIMAPCommand appends a command of one line: CAPABILITY, STARTTLS, LOGOUT, or "AUTHENTICATE NTLM" without an
// initial response, which only servers with SASL-IR would read (RFC 4959).
func AppendIMAPCommand(dst []byte, tag, command string) []byte {
	return appendLine(dst, tag, " ", command)
}
