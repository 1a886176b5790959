package ldap

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	wire "signet/internal/wire/ldap"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/spnego"
)

// decoyKind reads which decoy an AUTHENTICATE is.
func decoyKind(token []byte) string {
	at := bytes.Index(token, []byte("NTLMSSP\x00"))
	if at < 0 {
		return ""
	}
	a, err := ntlmssp.ParseAuthenticateNames(token[at:])
	if err != nil {
		return err.Error()
	}
	switch {
	case a.User == "":
		return askAnonymous
	case a.Bindings == ntlmssp.BindingPresent:
		return askDecoyWrong
	}
	return askDecoyNone
}

func answers(kv ...any) map[string]*wire.Result {
	m := map[string]*wire.Result{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i].(string)] = kv[i+1].(*wire.Result)
	}
	return m
}

func notes(log []seenAttempt) (out []string) {
	for _, a := range log {
		out = append(out, a.note)
	}
	return out
}

// Whatever speaks, or does not, on an LDAP port ends in the outcome that names it, and in no verdict.
func TestOddPeers(t *testing.T) {
	noise := func(b string) server {
		return server{reply: func(wire.Message) []byte { return []byte(b) }, end: check.Closed}
	}
	strict := dc{capabilities: ad(), startTLS: 2, last: answers(askAnonymous, result(8, ""))}
	for _, c := range []struct {
		name     string
		port     uint16
		servers  []server
		outcome  signet.Outcome
		attempts int
		err      string
		facts    bool
	}{
		{"dark", 389, []server{{connect: check.NoAnswer}}, signet.Silent, 1, "no connection", false},
		{"closed port", 389, []server{{connect: check.Rejected}}, signet.Refused, 1, "refused", false},
		{"mute", 389, []server{{}}, signet.Silent, 1, "no answer in time", false},
		{"hangs up at once", 389, []server{{end: check.Closed}}, signet.Broken, 2, "closed", false},
		{"resets at once", 389, []server{{end: check.Reset}}, signet.Broken, 2, "reset", false},
		{"an SSH banner", 389, []server{{hello: []byte("SSH-2.0-x\r\n")}}, signet.Foreign, 1, "SSH", false},
		{"HTTP", 389, []server{noise("HTTP/1.1 400 Bad Request\r\n\r\n")}, signet.Foreign, 1, "HTTP", false},
		{"SMB", 389, []server{noise("\x00\x00\x00\x10\xfeSMB")}, signet.Foreign, 1, "0x00", false},
		{"a message over the bound", 389, []server{noise("0\x84\x7f\xff\xff\xff")}, signet.Broken, 1, "at most", false},
		{"half a message, then silence", 389, []server{{hello: []byte("0\x20")}}, signet.Broken, 1, "no answer in time", false},
		{"half a message, then the end", 389, []server{noise("0\x20\x02\x01\x01")}, signet.Broken, 2, "closed", false},
		{"an indefinite length", 389, []server{noise("0\x80\x02\x01\x01\x00\x00")}, signet.Broken, 1, "indefinite", false},
		{"answers to another message", 389, []server{{reply: func(m wire.Message) []byte { m.ID += 5; return strict.reply(m) }}}, signet.Broken, 1, "message 6, want 1", true},
		{"a bind answer to a search", 389, []server{{reply: func(m wire.Message) []byte {
			return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{})
		}}}, signet.Broken, 1, "operation 0x61", true},
		{"a notice of disconnection", 389, []server{{reply: func(wire.Message) []byte {
			return wire.AppendExtendedResponse(nil, 0, wire.ExtendedResponse{Result: wire.Result{Code: 52}, Name: wire.Disconnection})
		}}}, signet.Broken, 4, "52 unavailable", true},
		{"AD's notice of disconnection, its name outside", 389, []server{{reply: func(wire.Message) []byte {
			return []byte("0\x84\x00\x00\x00\x28\x02\x01\x00\x78\x84\x00\x00\x00\x07\x0a\x01\x34\x04\x00\x04\x00\x8a\x16" + wire.Disconnection)
		}}}, signet.Broken, 4, "52 unavailable", true},
		{"references without end", 389, []server{{reply: func(m wire.Message) []byte {
			one := wire.AppendMessage(nil, wire.Message{ID: m.ID, Op: wire.OpSearchResultReference})
			return bytes.Repeat(one, 40)
		}}}, signet.Broken, 1, "answer nothing", true},
		{"notices without end", 389, []server{{reply: func(m wire.Message) []byte {
			return bytes.Repeat(wire.AppendExtendedResponse(nil, 0, wire.ExtendedResponse{Name: "1.2.3"}), 40)
		}}}, signet.Broken, 1, "answer nothing", true},
		{"the rootDSE, then a reset", 389, []server{{reply: dc{capabilities: ad(), startTLS: 2}.reply, end: check.Reset}}, signet.Broken, 3, "reset", true},
		{"no certificate on 636", 636, []server{{tls: check.ErrTLSClosed}}, signet.Broken, 1, "closed the connection during it", true},
		{"no common version on 636", 636, []server{{tls: errHandshake}}, signet.Broken, 1, "protocol version", true},
		{"an alert on 389 leads to TLS", 389, []server{noise("\x15\x03\x01\x00\x02\x02\x28"), {reply: strict.reply}}, signet.Answered, 2, "", true},
		{"a hang-up on 10389 leads to TLS", 10389, []server{{end: check.Closed}, {reply: strict.reply}}, signet.Answered, 2, "", true},
		{"a hang-up on 10389, twice", 10389, []server{{end: check.Closed}, {tls: check.ErrTLSClosed}}, signet.Broken, 2, "during it", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, log := hold(t, c.port, depth(signet.Anonymous), c.servers...)
			if r.Outcome != c.outcome || len(log) != c.attempts || (r.Facts != nil) != c.facts {
				t.Errorf("%v after %q, facts %v; want %v after %d", r.Outcome, notes(log), r.Facts != nil, c.outcome, c.attempts)
			}
			if (r.Err == nil) != (c.err == "") || r.Err != nil && !strings.Contains(r.Err.Phase+": "+r.Err.Text, c.err) {
				t.Errorf("error %+v, want %q", r.Err, c.err)
			}
			if r.Facts != nil && c.outcome != signet.Answered {
				if j := judge(r.Facts.(*Facts)); j.Verdict != signet.Undetermined {
					t.Errorf("verdict %v", j.Verdict)
				}
			}
		})
	}
}

func TestCertificate(t *testing.T) {
	for _, c := range []struct {
		name string
		port uint16
		s    server
		want string
		tls  string
	}{
		{"closed on 636", 636, server{tls: check.ErrTLSClosed}, certMissing, overLDAPS},
		{"alert on 636", 636, server{tls: errHandshake}, certFailed, overLDAPS},
		{"fine on 3269", 3269, server{reply: dc{capabilities: ad(), last: answers(askAnonymous, result(8, ""))}.reply}, certOK, overLDAPS},
		{"52 to StartTLS", 389, server{reply: dc{capabilities: ad(), startTLS: 52, last: answers(askAnonymous, result(8, ""))}.reply}, certMissing, overPlain},
		{"2 to StartTLS", 389, server{reply: dc{capabilities: ad(), startTLS: 2, last: answers(askAnonymous, result(8, ""))}.reply}, certUnknown, overPlain},
		{"closed behind StartTLS", 389, server{tls: check.ErrTLSClosed, reply: dc{capabilities: ad(), last: answers(askAnonymous, result(8, ""))}.reply}, certMissing, overPlain},
	} {
		r, _ := hold(t, c.port, depth(signet.Decoy), c.s)
		f := r.Facts.(*Facts)
		if f.Certificate != c.want || f.TLS != c.tls {
			t.Errorf("%s: certificate %s over %s, want %s over %s", c.name, f.Certificate, f.TLS, c.want, c.tls)
		}
	}
}

// Faults that pass are asked once more; logons that fail never are.
func TestAskedAgain(t *testing.T) {
	busy := dc{capabilities: ad(), startTLS: 2, last: answers(askAnonymous, result(51, ""))}
	calm := dc{capabilities: ad(), startTLS: 2, last: answers(askAnonymous, result(8, ""))}
	r, log := hold(t, 389, depth(signet.Anonymous), server{reply: busy.reply}, server{reply: calm.reply})
	if f := r.Facts.(*Facts); f.Signing != signet.Required || len(f.Binds) != 2 || len(log) != 3 {
		t.Errorf("%v after %q, binds %+v", f.Signing, notes(log), f.Binds)
	}
	r, log = hold(t, 389, depth(signet.Anonymous), server{reply: busy.reply})
	if f := r.Facts.(*Facts); f.Signing != signet.Unknown || len(log) != 3 || r.Outcome != signet.Answered {
		t.Errorf("%v %v after %q", r.Outcome, f.Signing, notes(log))
	}
	failing := dc{capabilities: ad(), last: answers(askAnonymous, result(0, ""), askDecoyWrong, result(51, ""))}
	r, log = hold(t, 636, depth(signet.Decoy), server{reply: failing.reply})
	if f := r.Facts.(*Facts); f.ChannelBinding != signet.Unknown || len(log) != 2 {
		t.Errorf("%v after %q", f.ChannelBinding, notes(log))
	}
}

// The decoys themselves: the run's one name, a MIC, no SIGN, and a binding that is neither right nor zero, or none.
func TestDecoyTokens(t *testing.T) {
	var got []ntlmssp.AuthenticateNames
	d := dc{capabilities: ad(), last: answers(askAnonymous, result(0, ""), askDecoyWrong, result(49, textBinding), askDecoyNone, result(49, textLogon))}
	_, _ = hold(t, 636, depth(signet.Decoy), server{reply: func(m wire.Message) []byte {
		if b, err := wire.ParseBindRequest(m); err == nil && ntlmssp.Type(b.Credentials) == ntlmssp.TypeAuthenticate && len(b.Credentials) > 110 {
			a, err := ntlmssp.ParseAuthenticateNames(b.Credentials)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, a)
		}
		return d.reply(m)
	}})
	want := []ntlmssp.BindingKind{ntlmssp.BindingPresent, ntlmssp.BindingAbsent}
	if len(got) != len(want) {
		t.Fatalf("%d decoys", len(got))
	}
	for i, a := range got {
		if a.User != "signet-0123456789abc" || a.Sign() || !a.MIC || a.Response != ntlmssp.ResponseNTLMv2 || a.Bindings != want[i] {
			t.Errorf("decoy %d: %+v", i+1, a)
		}
	}
}

// What was asked and not decided was not left out.
func TestAskedAndOpen(t *testing.T) {
	d := dc{capabilities: ad(), last: answers(askAnonymous, result(0, ""), askDecoyWrong, result(49, textNTLMOff))}
	r, _ := hold(t, 636, depth(signet.Decoy), server{reply: d.reply})
	if r.Unasked != nil || r.Outcome != signet.Answered || judge(r.Facts.(*Facts)).Verdict != signet.Undetermined {
		t.Errorf("%v, unasked %q", r.Outcome, r.Unasked)
	}
}

// The simple bind is a second opinion on signing: only at depth decoy, only where NTLM was refused without a word on
// signing, and only where no binding probe takes its place.
func TestSecondOpinion(t *testing.T) {
	refused := answers(askAnonymous, result(49, textNTLMOff), askSimple, result(8, "BindSimple: Transport encryption required."), askDecoyWrong, result(49, textLogon))
	for _, c := range []struct {
		name    string
		depth   signet.Depth
		d       dc
		simple  int
		decoys  int
		signing signet.Level
	}{
		{"no StartTLS", signet.Decoy, dc{capabilities: ad(), startTLS: 2, last: refused}, 1, 1, signet.Required},
		{"anonymous met 52e", signet.Decoy, dc{capabilities: ad(), startTLS: 2, last: answers(askAnonymous, result(49, textLogon), askSimple, result(8, ""))}, 1, 1, signet.Required},
		{"NTLM is off from the start", signet.Decoy, dc{capabilities: ad(), first: result(49, textNTLMOff), last: answers(askSimple, result(8, ""))}, 1, 1, signet.Required},
		{"not at anonymous", signet.Anonymous, dc{capabilities: ad(), startTLS: 2, last: refused}, 0, 0, signet.Unknown},
		{"a binding probe is due", signet.Decoy, dc{capabilities: ad(), last: refused}, 0, 1, signet.Unknown},
		{"signing is known", signet.Decoy, dc{capabilities: ad(), startTLS: 2, last: answers(askAnonymous, result(8, ""))}, 0, 0, signet.Required},
		{"NTLM is not offered", signet.Decoy, dc{capabilities: ad(), startTLS: 2, first: result(7, "")}, 0, 0, signet.Unknown},
		{"not AD", signet.Decoy, dc{startTLS: 2, last: refused}, 0, 0, signet.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, log := hold(t, 389, depth(c.depth), server{reply: c.d.reply})
			simple, decoys := 0, 0
			for _, a := range log {
				decoys += a.logons
				for _, m := range a.sent {
					if b, err := wire.ParseBindRequest(m); err == nil && b.Auth == wire.AuthSimple {
						simple++
						if b.Name != "CN=signet-0123456789abc,DC=fake,DC=test" || len(b.Credentials) != 32 {
							t.Errorf("simple bind as %q with %d characters", b.Name, len(b.Credentials))
						}
					}
				}
			}
			if f := r.Facts.(*Facts); simple != c.simple || decoys != c.decoys || f.Signing != c.signing {
				t.Errorf("%d simple binds, %d logons, signing %v after %q", simple, decoys, f.Signing, notes(log))
			}
		})
	}
}

// A budget that is used up leaves the question open, and no second decoy is tried.
func TestDecoyDenied(t *testing.T) {
	d := dc{capabilities: ad(), last: answers(askAnonymous, result(0, ""))}
	r, log := hold(t, 636, depth(signet.Decoy), server{reply: d.reply}, server{connect: check.Denied})
	f := r.Facts.(*Facts)
	if len(log) != 2 || f.ChannelBinding != signet.Unknown || judge(f).Verdict != signet.Undetermined || !slices.Equal(r.Unasked, []string{"channel-binding"}) {
		t.Errorf("%v %v, unasked %q, after %q", r.Outcome, f.ChannelBinding, r.Unasked, notes(log))
	}
	if because := judge(f).Because; r.Outcome != signet.Withheld || because[0] != "the test of channel binding over TLS got no answer: not allowed by the scope or a budget" {
		t.Errorf("%v because %q", r.Outcome, because)
	}
}

// A challenge inside SPNEGO is answered inside SPNEGO.
func TestWrappedChallenge(t *testing.T) {
	var wrapped bool
	d := dc{capabilities: ad(), startTLS: 2, type2: spnego.AppendResp(nil, challenge())}
	r, _ := hold(t, 389, depth(signet.Anonymous), server{reply: func(m wire.Message) []byte {
		b, err := wire.ParseBindRequest(m)
		if err != nil || ntlmssp.Type(b.Credentials) == ntlmssp.TypeNegotiate {
			return d.reply(m)
		}
		resp, err := spnego.ParseResp(b.Credentials)
		wrapped = err == nil && ntlmssp.Type(resp.ResponseToken) == ntlmssp.TypeAuthenticate
		return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{Result: wire.Result{Code: 8}})
	}})
	if f := r.Facts.(*Facts); !wrapped || f.Signing != signet.Required || f.NTLM == nil {
		t.Errorf("wrapped %v, signing %v", wrapped, f.Signing)
	}
}

// A challenge that is cut short proves nothing and is answered by nobody's logon.
func TestUnreadableChallenge(t *testing.T) {
	d := dc{capabilities: ad(), type2: []byte(ntlmType2 + "\xff\xff"), last: answers(askAnonymous, result(0, ""))}
	r, log := hold(t, 636, depth(signet.Decoy), server{reply: d.reply})
	f := r.Facts.(*Facts)
	b := f.bind(overLDAPS, askAnonymous)
	if f.NTLM != nil || len(log) != 1 || b.Challenge || b.Negotiation != cutChallenge || judge(f).Verdict != signet.Undetermined {
		t.Errorf("%+v, %+v after %q, %v", f.NTLM, b, notes(log), judge(f).Because)
	}
}

// GSS-SPNEGO that is not known is no proof that NTLM is absent: it is asked for under its own name.
func TestMechanismNTLM(t *testing.T) {
	type asked struct {
		mechanism string
		kind      ntlmssp.MessageType
	}
	for _, c := range []struct {
		name      string
		ntlm      bool
		verdict   signet.Verdict
		challenge bool
	}{
		{"offered", true, signet.Undetermined, true},
		{"absent", false, signet.Guarded, false},
	} {
		var got []asked
		d := dc{startTLS: 2, last: answers(askAnonymous, result(80, ""))}
		r, _ := hold(t, 389, depth(signet.Decoy), server{reply: func(m wire.Message) []byte {
			b, err := wire.ParseBindRequest(m)
			if err != nil {
				return d.reply(m)
			}
			got = append(got, asked{b.Mechanism, ntlmssp.Type(b.Credentials)})
			if b.Mechanism == wire.GSSSPNEGO || !c.ntlm {
				return wire.AppendBindResponse(nil, m.ID, wire.BindResponse{Result: wire.Result{Code: 7}})
			}
			return d.reply(m)
		}})
		want := []asked{{wire.GSSSPNEGO, ntlmssp.TypeNegotiate}, {"NTLM", ntlmssp.TypeNegotiate}}
		if c.ntlm {
			want = append(want, asked{"NTLM", ntlmssp.TypeAuthenticate})
		}
		f := r.Facts.(*Facts)
		if b := f.bind(overPlain, askAnonymous); !slices.Equal(got, want) || judge(f).Verdict != c.verdict || b.Challenge != c.challenge || b.Mechanism != "NTLM" {
			t.Errorf("%s: asked %v, %v, %+v", c.name, got, judge(f).Verdict, b)
		}
	}
}

// What a rootDSE may cost is bounded, and text is cut at the end of a rune.
func TestRootIsBounded(t *testing.T) {
	many := make([][]byte, 500)
	for i := range many {
		many[i] = bytes.Repeat([]byte("é"), 400)
	}
	f := newFacts()
	f.readRoot(wire.Entry{Attributes: []wire.Attribute{{Name: "namingContexts", Values: many}, {Name: "dnsHostName", Values: many[:1]}}})
	if len(f.Root.NamingContexts) != maxValues || len(f.Root.DNSHostName) != maxText || strings.Trim(f.Root.DNSHostName, "é") != "" {
		t.Errorf("%d values, host name of %d bytes", len(f.Root.NamingContexts), len(f.Root.DNSHostName))
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		capabilities []string
		want         string
	}{
		{[]string{capActiveDirectory, "1.2.840.113556.1.4.1791"}, roleDC},
		{[]string{capActiveDirectory, capRODC}, roleRODC},
		{[]string{capLDS, "1.2.840.113556.1.4.1791"}, roleLDS},
		{nil, roleDirectory},
	} {
		if got := role(c.capabilities); got != c.want {
			t.Errorf("%v: %s, want %s", c.capabilities, got, c.want)
		}
	}
	for dn, want := range map[string]string{"DC=Example,DC=com": "example.com", "dc=a, dc=b": "a.b", "O=x": "", "": "", "DC=a,OU=b": ""} {
		if got := domain(dn); got != want {
			t.Errorf("%q: %q, want %q", dn, got, want)
		}
	}
}

// An anonymous bind that is refused over TLS for want of signing or of a binding settles the matter: no logon that
// fails is sent, and nothing is said to be left out.
func TestSettledWithoutDecoy(t *testing.T) {
	for text, code := range map[string]wire.ResultCode{"": 8, textBinding: 49, textBindingMS: 49} {
		for _, d := range []signet.Depth{signet.Anonymous, signet.Decoy} {
			fake := dc{capabilities: ad(), last: answers(askAnonymous, result(code, text))}
			r, log := hold(t, 636, depth(d), server{reply: fake.reply})
			if len(log) != 1 || r.Unasked != nil || r.Outcome != signet.Answered || judge(r.Facts.(*Facts)).Verdict != signet.Guarded {
				t.Errorf("%d %q at %v: %v, unasked %q, after %q", code, text, d, r.Outcome, r.Unasked, notes(log))
			}
		}
	}
}

// A peer that stalls on the anonymous bind is not kept waiting on with decoys.
func TestStalledBind(t *testing.T) {
	r, log := hold(t, 636, depth(signet.Decoy), server{reply: dc{capabilities: ad()}.reply})
	j := judge(r.Facts.(*Facts))
	if len(log) != 1 || r.Outcome != signet.Broken || r.Err == nil || j.Verdict != signet.Undetermined || strings.Contains(j.Because[0], "--depth") {
		t.Errorf("%v, %+v, after %q, because %q", r.Outcome, r.Err, notes(log), j.Because)
	}
}

// The NUL that ends AD's texts is not kept.
func TestTextWithoutNUL(t *testing.T) {
	d := dc{capabilities: ad(), startTLS: 2, last: answers(askAnonymous, result(8, textIntegrity+"\x00\x00"))}
	r, _ := hold(t, 389, depth(signet.Anonymous), server{reply: d.reply})
	if b := r.Facts.(*Facts).bind(overPlain, askAnonymous); b.Text != strings.TrimRight(textIntegrity, "\x00") {
		t.Errorf("text %q", b.Text)
	}
}
