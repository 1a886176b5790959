package mail

import (
	"fmt"
	"net/netip"

	"signet/internal/check"
	wire "signet/internal/wire/mail"
)

// smtp calls itself by an address literal, as RFC 5321 §4.1.4 has a client do that has no name: a conversation knows no
// socket, so it is that of the client's own machine, which mail programs send too. A name that cannot be looked up is
// what servers refuse.
type smtp struct{ self string }

// The literals of a client that speaks IPv4, and IPv6 (RFC 5321 §4.1.3).
const (
	selfIPv4 = "[127.0.0.1]"
	selfIPv6 = "[IPv6:::1]"
)

// selfTowards is the literal to use towards an address.
func selfTowards(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		return selfIPv6
	}
	return selfIPv4
}

func (smtp) name() string { return "smtp" }

func (smtp) read(in []byte, a ask) (answer, int, error) {
	r, rest, err := wire.ReadSMTPReply(in)
	if err != nil {
		return answer{}, 0, err
	}
	out := answer{text: r.Text(), code: r.Code}
	switch {
	case r.Code == 421, a == askGreeting && r.Code != 220:
		out.status = gone
	case r.Code == 334:
		out.status = more
	case r.Code >= 200 && r.Code < 300:
		out.status = good
	default:
		out.refusal = smtpRefusal(r.Code)
	}
	switch {
	case a == askList && out.status == good:
		x := r.Extensions()
		out.listed, out.list = true, capabilities{startTLS: x.StartTLS, logon: len(x.Mechanisms) > 0, mechanisms: x.Mechanisms, exchange: x.Exchange}
	case a == askAgain && out.status == good: // HELO lists nothing
	case a == askAgain && (r.Code == 500 || r.Code == 502 || r.Code == 530):
		return answer{}, 0, check.Foreign("FTP, or another protocol that greets with 220")
	case a == askAgain, a == askList && r.Code < 500: // a refusal that may pass says nothing of what is offered
		return answer{}, 0, fmt.Errorf("the server takes no EHLO: %d %q", r.Code, clip(out.text))
	}
	return out, len(in) - len(rest), nil
}

// smtpRefusal reads the code of a no: those of RFC 4954 §4 and §6 for a mechanism, those of RFC 5321 §4.2.3 for a command
// that is not known, not implemented or not in place. 530 and 538 want TLS first.
func smtpRefusal(code int) refusal {
	switch code {
	case 504, 534, 535:
		return refusedMechanism
	case 500, 502, 503:
		return refusedCommand
	}
	return refusedForNow
}

func (t smtp) say(dst []byte, a ask, arg string) []byte {
	switch a {
	case askList:
		return wire.AppendEHLO(dst, t.self)
	case askAgain:
		return append(dst, "HELO "+t.self+"\r\n"...)
	case askStartTLS:
		return append(dst, wire.SMTPStartTLS...)
	}
	return wire.AppendSMTPAuth(dst, arg)
}

func (smtp) bye(dst []byte) []byte { return append(dst, wire.SMTPQuit...) }
