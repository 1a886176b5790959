package mail

import (
	"fmt"

	"signet/internal/check"
	wire "signet/internal/wire/mail"
)

// helo is the name by which Signet calls itself: one that belongs to nobody (RFC 2606 §2) and is found in a log.
const helo = "signet.invalid"

type smtp struct{}

func (smtp) name() string { return "smtp" }

func (smtp) read(in []byte, a ask) (answer, int, error) {
	r, rest, err := wire.ReadSMTPReply(in)
	if err != nil {
		return answer{}, 0, err
	}
	out := answer{text: r.Text()}
	switch {
	case r.Code == 421, a == askGreeting && r.Code != 220:
		out.status = gone
	case r.Code == 334:
		out.status = more
	case r.Code >= 200 && r.Code < 300:
		out.status = good
	}
	switch {
	case a == askList && out.status == good:
		x := r.Extensions()
		out.listed, out.list = true, capabilities{x.StartTLS, x.Mechanisms, x.Exchange}
	case a == askAgain && out.status == good:
		out.listed = true // HELO is understood where EHLO was not: a server without extensions
	case a == askAgain && (r.Code == 500 || r.Code == 502 || r.Code == 530):
		return answer{}, 0, check.Foreign("FTP, or another protocol that greets with 220")
	case a == askAgain, a == askList && r.Code < 500: // a refusal that may pass says nothing of what is offered
		return answer{}, 0, fmt.Errorf("the server takes no EHLO: %d %q", r.Code, clip(out.text))
	}
	return out, len(in) - len(rest), nil
}

func (smtp) say(dst []byte, a ask, arg string) []byte {
	switch a {
	case askList:
		return wire.AppendEHLO(dst, helo)
	case askAgain:
		return append(dst, "HELO "+helo+"\r\n"...)
	case askStartTLS:
		return append(dst, wire.SMTPStartTLS...)
	}
	return wire.AppendSMTPAuth(dst, arg)
}

func (smtp) bye(dst []byte) []byte { return append(dst, wire.SMTPQuit...) }
