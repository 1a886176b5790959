package mail

import (
	"strings"

	wire "signet/internal/wire/mail"
)

type pop3 struct{}

func (pop3) name() string { return "pop3" }

func (pop3) read(in []byte, a ask) (answer, int, error) {
	if a == askList || a == askAgain {
		return pop3{}.readList(in, a)
	}
	r, rest, err := wire.ReadPOP3Reply(in)
	if err != nil {
		return answer{}, 0, err
	}
	out := answer{text: r.Text}
	switch {
	case r.Status == wire.POP3Continue:
		out.status = more
	case r.Status == wire.POP3OK && a == askAuth:
		out.status = more // [MS-POP3] §2.2.1: "+OK" is leave to go on
	case r.Status == wire.POP3OK:
		out.status = good
	case a == askGreeting:
		out.status = gone
	default:
		out.refusal = pop3Refusal(r.Text)
	}
	return out, len(in) - len(rest), nil
}

// pop3Refusal reads the response code of an -ERR: those of RFC 2449 §8 and RFC 3206 that speak of another time say nothing
// of a mechanism.
func pop3Refusal(text string) refusal {
	upper := strings.ToUpper(text)
	for _, code := range []string{"[SYS/TEMP", "[IN-USE", "[LOGIN-DELAY"} {
		if strings.HasPrefix(upper, code) {
			return refusedForNow
		}
	}
	return refusedMechanism
}

// readList reads the answer to CAPA, or to AUTH without a mechanism, which lists nothing but mechanisms.
func (pop3) readList(in []byte, a ask) (answer, int, error) {
	r, lines, rest, err := wire.ReadPOP3List(in)
	if err != nil {
		return answer{}, 0, err
	}
	out := answer{text: r.Text}
	if r.Status == wire.POP3OK {
		out.status, out.listed = good, true
		if a == askList {
			c := wire.ReadCAPA(lines)
			out.list = capabilities{startTLS: c.StartTLS, logon: c.User || len(c.Mechanisms) > 0, mechanisms: c.Mechanisms}
		} else {
			list := wire.ReadAuthList(lines)
			out.list = capabilities{logon: len(list) > 0, mechanisms: list}
		}
	}
	return out, len(in) - len(rest), nil
}

func (pop3) say(dst []byte, a ask, arg string) []byte {
	switch a {
	case askList:
		return append(dst, wire.POP3Capa...)
	case askAgain:
		return append(dst, wire.POP3AuthList...)
	case askStartTLS:
		return append(dst, wire.POP3StartTLS...)
	}
	return wire.AppendPOP3Auth(dst, arg)
}

func (pop3) bye(dst []byte) []byte { return append(dst, wire.POP3Quit...) }
