package mail

import wire "signet/internal/wire/mail"

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
	}
	return out, len(in) - len(rest), nil
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
			out.list = capabilities{startTLS: c.StartTLS, mechanisms: c.Mechanisms}
		} else {
			out.list = capabilities{mechanisms: wire.ReadAuthList(lines)}
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
