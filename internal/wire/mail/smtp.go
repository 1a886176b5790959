package mail

import (
	"fmt"
	"strings"
)

// SMTPReply is one reply of RFC 5321 §4.2: a code from 200 to 599 and one text per line, without the code.
type SMTPReply struct {
	Code  int
	Lines []string
}

// Text returns the text of the last line, which in a 334 is the challenge.
func (r SMTPReply) Text() string {
	if len(r.Lines) == 0 {
		return ""
	}
	return r.Lines[len(r.Lines)-1]
}

// ReadSMTPReply splits the first reply, of one or several lines, off b. Every line must bear the same code (RFC 5321
// §4.2.1). On error every result is zero.
func ReadSMTPReply(b []byte) (reply SMTPReply, rest []byte, err error) {
	rest = b
	for {
		if len(b)-len(rest) > MaxReply {
			return SMTPReply{}, nil, fmt.Errorf("mail: smtp reply of more than %d octets", MaxReply)
		}
		line, after, err := ReadLine(rest)
		if err != nil {
			return SMTPReply{}, nil, err
		}
		code, more, text, err := smtpLine(string(line))
		if err != nil {
			return SMTPReply{}, nil, err
		}
		if len(reply.Lines) > 0 && code != reply.Code {
			return SMTPReply{}, nil, fmt.Errorf("mail: smtp reply of codes %d and %d", reply.Code, code)
		}
		reply.Code = code
		reply.Lines = append(reply.Lines, text)
		rest = after
		if !more {
			return reply, rest, nil
		}
	}
}

// smtpLine splits one line into its code, whether a line follows, and its text.
func smtpLine(line string) (code int, more bool, text string, err error) {
	if len(line) < 3 {
		return 0, false, "", fmt.Errorf("mail: smtp line of %d octets", len(line))
	}
	for i := range 3 {
		if line[i] < '0' || line[i] > '9' {
			return 0, false, "", fmt.Errorf("mail: smtp line without a code")
		}
		code = code*10 + int(line[i]-'0')
	}
	if code < 200 || code > 599 {
		return 0, false, "", fmt.Errorf("mail: smtp code %d", code)
	}
	if len(line) == 3 {
		return code, false, "", nil
	}
	switch line[3] {
	case '-':
		return code, true, line[4:], nil
	case ' ':
		return code, false, line[4:], nil
	}
	return 0, false, "", fmt.Errorf("mail: smtp code followed by 0x%02x", line[3])
}

// AppendSMTPReply appends r as a server writes it; a reply without lines gets one empty line.
func AppendSMTPReply(dst []byte, r SMTPReply) []byte {
	lines := r.Lines
	if len(lines) == 0 {
		lines = []string{""}
	}
	for i, text := range lines {
		mark := "-"
		if i == len(lines)-1 {
			mark = " "
		}
		dst = appendLine(dst, fmt.Sprintf("%03d", r.Code), mark, text)
	}
	return dst
}

// SMTPExtensions is what the answer to EHLO says of authentication.
type SMTPExtensions struct {
	// StartTLS tells whether STARTTLS is offered (RFC 3207).
	StartTLS bool
	// Mechanisms are those of AUTH (RFC 4954 §3), and of the older "AUTH=" form, in upper case.
	Mechanisms []string
	// Exchange are the mechanisms of X-EXPS, by which Exchange servers authenticate to one another. Unverified: no
	// Exchange server was at hand, and clients do not use it.
	Exchange []string
}

// Extensions reads the answer to EHLO: every line after the first is a keyword with parameters (RFC 5321 §4.1.1.1).
// A reply of another code than 250 has none.
func (r SMTPReply) Extensions() SMTPExtensions {
	var x SMTPExtensions
	if r.Code != 250 || len(r.Lines) == 0 {
		return x
	}
	for _, line := range r.Lines[1:] {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		keyword, first, joined := strings.Cut(strings.ToUpper(words[0]), "=")
		if joined {
			words[0] = first
		} else {
			words = words[1:]
		}
		switch keyword {
		case "STARTTLS":
			x.StartTLS = true
		case "AUTH":
			x.Mechanisms = addMechanisms(x.Mechanisms, words...)
		case "X-EXPS":
			x.Exchange = addMechanisms(x.Exchange, words...)
		}
	}
	return x
}

// SMTP commands that need no parameter.
const (
	SMTPStartTLS = "STARTTLS\r\n"
	SMTPQuit     = "QUIT\r\n"
)

// AppendEHLO appends EHLO with the name or address literal ("[192.0.2.1]") by which the client calls itself.
func AppendEHLO(dst []byte, client string) []byte { return appendLine(dst, "EHLO ", client) }

// AppendSMTPAuth appends AUTH without an initial response: [MS-SMTPNTLM] §2.2.1.1 leaves it to the server whether it
// reads one, and without it a refusal of the mechanism can be told from a refusal of the token.
func AppendSMTPAuth(dst []byte, mechanism string) []byte { return appendLine(dst, "AUTH ", mechanism) }
