package mail

import (
	"strings"
	"unicode/utf8"

	"signet/internal/check"
	"signet/internal/text"
	wire "signet/internal/wire/mail"
)

// clients reads who authenticates by NTLM, and who sends a password in the clear: of that the name alone is kept.
func clients(h *check.Overheard) []check.Client {
	const most = 16
	var out []check.Client
	plain := func(user string) bool {
		ok := user != "" && utf8.ValidString(user) && !strings.ContainsFunc(user, text.Unseen)
		if ok {
			out = append(out, check.Client{Logon: "plain", User: clip(user)})
		}
		return ok
	}
	// What the next lines of an exchange under way are.
	const (
		command  = iota
		plainAll // a whole PLAIN
		loginUser
		secret // never looked at
	)
	next, user := command, "" // user: of a POP3 USER, until its PASS
	for line := range strings.SplitSeq(string(h.FromClient), "\r\n") {
		if len(out) == most {
			break
		}
		if next == secret {
			next = command
			continue
		}
		words := strings.Fields(line)
		if len(words) == 1 && len(line) > 32 {
			if c, ok := check.AuthenticationOf(line); ok {
				out, next = append(out, c), command
				continue
			}
		}
		switch next {
		case plainAll:
			if next = command; plain(plainUser(line)) {
				continue
			}
		case loginUser:
			if name, err := wire.Token(line); err == nil {
				plain(string(name))
				next = secret
				continue
			}
			next = command
		} // what was not taken so is another command
		if len(words) == 0 {
			continue
		}
		switch verb := strings.ToUpper(words[0]); {
		case verb == "DATA" || verb == "BDAT" || len(words) > 1 && strings.EqualFold(words[1], "APPEND"):
			return out // what follows is somebody's mail
		case verb == "PASS":
			plain(user)
			user = ""
			continue
		case len(words) < 2:
			continue
		case strings.EqualFold(words[1], "LOGIN") && len(words) == 4 || strings.EqualFold(words[1], "AUTHENTICATE") && len(words) > 2:
			words = words[1:] // IMAP: a tag comes first
		}
		initial := ""
		if len(words) > 2 {
			initial = words[2]
		}
		switch verb, what := strings.ToUpper(words[0]), strings.ToUpper(words[1]); {
		case verb == "LOGIN" && len(words) == 3 && words[1][0] != '{': // IMAP; a literal is the next line's
			plain(strings.Trim(words[1], `"`))
		case verb == "USER" && len(words) == 2:
			user = words[1]
		case verb != "AUTH" && verb != "AUTHENTICATE":
		case what == "NTLM" && initial != "":
			if c, ok := check.AuthenticationOf(initial); ok {
				out = append(out, c)
			}
		case what == "PLAIN" && initial != "":
			plain(plainUser(initial))
		case what == "PLAIN":
			next = plainAll
		case what == "LOGIN" && initial != "":
			if name, err := wire.Token(initial); err == nil {
				plain(string(name))
			}
			next = secret
		case what == "LOGIN":
			next = loginUser
		}
	}
	return out
}

// plainUser is the name in a message of SASL PLAIN: whom to act for, the name and the password, with a NUL between (RFC 4616).
func plainUser(encoded string) string {
	b, err := wire.Token(encoded)
	if err != nil {
		return ""
	}
	parts := strings.Split(string(b), "\x00")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
