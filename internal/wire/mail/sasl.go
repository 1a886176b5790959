package mail

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Cancel is the line by which a client ends an AUTH exchange without answering the challenge: RFC 4954 §4, RFC 3501
// §6.2.2 and RFC 5034 §4 agree on it. The server must answer with a refusal.
const Cancel = "*\r\n"

// AppendToken appends one SASL token as a client sends it: base64 on a line of its own (RFC 4954 §4, RFC 3501
// §6.2.2, RFC 5034 §4).
func AppendToken(dst, token []byte) []byte {
	dst = base64.StdEncoding.AppendEncode(dst, token)
	return append(dst, '\r', '\n')
}

// Token decodes the text of a challenge (334 in SMTP, "+" in IMAP and POP3). An empty text is an empty token.
// [MS-SMTPNTLM] §2.2.1.2 puts a sentence there on the first 334, so a caller decodes only the answer to its type 1.
func Token(text string) ([]byte, error) {
	token, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("mail: challenge is not base64: %w", err)
	}
	return token, nil
}

// maxMechanisms bounds a list of mechanism names.
const maxMechanisms = 64

// addMechanisms adds the valid SASL mechanism names (RFC 4422 §3.1: 1 to 20 of A-Z, 0-9, "-" and "_") among words to
// list, in upper case, each once, in the order they were offered. Anything else is left out: it names no mechanism.
func addMechanisms(list []string, words ...string) []string {
next:
	for _, w := range words {
		w = strings.ToUpper(w)
		if !validMechanism(w) || len(list) >= maxMechanisms {
			continue
		}
		for _, have := range list {
			if have == w {
				continue next
			}
		}
		list = append(list, w)
	}
	return list
}

func validMechanism(name string) bool {
	if len(name) == 0 || len(name) > 20 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
