package mail

import (
	"slices"
	"strings"

	wire "signet/internal/wire/mail"
)

// tag names what is asked, for a reader of the transcript.
func tag(a ask) string { return "s" + string('0'+rune(a)) }

type imap struct{}

func (imap) name() string { return "imap" }

// read goes over untagged lines to the one that answers.
func (imap) read(in []byte, a ask) (answer, int, error) {
	var out answer
	for rest := in; ; {
		r, after, err := wire.ReadIMAPResponse(rest)
		if err != nil {
			return answer{}, 0, err
		}
		rest = after
		if c, ok := r.Capabilities(); ok {
			out.listed, out.list = true, capabilities{startTLS: c.StartTLS, logon: !c.LoginDisabled || len(c.Mechanisms) > 0, mechanisms: c.Mechanisms}
		}
		out.text = r.Text
		if _, after, coded := strings.Cut(r.Text, "] "); coded && r.Text[0] == '[' {
			out.text = after // without the response code
		}
		end := len(in) - len(rest)
		switch {
		case r.Kind == wire.IMAPContinuation:
			out.status = more
			return out, end, nil
		case r.Kind == wire.IMAPUntagged && r.Word == "BYE":
			out.status = gone
			return out, end, nil
		case r.Kind == wire.IMAPUntagged && a == askGreeting:
			if r.Word == "OK" || r.Word == "PREAUTH" {
				out.status = good
			}
			return out, end, nil
		case r.Kind == wire.IMAPTagged:
			// Any tag ends the wait: nothing is asked before the last answer has come.
			if r.Word == "OK" {
				out.status = good
			} else {
				out.refusal = imapRefusal(r.Text)
			}
			return out, end, nil
		}
	}
}

// imapRefusal reads the response code of a NO or BAD: those of RFC 5530 §3 that speak of another time, of TLS or of the
// server's own state say nothing of a mechanism.
func imapRefusal(text string) refusal {
	code, _, _ := strings.Cut(strings.TrimPrefix(text, "["), "]")
	switch code, _, _ = strings.Cut(strings.ToUpper(code), " "); {
	case !strings.HasPrefix(text, "["):
	case slices.Contains([]string{"UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "PRIVACYREQUIRED", "CONTACTADMIN", "SERVERBUG"}, code):
		return refusedForNow
	}
	return refusedMechanism
}

func (imap) say(dst []byte, a ask, arg string) []byte {
	switch a {
	case askList, askAgain:
		return wire.AppendIMAPCommand(dst, tag(a), "CAPABILITY")
	case askStartTLS:
		return wire.AppendIMAPCommand(dst, tag(a), "STARTTLS")
	}
	return wire.AppendIMAPCommand(dst, tag(a), "AUTHENTICATE "+arg)
}

func (imap) bye(dst []byte) []byte { return wire.AppendIMAPCommand(dst, "s9", "LOGOUT") }
