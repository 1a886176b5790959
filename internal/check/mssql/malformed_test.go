package mssql

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/tds"
)

var (
	preloginOff = tds.AppendPreloginRequest(nil, tds.EncryptOff)
	preloginOn  = tds.AppendPreloginRequest(nil, tds.EncryptOn)
)

func answers(p tds.Prelogin) []byte {
	return tds.AppendMessage(nil, tds.TypeTabular, tds.AppendPrelogin(nil, p), 0)
}

func encrypts(e tds.Encryption) []byte {
	return answers(tds.Prelogin{Version: sql2022, HasEncryption: true, Encryption: e})
}

// exchange is one connection to a made-up server.
type exchange struct {
	note  string
	turns [][]byte // client and server by turns
	end   check.Cause
}

func flow(port uint16, all ...exchange) *checktest.Flow {
	f := &checktest.Flow{Port: port}
	for _, x := range all {
		a := checktest.Attempt{Port: port, Note: x.note, End: x.end}
		if x.note == noteBrowser {
			a.Port, a.Transport = 1434, signet.UDP
		}
		for i, b := range x.turns {
			if len(b) > 0 {
				a.Turns = append(a.Turns, checktest.Turn{Client: i%2 == 0, Bytes: b})
			}
		}
		f.Attempts = append(f.Attempts, a)
	}
	return f
}

// Peers that are none, or not quite. An attempt at TDS 8 follows where the peer may have wanted TLS first.
func TestOddServers(t *testing.T) {
	strict := exchange{noteStrict, nil, check.TLSFailed}
	one := func(answer []byte, end check.Cause) exchange {
		return exchange{noteOpen, [][]byte{preloginOff, answer}, end}
	}
	for _, c := range []struct {
		name    string
		said    []exchange
		outcome signet.Outcome
	}{
		{"closed port", []exchange{{noteOpen, nil, check.Rejected}}, signet.Refused},
		{"dark", []exchange{{noteOpen, nil, check.NoAnswer}}, signet.Silent},
		{"mute", []exchange{one(nil, check.Stalled)}, signet.Silent},
		{"drips", []exchange{one([]byte{4, 1, 0}, check.Stalled)}, signet.Broken},
		{"hangs up", []exchange{one(nil, check.Closed), strict}, signet.Broken},
		{"resets", []exchange{one(nil, check.Reset), strict}, signet.Broken},
		{"half an answer", []exchange{one(encrypts(tds.EncryptOff)[:20], check.Closed), strict}, signet.Broken},
		{"TLS alert", []exchange{one([]byte{0x15, 3, 3, 0, 2, 2, 0x28}, check.Malformed), strict}, signet.Foreign},
		{"HTTP", []exchange{one([]byte("HTTP/1.1 400 Bad Request\r\n"), check.Malformed)}, signet.Foreign},
		{"SSH", []exchange{one([]byte("SSH-2.0-x\r\n"), check.Malformed)}, signet.Foreign},
		{"echo", []exchange{one(preloginOff, check.Malformed)}, signet.Broken},
		{"noise", []exchange{one([]byte{0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef}, check.Malformed)}, signet.Broken},
		{"packet of 64 KiB", []exchange{one([]byte{4, 1, 0xff, 0xff, 0, 0, 1, 0}, check.Malformed)}, signet.Broken},
		{"an error instead", []exchange{one(tds.AppendMessage(nil, tds.TypeTabular, tds.AppendLoginAnswer(nil, *refusal(17809)), 0), check.Malformed)}, signet.Broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := checktest.ReplayFlow(t, Check(), flow(1433, c.said...), checktest.Options())
			if r.Outcome != c.outcome || r.Facts != nil || r.Err == nil || r.Err.Phase != noteOpen && r.Err.Phase != "connect" || r.Unasked != nil {
				t.Errorf("%v %v %v %v", r.Outcome, r.Err, r.Facts, r.Unasked)
			}
		})
	}
}

// A server that answers PRELOGIN was asked, whatever comes after; and nothing after it may read as a refusal.
func TestAfterPrelogin(t *testing.T) {
	login := func(spnego bool) []byte {
		k := &conversation{spnego: spnego, prelogin: &tds.Prelogin{Version: sql2022}}
		return k.sendLogin(0).Send
	}
	answer := func(a tds.LoginAnswer) []byte {
		return tds.AppendMessage(nil, tds.TypeTabular, tds.AppendLoginAnswer(nil, a), 0)
	}
	plain := func(said []byte, end check.Cause) exchange {
		return exchange{noteOpen, [][]byte{preloginOff, encrypts(tds.EncryptNotSupported), login(false), said}, end}
	}
	wrapped := func(said []byte, end check.Cause) exchange {
		return exchange{noteSPNEGO, [][]byte{preloginOff, encrypts(tds.EncryptNotSupported), login(true), said}, end}
	}
	again := func(said []byte) exchange {
		x := plain(said, check.Done)
		x.note = noteAgain
		return x
	}
	busy := answer(*refusal(17809))
	azure := answer(*refusal(tds.ErrNoWindowsLogins))
	no := answer(*refusal(tds.ErrUntrustedDomain))
	rejected := answer(tds.LoginAnswer{SSPI: []byte{0xa1, 7, 0x30, 5, 0xa0, 3, 0x0a, 1, 2}}) // negTokenResp, reject
	for _, c := range []struct {
		name       string
		said       []exchange
		encryption string
		windows    string
	}{
		{"no ENCRYPTION option", []exchange{{noteOpen, [][]byte{preloginOff, answers(tds.Prelogin{Version: sql2022})}, check.Done}}, "unknown", "unknown"},
		{"client certificates (0x80)", []exchange{{noteOpen, [][]byte{preloginOff, encrypts(0x80)}, check.Done}}, "unknown", "unknown"},
		{"forced, handshake fails", []exchange{{noteOpen, [][]byte{preloginOff, encrypts(tds.EncryptRequired)}, check.TLSFailed}}, "required", "unknown"},
		{"on", []exchange{{noteOpen, [][]byte{preloginOff, encrypts(tds.EncryptOn)}, check.TLSFailed}}, "on", "unknown"},
		{"off, then will not encrypt", []exchange{
			{noteOpen, [][]byte{preloginOff, encrypts(tds.EncryptOff)}, check.Done}, {noteLogin, [][]byte{preloginOn, encrypts(tds.EncryptOff)}, check.Done}}, "off", "unknown"},
		{"off, then gone", []exchange{
			{noteOpen, [][]byte{preloginOff, encrypts(tds.EncryptOff)}, check.Done}, {noteLogin, nil, check.Rejected}}, "off", "unknown"},
		{"off, then another answer: the first counts", []exchange{
			{noteOpen, [][]byte{preloginOff, encrypts(tds.EncryptOff)}, check.Done}, {noteLogin, [][]byte{preloginOn, encrypts(tds.EncryptRequired)}, check.TLSFailed}}, "off", "unknown"},
		{"refused twice", []exchange{plain(no, check.Done), wrapped(no, check.Done)}, "not-supported", "refused"},
		{"rejected twice", []exchange{plain(rejected, check.Done), wrapped(rejected, check.Done)}, "not-supported", "refused"},
		{"refused, then silence", []exchange{plain(no, check.Done), wrapped(nil, check.Stalled)}, "not-supported", "unknown"},
		{"refused, then another error", []exchange{plain(no, check.Done), wrapped(busy, check.Done), {noteAgain, wrapped(busy, check.Done).turns, check.Done}}, "not-supported", "unknown"},
		{"refused, then another error, then refused", []exchange{plain(no, check.Done), wrapped(busy, check.Done), {noteAgain, wrapped(no, check.Done).turns, check.Done}}, "not-supported", "refused"},
		{"no Windows logins", []exchange{plain(azure, check.Done), wrapped(azure, check.Done)}, "not-supported", "refused"},
		{"another error, then a challenge", []exchange{plain(busy, check.Done), again(answer(tds.LoginAnswer{SSPI: type2()}))}, "not-supported", "proven"},
		{"another error, then refused", []exchange{plain(busy, check.Done), again(no), wrapped(no, check.Done)}, "not-supported", "refused"},
		{"another error, refused, and an error again", []exchange{plain(busy, check.Done), again(no), wrapped(busy, check.Done)}, "not-supported", "unknown"},
		{"a reject and an error in one", []exchange{plain(answer(tds.LoginAnswer{SSPI: []byte{0xa1, 7, 0x30, 5, 0xa0, 3, 0x0a, 1, 2}, Errors: refusal(17809).Errors}), check.Done), wrapped(no, check.Done)}, "not-supported", "refused"},
		{"refused, then a challenge", []exchange{plain(no, check.Done), wrapped(answer(tds.LoginAnswer{SSPI: type2()}), check.Done)}, "not-supported", "proven"},
		{"too many connections", []exchange{plain(busy, check.Done), again(busy)}, "not-supported", "unknown"},
		{"logged in for nothing", []exchange{plain(answer(tds.LoginAnswer{Errors: refusal(tds.ErrLoginFailed).Errors, Ack: &tds.LoginAck{}}), check.Done)}, "not-supported", "unknown"},
		{"a challenge that is cut off", []exchange{plain(answer(tds.LoginAnswer{SSPI: type2()[:20]}), check.Done)}, "not-supported", "unknown"},
		{"a token that is none", []exchange{plain(answer(tds.LoginAnswer{SSPI: []byte("x")}), check.Done)}, "not-supported", "unknown"},
		{"a challenge and an error", []exchange{plain(answer(tds.LoginAnswer{SSPI: type2(), Errors: refusal(18456).Errors}), check.Done)}, "not-supported", "proven"},
		{"rows", []exchange{plain(tds.AppendMessage(nil, tds.TypeTabular, []byte{0xd1, 0}, 0), check.Malformed)}, "not-supported", "unknown"},
		{"another packet type", []exchange{plain(tds.AppendMessage(nil, tds.TypeSSPI, []byte{0xed, 0, 0}, 0), check.Malformed)}, "not-supported", "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := checktest.ReplayFlow(t, Check(), flow(14330, c.said...), checktest.Options())
			if r.Outcome != signet.Answered || r.Facts == nil {
				t.Fatalf("%v %v", r.Outcome, r.Err)
			}
			f := r.Facts.(*Facts)
			if f.Encryption != c.encryption || f.WindowsAuthentication != c.windows || (f.NTLM != nil) != (c.windows == "proven") {
				t.Errorf("%s", f.AppendJSON(nil))
			}
			if last := c.said[len(c.said)-1].end; last != check.Done && r.Err == nil {
				t.Error("what went wrong is not said")
			}
			want := signet.Undetermined
			if c.windows == "refused" {
				want = signet.Guarded
			}
			if j, _ := Check().Judge(f); j.Verdict != want {
				t.Errorf("%+v", j)
			}
		})
	}
}

// Cut short, an interview says what it knows and no more.
func TestInterrupted(t *testing.T) {
	iv := Check().Begin(check.Subject{Options: checktest.Options()})
	if r := iv.Result(); r.Outcome != signet.Skipped || r.Facts != nil {
		t.Fatalf("before the first attempt: %+v", r)
	}
	a, _ := iv.Next(check.End{})
	if r := iv.Result(); r.Outcome != signet.Skipped || r.Facts != nil || r.Err != nil {
		t.Fatalf("before the first byte: %+v", r)
	}
	iv = Check().Begin(check.Subject{Options: checktest.Options()})
	a, _ = iv.Next(check.End{})
	for _, in := range [][]byte{nil, encrypts(tds.EncryptRequired)} {
		if _, err := a.Talk.Next(in, false); err != nil {
			t.Fatal(err)
		}
	}
	r := iv.Result()
	if r.Outcome != signet.Answered || r.Facts == nil || r.Facts.(*Facts).Encryption != "required" {
		t.Fatalf("after PRELOGIN: %+v", r)
	}
}

// An instance is called what its host's browser calls it, unless it gives a name itself.
func TestInstanceName(t *testing.T) {
	iv := Check().Begin(check.Subject{Options: checktest.Options(), Called: "PAYROLL"})
	a, _ := iv.Next(check.End{})
	for _, in := range [][]byte{nil, encrypts(tds.EncryptRequired)} {
		if _, err := a.Talk.Next(in, false); err != nil {
			t.Fatal(err)
		}
	}
	if f := iv.Result().Facts.(*Facts); f.Instance != "PAYROLL" {
		t.Errorf("instance %q", f.Instance)
	}
}

// The name of the server goes where a client would put it, its address nowhere.
func TestServerName(t *testing.T) {
	s := check.Subject{Options: checktest.Options()}
	s.Endpoint.Name = "sql01.corp.example"
	a, _ := Check().Begin(s).Next(check.End{})
	k := a.Talk.(*conversation)
	step, err := k.Next(nil, false)
	if err != nil || !bytes.Equal(step.Send, preloginOff) {
		t.Fatalf("%x, %v", step.Send, err)
	}
	step, err = k.Next(encrypts(tds.EncryptRequired), false)
	if err != nil || step.StartTLS == nil || step.StartTLS.ServerName != s.Endpoint.Name || step.StartTLS.MaxVersion != tls12 {
		t.Fatalf("%+v, %v", step, err)
	}
	if step, err = k.Next(nil, false); err != nil {
		t.Fatal(err)
	}
	_, payload, _, err := tds.ReadMessage(step.Send)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tds.ParseLogin7(payload)
	if err != nil || l.ServerName != s.Endpoint.Name || ntlmssp.Type(l.Token) != ntlmssp.TypeNegotiate {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestFramer(t *testing.T) {
	f := &framer{}
	hello := []byte{0x16, 3, 1, 0, 1, 2}
	if got := hex.EncodeToString(f.Wrap(nil, hello)); got != "1201000e00000100160301000102" {
		t.Errorf("wrapped %s", got)
	}
	refusal, err := hex.DecodeString("0401000900000100aa")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Unwrap(refusal); !errors.Is(err, tds.ErrRefused) {
		t.Errorf("an error token in place of a hello: %v", err)
	}
	if _, n, err := f.Unwrap(refusal[:8]); n != 0 || err != nil {
		t.Errorf("half a packet: %d, %v", n, err)
	}
	if records, n, err := f.Unwrap(f.Wrap(nil, hello)); err != nil || n != 14 || !bytes.Equal(records, hello) {
		t.Errorf("%x %d %v", records, n, err)
	}
	if records, _, err := f.Unwrap(refusal); err != nil || !bytes.Equal(records, []byte{0xaa}) {
		t.Errorf("later on it is TLS: %x %v", records, err)
	}
	f.Established()
	if got := f.Wrap(nil, hello); !bytes.Equal(got, hello) {
		t.Errorf("after the handshake %x", got)
	}
	if records, n, err := f.Unwrap(hello); err != nil || n != len(hello) || !bytes.Equal(records, hello) {
		t.Errorf("after the handshake %x %d %v", records, n, err)
	}
}

// What is no answer of a browser is told, and a datagram is waited for no further.
func TestBrowserForeign(t *testing.T) {
	for _, in := range []string{"\x05\xff\xff", "\x05", "\x00\xff\xff", "\x05\x00\x00"} {
		b := &browser{sent: true}
		if step, err := b.Next([]byte(in), false); err == nil {
			t.Errorf("%x: %+v", in, step)
		}
	}
}
