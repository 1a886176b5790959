package ldap

import (
	"fmt"
	"slices"
	"testing"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/ldap"
	"signet/internal/wire/ntlmssp"
)

// What each depth sends: no AUTHENTICATE at handshake, nobody's at anonymous, and at most two of a user that cannot
// exist at decoy, as promised to the host's budget.
func TestDepths(t *testing.T) {
	open := dc{capabilities: ad(), last: answers(askAnonymous, result(0, ""), askDecoyWrong, result(49, textBinding), askDecoyNone, result(49, textLogon))}
	for _, c := range []struct {
		depth   signet.Depth
		port    uint16
		tokens  []string
		outcome signet.Outcome
		unasked []string
	}{
		{signet.Handshake, 389, nil, signet.Withheld, []string{"signing", "channel-binding"}},
		{signet.Handshake, 636, nil, signet.Withheld, []string{"channel-binding"}},
		{signet.Anonymous, 389, []string{askAnonymous, askAnonymous}, signet.Answered, []string{"channel-binding"}},
		{signet.Anonymous, 636, []string{askAnonymous}, signet.Withheld, []string{"channel-binding"}},
		{signet.Decoy, 389, []string{askAnonymous, askAnonymous, askDecoyWrong, askDecoyNone}, signet.Answered, nil},
		{signet.Decoy, 636, []string{askAnonymous, askDecoyWrong, askDecoyNone}, signet.Answered, nil},
	} {
		t.Run(fmt.Sprint(c.depth, c.port), func(t *testing.T) {
			r, log := hold(t, c.port, depth(c.depth), server{reply: open.reply})
			var tokens []string
			logons, decoys := 0, 0
			for _, a := range log {
				logons += a.logons
				for _, m := range a.sent {
					if b, err := wire.ParseBindRequest(m); err == nil && ntlmssp.Type(b.Credentials) == ntlmssp.TypeAuthenticate {
						kind := decoyKind(b.Credentials)
						if tokens = append(tokens, kind); kind != askAnonymous {
							decoys++
						}
					}
				}
				if last := a.sent[len(a.sent)-1]; last.Op != wire.OpUnbindRequest {
					t.Errorf("%s ends with 0x%02x, want an unbind", a.note, byte(last.Op))
				}
			}
			if !slices.Equal(tokens, c.tokens) || logons != decoys {
				t.Errorf("sent %q, %d logons promised; want %q", tokens, logons, c.tokens)
			}
			if r.Outcome != c.outcome || !slices.Equal(r.Unasked, c.unasked) {
				t.Errorf("%v, unasked %q; want %v, %q", r.Outcome, r.Unasked, c.outcome, c.unasked)
			}
		})
	}
}

// However a directory behaves, no more is sent than is declared: every fault at every step, at every depth.
func TestNeverMoreThanDeclared(t *testing.T) {
	faults := map[string]func(dc) server{
		"fine":   func(d dc) server { return server{reply: d.reply} },
		"busy":   func(d dc) server { d.last = answers(askAnonymous, result(51, "")); return server{reply: d.reply} },
		"leaves": func(d dc) server { return server{reply: leaving(d, wire.OpBindRequest)} },
		"no tls": func(d dc) server { d.startTLS = 51; return server{reply: d.reply} },
		"resets": func(d dc) server { return server{reply: silentTo(d, wire.OpBindRequest), end: check.Reset} },
		"closes": func(d dc) server { return server{end: check.Closed} },
		"refuses": func(d dc) server {
			d.last = answers(askAnonymous, result(49, textNTLMOff))
			return server{reply: d.reply}
		},
	}
	vendors := map[string]string{"Windows": "", "Samba": "Samba Team (https://www.samba.org)"}
	open := answers(askAnonymous, result(0, ""), askDecoyWrong, result(49, textBinding), askDecoyNone, result(49, textLogon), askSimple, result(49, textLogon))
	most := 0
	for vendor, name := range vendors {
		for first, a := range faults {
			for second, b := range faults {
				for third, c := range faults {
					for _, s := range Check().Sends {
						for _, port := range []uint16{389, 636, 10389} {
							d := dc{capabilities: ad(), last: open, vendor: name}
							r, log := hold(t, port, depth(s.Depth), a(d), b(d), c(d), c(d), server{reply: d.reply})
							anonymous, logons := 0, 0
							for _, at := range log {
								logons += at.logons
								for _, m := range at.sent {
									if q, err := wire.ParseBindRequest(m); err == nil && ntlmssp.Type(q.Credentials) == ntlmssp.TypeAuthenticate && decoyKind(q.Credentials) == askAnonymous {
										anonymous++
									}
								}
							}
							most = max(most, len(log))
							if len(log) > s.Connections || anonymous > s.Anonymous || logons > s.Logons {
								t.Errorf("%s on %d at %v, %s, %s, %s: %d connections, %d anonymous, %d logons of %+v after %q", vendor, port, s.Depth, first, second, third, len(log), anonymous, logons, s, notes(log))
							}
							if f, ok := r.Facts.(*Facts); ok && r.Outcome == signet.Answered && s.Depth == signet.Handshake && judge(f).Verdict == signet.Exposed {
								t.Errorf("%s on %d, %s, %s, %s: exposed without a logon", vendor, port, first, second, third)
							}
						}
					}
				}
			}
		}
	}
	if most < 7 {
		t.Errorf("at most %d connections were needed: the figures that are declared were not reached", most)
	}
}

// leaving is a directory that answers a request of that kind with a notice of disconnection.
func leaving(d dc, op wire.Op) func(wire.Message) []byte {
	return func(m wire.Message) []byte {
		if m.Op == op {
			return wire.AppendExtendedResponse(nil, 0, wire.ExtendedResponse{Result: wire.Result{Code: 51}, Name: wire.Disconnection})
		}
		return d.reply(m)
	}
}

// silentTo is a directory that says nothing to a request of that kind.
func silentTo(d dc, op wire.Op) func(wire.Message) []byte {
	return func(m wire.Message) []byte {
		if m.Op == op {
			return nil
		}
		return d.reply(m)
	}
}
