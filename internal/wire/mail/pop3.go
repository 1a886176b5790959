package mail

import (
	"fmt"
	"strings"
)

// POP3Status says how a POP3 server began its answer.
type POP3Status uint8

const (
	// POP3OK is "+OK".
	POP3OK POP3Status = iota + 1
	// POP3Err is "-ERR".
	POP3Err
	// POP3Continue is "+": a challenge, or leave to send the next token (RFC 5034 §4).
	POP3Continue
)

// POP3Reply is the first line of an answer; Text is what follows the status.
type POP3Reply struct {
	Status POP3Status
	Text   string
}

// ReadPOP3Reply splits one status line off b. "+ OK" and a bare "+" are continuations; "+OK" in answer to AUTH is,
// by [MS-POP3] §2.2.1, leave to go on, which the caller knows and this reader does not. On error every result is
// zero.
func ReadPOP3Reply(b []byte) (r POP3Reply, rest []byte, err error) {
	raw, rest, err := ReadLine(b)
	if err != nil {
		return POP3Reply{}, nil, err
	}
	word, text, _ := strings.Cut(string(raw), " ")
	switch word {
	case "+OK":
		return POP3Reply{POP3OK, text}, rest, nil
	case "-ERR":
		return POP3Reply{POP3Err, text}, rest, nil
	case "+":
		return POP3Reply{POP3Continue, text}, rest, nil
	}
	return POP3Reply{}, nil, fmt.Errorf("mail: not a pop3 status")
}

// ReadPOP3List splits an answer of several lines off b: a status, and after "+OK" the lines up to a single dot, the
// stuffed dot of a line taken off (RFC 1939 §3). A refusal has no lines. On error every result is zero.
func ReadPOP3List(b []byte) (r POP3Reply, lines []string, rest []byte, err error) {
	r, rest, err = ReadPOP3Reply(b)
	if err != nil {
		return POP3Reply{}, nil, nil, err
	}
	if r.Status != POP3OK {
		return r, nil, rest, nil
	}
	for {
		if len(b)-len(rest) > MaxReply {
			return POP3Reply{}, nil, nil, fmt.Errorf("mail: pop3 list of more than %d octets", MaxReply)
		}
		line, after, err := ReadLine(rest)
		if err != nil {
			return POP3Reply{}, nil, nil, err
		}
		rest = after
		text := string(line)
		if text == "." {
			return r, lines, rest, nil
		}
		lines = append(lines, strings.TrimPrefix(text, "."))
	}
}

// AppendPOP3Reply appends a status line as a server writes it.
func AppendPOP3Reply(dst []byte, r POP3Reply) []byte {
	word := "+"
	switch r.Status {
	case POP3OK:
		word = "+OK"
	case POP3Err:
		word = "-ERR"
	}
	return appendLine(dst, word, " ", r.Text)
}

// AppendPOP3List appends an answer of several lines as a server writes it.
func AppendPOP3List(dst []byte, r POP3Reply, lines []string) []byte {
	dst = AppendPOP3Reply(dst, r)
	if r.Status != POP3OK {
		return dst
	}
	for _, line := range lines {
		if strings.HasPrefix(line, ".") {
			dst = append(dst, '.')
		}
		dst = appendLine(dst, line)
	}
	return appendLine(dst, ".")
}

// POP3Capabilities is what CAPA says of authentication.
type POP3Capabilities struct {
	// StartTLS tells whether STLS is offered (RFC 2595 §4).
	StartTLS bool
	// User tells whether USER and PASS are taken (RFC 2449 §6.2).
	User bool
	// Mechanisms are those of the SASL line (RFC 5034 §3), in upper case.
	Mechanisms []string
}

// ReadCAPA reads the lines of the answer to CAPA (RFC 2449 §5).
func ReadCAPA(lines []string) POP3Capabilities {
	var c POP3Capabilities
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "STLS":
			c.StartTLS = true
		case "USER":
			c.User = true
		case "SASL":
			c.Mechanisms = addMechanisms(c.Mechanisms, words[1:]...)
		}
	}
	return c
}

// ReadAuthList reads the lines of the answer to AUTH without a parameter: one mechanism a line ([MS-POP3] §2.2.1).
func ReadAuthList(lines []string) []string {
	var list []string
	for _, line := range lines {
		list = addMechanisms(list, strings.TrimSpace(line))
	}
	return list
}

// POP3 commands that need no parameter.
const (
	POP3Capa     = "CAPA\r\n"
	POP3AuthList = "AUTH\r\n"
	POP3StartTLS = "STLS\r\n"
	POP3Quit     = "QUIT\r\n"
)

// AppendPOP3Auth appends AUTH without an initial response, for the reason given at [AppendSMTPAuth].
func AppendPOP3Auth(dst []byte, mechanism string) []byte { return appendLine(dst, "AUTH ", mechanism) }
