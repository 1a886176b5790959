package rdp

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/rdp"
)

const (
	askAll   = "030000130ee00000000000010008000b000000"
	askTLS   = "030000130ee000000000000100080001000000"
	askNLA   = "030000130ee00000000000010008000a000000"
	askPlain = "030000130ee000000000000100080000000000"
)

// Answers as Windows words them (MS-RDPBCGR 2.2.1.2).
func selected(p rdp.Protocol) string {
	return hex.EncodeToString(rdp.AppendConfirm(nil, rdp.Confirm{Negotiated: true, Flags: 0x1f, Selected: p}))
}

func refused(f rdp.Failure) string {
	return hex.EncodeToString(rdp.AppendConfirm(nil, rdp.Confirm{Refused: true, Failure: f}))
}

const noNegotiation = "0300000b06d00000123400"

// exchange is one connection of a made-up server: an answer may be empty.
type exchange struct{ note, ask, answer, end string }

func flow(t testing.TB, all ...exchange) *checktest.Flow {
	t.Helper()
	f := &checktest.Flow{Port: 3389}
	for _, x := range all {
		a := checktest.Attempt{Port: 3389, Note: x.note, End: map[string]check.Cause{
			"done": check.Done, "closed": check.Closed, "reset": check.Reset, "stalled": check.Stalled, "malformed": check.Malformed,
			"refused": check.Rejected, "silent": check.NoAnswer, "tls-failed": check.TLSFailed,
		}[x.end]}
		if x.ask != "" {
			a.Turns = append(a.Turns, checktest.Turn{Client: true, Bytes: checktest.Hex(t, x.ask)})
		}
		if x.answer != "" {
			a.Turns = append(a.Turns, checktest.Turn{Bytes: checktest.Hex(t, x.answer)})
		}
		f.Attempts = append(f.Attempts, a)
	}
	return f
}

// Servers that could not be had, and servers that misbehave. NLA is spoken with a handshake that fails wherever the
// names are not the point.
func TestServers(t *testing.T) {
	all := func(answer string) exchange {
		end := "done"
		if answer == selected(rdp.NLA) || answer == selected(rdp.NLAEx) {
			end = "tls-failed"
		}
		return exchange{noteAll, askAll, answer, end}
	}
	for _, c := range []struct {
		name      string
		said      []exchange
		outcome   signet.Outcome
		nla       signet.Level
		protocols string
	}{
		{"Windows, NLA required", []exchange{all(selected(rdp.NLAEx)), {noteTLS, askTLS, refused(rdp.HybridRequired), "done"}},
			signet.Answered, signet.Required, "nla"},
		{"Windows, NLA optional, TLS only", []exchange{all(selected(rdp.NLAEx)), {noteTLS, askTLS, selected(rdp.TLS), "done"}, {notePlain, askPlain, refused(rdp.SSLRequired), "done"}},
			signet.Answered, signet.Optional, "tls nla"},
		{"Windows, security layer negotiate", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, selected(rdp.TLS), "done"}, {notePlain, askPlain, selected(rdp.PlainRDP), "done"}},
			signet.Answered, signet.Optional, "rdp tls nla"},
		{"NLA or plain RDP", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, refused(rdp.SSLNotAllowed), "done"}, {notePlain, askPlain, selected(rdp.PlainRDP), "done"}},
			signet.Answered, signet.Optional, "rdp nla"},
		{"NLA, TLS alone answered with plain RDP", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, selected(rdp.PlainRDP), "done"}},
			signet.Answered, signet.Optional, "rdp nla"},
		{"NLA, both others refused with odd codes", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, refused(rdp.SSLNotAllowed), "done"}, {notePlain, askPlain, refused(rdp.SSLRequired), "done"}},
			signet.Answered, signet.Required, "nla"},
		{"TLS preferred to NLA", []exchange{all(selected(rdp.TLS)), {noteNLA, askNLA, selected(rdp.NLA), "tls-failed"}, {notePlain, askPlain, refused(rdp.SSLRequired), "done"}},
			signet.Answered, signet.Optional, "tls nla"},
		{"Windows XP", []exchange{all(noNegotiation)}, signet.Answered, signet.Off, "rdp"},
		{"no certificate: TLS and NLA refused", []exchange{all(refused(rdp.SSLCertNotOnServer)), {notePlain, askPlain, selected(rdp.PlainRDP), "done"}},
			signet.Answered, signet.Off, "rdp"},
		{"refuses all and plain", []exchange{all(refused(rdp.SSLNotAllowed)), {notePlain, askPlain, refused(rdp.SSLRequired), "done"}},
			signet.Answered, signet.Unknown, ""},
		{"refuses all with a contradiction", []exchange{all(refused(rdp.HybridRequired))}, signet.Answered, signet.Unknown, ""},
		// An answer that did not come is not a refusal.
		{"NLA, then silence", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, "", "stalled"}}, signet.Answered, signet.Unknown, "nla"},
		{"NLA, then closed", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, "", "closed"}}, signet.Answered, signet.Unknown, "nla"},
		{"NLA, TLS refused oddly, then reset", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, refused(rdp.SSLNotAllowed), "done"}, {notePlain, askPlain, "", "reset"}},
			signet.Answered, signet.Unknown, "nla"},
		{"NLA, then NLA again where TLS alone was asked", []exchange{all(selected(rdp.NLA)), {noteTLS, askTLS, selected(rdp.NLA), "malformed"}}, signet.Answered, signet.Unknown, "nla"},
		{"TLS, then port closed", []exchange{all(selected(rdp.TLS)), {noteNLA, "", "", "refused"}}, signet.Answered, signet.Unknown, "tls"},
		{"TLS, then silence to plain", []exchange{all(selected(rdp.TLS)), {noteNLA, askNLA, refused(rdp.SSLRequired), "done"}, {notePlain, askPlain, "", "stalled"}},
			signet.Answered, signet.Off, "tls"},

		{"closed port", []exchange{{noteAll, "", "", "refused"}}, signet.Refused, 0, ""},
		{"dark", []exchange{{noteAll, "", "", "silent"}}, signet.Silent, 0, ""},
		{"mute", []exchange{{noteAll, askAll, "", "stalled"}}, signet.Silent, 0, ""},
		{"hangs up", []exchange{{noteAll, askAll, "", "closed"}}, signet.Broken, 0, ""},
		{"resets", []exchange{{noteAll, askAll, "", "reset"}}, signet.Broken, 0, ""},
		{"half an answer", []exchange{{noteAll, askAll, askAll[:20], "closed"}}, signet.Broken, 0, ""},
		{"drips", []exchange{{noteAll, askAll, "030000", "stalled"}}, signet.Broken, 0, ""},
		{"echo", []exchange{{noteAll, askAll, askAll, "malformed"}}, signet.Broken, 0, ""},
		{"noise", []exchange{{noteAll, askAll, "deadbeefdeadbeef", "malformed"}}, signet.Broken, 0, ""},
		{"selects what was not asked for", []exchange{{noteAll, askAll, selected(rdp.RDSTLS), "malformed"}}, signet.Broken, 0, ""},
		{"selects two at once", []exchange{{noteAll, askAll, selected(rdp.TLS | rdp.NLA), "malformed"}}, signet.Broken, 0, ""},
		{"negotiation of length 3", []exchange{{noteAll, askAll, "030000130ed000001234000203000001000002", "malformed"}}, signet.Broken, 0, ""},
		{"TPKT of 64 KiB", []exchange{{noteAll, askAll, "0300ffff", "malformed"}}, signet.Broken, 0, ""},
		{"TLS alert", []exchange{{noteAll, askAll, "15030300020228", "malformed"}}, signet.Foreign, 0, ""},
		{"HTTP", []exchange{{noteAll, askAll, hex.EncodeToString([]byte("HTTP/1.1 400 Bad Request\r\n")), "malformed"}}, signet.Foreign, 0, ""},
		{"SSH", []exchange{{noteAll, askAll, hex.EncodeToString([]byte("SSH-2.0-OpenSSH_9.2\r\n")), "malformed"}}, signet.Foreign, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := checktest.ReplayFlow(t, Check(), flow(t, c.said...), checktest.Options())
			if r.Outcome != c.outcome {
				t.Fatalf("outcome %v, want %v (%v)", r.Outcome, c.outcome, r.Err)
			}
			last := c.said[len(c.said)-1].end
			if last != "done" && last != "tls-failed" && (r.Err == nil || r.Err.Phase == "" || r.Err.Text == "") {
				t.Errorf("err %+v", r.Err)
			}
			if c.outcome != signet.Answered {
				if r.Facts != nil {
					t.Errorf("facts %s of a server that did not answer", r.Facts.AppendJSON(nil))
				}
				return
			}
			f := r.Facts.(*Facts)
			if f.NLA != c.nla || strings.Join(f.Protocols, " ") != c.protocols {
				t.Errorf("nla %v over %v, want %v over %s", f.NLA, f.Protocols, c.nla, c.protocols)
			}
		})
	}
}

// Every failure code as the answer that decides. Only one that speaks of NLA, or of the layer that was asked for, says
// something of NLA; any other leaves the level unknown.
func TestFailureCodes(t *testing.T) {
	type levels struct{ tlsAlone, plainAfterOdd, nlaAfterTLS, nlaAfterPlain signet.Level }
	const required, off = signet.Required, signet.Off
	for code, want := range map[rdp.Failure]levels{
		rdp.SSLRequired:         {0, 0, off, off},
		rdp.SSLNotAllowed:       {required, 0, off, off},
		rdp.SSLCertNotOnServer:  {0, 0, off, off},
		rdp.InconsistentFlags:   {0, 0, 0, 0},
		rdp.HybridRequired:      {required, required, 0, 0},
		rdp.SSLWithUserRequired: {0, 0, 0, 0},
		0:                       {0, 0, 0, 0},
		7:                       {0, 0, 0, 0},
	} {
		no := refused(code)
		level := func(said ...exchange) signet.Level {
			t.Helper()
			return checktest.ReplayFlow(t, Check(), flow(t, said...), checktest.Options()).Facts.(*Facts).NLA
		}
		nla := exchange{noteAll, askAll, selected(rdp.NLA), "tls-failed"}
		first := []exchange{nla, {noteTLS, askTLS, no, "done"}}
		if code != rdp.HybridRequired { // which covers plain RDP too
			first = append(first, exchange{notePlain, askPlain, refused(rdp.SSLRequired), "done"})
		}
		plain := []exchange{{noteAll, askAll, selected(rdp.PlainRDP), "done"}, {noteNLA, askNLA, no, "done"}}
		got := levels{
			level(first...),
			level(nla, exchange{noteTLS, askTLS, refused(rdp.InconsistentFlags), "done"}, exchange{notePlain, askPlain, no, "done"}),
			level(exchange{noteAll, askAll, selected(rdp.TLS), "done"}, exchange{noteNLA, askNLA, no, "done"}, exchange{notePlain, askPlain, refused(rdp.SSLRequired), "done"}),
			level(plain...),
		}
		if got != want {
			t.Errorf("%v: %+v, want %+v", code, got, want)
		}
	}
}

// What NLA servers say to the negotiate, over a connection that is secured.
func TestCredSSP(t *testing.T) {
	const challenge = "4e544c4d53535000020000000000000038000000058289a20123456789abcdef00000000000000000400040038000000" + "0a00614a0000000f" + "00000000"
	for _, c := range []struct {
		name, answer string
		bad, ntlm    bool
		failure      uint32
	}{
		{name: "challenge, bare", answer: hex.EncodeToString(rdp.AppendTSRequest(nil, rdp.TSRequest{Version: 6, Tokens: [][]byte{checktest.Hex(t, challenge)}})), ntlm: true},
		{name: "challenge in SPNEGO", answer: hex.EncodeToString(rdp.AppendTSRequest(nil, rdp.TSRequest{Version: 6, Tokens: [][]byte{append(checktest.Hex(t, "a1363034a2320430"), checktest.Hex(t, challenge)...)}})), ntlm: true},
		{name: "challenge cut off", answer: hex.EncodeToString(rdp.AppendTSRequest(nil, rdp.TSRequest{Version: 6, Tokens: [][]byte{checktest.Hex(t, challenge[:40])}}))},
		{name: "status", answer: hex.EncodeToString(rdp.AppendTSRequest(nil, rdp.TSRequest{Version: 6, HasError: true, ErrorCode: 0xc00000bb})), failure: 0xc00000bb},
		{name: "no token, no status", answer: "3005a003020106"},
		{name: "Kerberos", answer: hex.EncodeToString(rdp.AppendTSRequest(nil, rdp.TSRequest{Version: 6, Tokens: [][]byte{{0x60, 0}}}))},
		{name: "not a TSRequest", answer: "0300000902f0802180", bad: true},
		{name: "longer than allowed", answer: "308400020000", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &conversation{ask: rdp.TLS | rdp.NLA | rdp.NLAEx, names: true, sni: "host.example"}
			step(t, k, nil)
			if s := step(t, k, checktest.Hex(t, selected(rdp.NLA))); s.StartTLS == nil || s.Done || s.StartTLS.ServerName != "host.example" {
				t.Fatalf("%+v", s)
			}
			k.Secured(check.TLSState{Facts: signet.TLS{Version: "1.2"}})
			s := step(t, k, nil)
			r, rest, err := rdp.ParseTSRequest(s.Send)
			if err != nil || len(rest) != 0 || len(r.Tokens) != 1 || ntlmssp.Type(r.Tokens[0]) != ntlmssp.TypeNegotiate {
				t.Fatalf("sent %x", s.Send)
			}
			answer := checktest.Hex(t, c.answer)
			if s, err := k.Next(answer[:1], false); !c.bad && (err != nil || s.Done || s.Need < 2) {
				t.Fatalf("one byte: %+v, %v", s, err)
			}
			s, err = k.Next(answer, false)
			if (err != nil) != c.bad || s.Done == c.bad {
				t.Fatalf("%+v, %v", s, err)
			}
			if (k.ntlm != nil) != c.ntlm || (k.failure != nil) != (c.failure != 0) || k.failure != nil && *k.failure != c.failure {
				t.Errorf("ntlm %+v, failure %v", k.ntlm, k.failure)
			}
		})
	}
}

func step(t *testing.T, k *conversation, in []byte) check.Step {
	t.Helper()
	s, err := k.Next(in, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The names may fail where the layers were told; what failed is said, and the level stands.
func TestNamesFailAlone(t *testing.T) {
	iv := Check().Begin(check.Subject{Options: checktest.Options()})
	a, _ := iv.Next(check.End{})
	step(t, a.Talk.(*conversation), nil)
	step(t, a.Talk.(*conversation), checktest.Hex(t, selected(rdp.NLAEx)))

	// Cut short here, the interview already knows what was selected.
	if r := iv.Result(); r.Outcome != signet.Answered || r.Facts == nil || r.Facts.(*Facts).NLA != signet.Unknown {
		t.Fatalf("%+v", r)
	}
	iv = Check().Begin(check.Subject{Options: checktest.Options()})
	a, _ = iv.Next(check.End{})
	step(t, a.Talk.(*conversation), nil)
	step(t, a.Talk.(*conversation), checktest.Hex(t, selected(rdp.NLAEx)))
	a, ok := iv.Next(check.End{Cause: check.TLSFailed, Connected: true, Err: errors.New("no common version")})
	if !ok || a.Note != noteTLS {
		t.Fatalf("next is %q, %v", a.Note, ok)
	}
	step(t, a.Talk.(*conversation), nil)
	step(t, a.Talk.(*conversation), checktest.Hex(t, refused(rdp.HybridRequired)))
	if _, ok := iv.Next(check.End{Cause: check.Done}); ok {
		t.Fatal("goes on after the last question")
	}
	r := iv.Result()
	if f := r.Facts.(*Facts); f.NLA != signet.Required || f.NTLM != nil || r.Err == nil || r.Err.Phase != "tls handshake" {
		t.Errorf("%+v %+v", f, r.Err)
	}
}
