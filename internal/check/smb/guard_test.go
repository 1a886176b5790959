package smb

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/netbios"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// samba answers as Samba 4.17 does: the GUID is the NetBIOS name, NTLM alone is named, the challenge has version 6.1
// without build, and SMB 1 is answered with no dialect (recorded in testdata).
func samba() *server {
	s := windows()
	s.guid, s.mechs = [16]byte{'f', 's', '1'}, []string{spnego.OIDNTLM}
	s.setup = challengeFrom(challengeOf(6, 1, 0, "FS1", "fs1"))
	s.smb1 = func([]byte) ([]byte, check.Cause) {
		return smb1.AppendNegotiateResponse(nil, &smb1.NegotiateResponse{WordCount: 1, DialectIndex: smb1.NoDialect}), check.Start
	}
	return s
}

// ksmbd answers as the server in the Linux kernel does: a GUID of zeros, NTLM alone named, a challenge with one name and
// no version (fs/smb/server/smb2pdu.c, auth.c).
func ksmbd() *server {
	s := windows()
	s.guid, s.mechs = [16]byte{}, []string{spnego.OIDNTLM}
	s.setup = challengeFrom(challengeOf(0, 0, 0, "KSMBD", ""))
	return s
}

// insists lets a server refuse a client that cannot encrypt at its first token ([MS-SMB2] §3.3.5.5).
func insists(s *server) {
	inner := s.setup
	s.setup = func(token []byte, d uint16) smb2.SessionSetupResponse {
		if !s.encrypts {
			return smb2.SessionSetupResponse{Status: smb2.StatusAccessDenied}
		}
		return inner(token, d)
	}
}

// nobodyGets lets a server answer anonymous logons with a status that depends on the connection.
func nobodyGets(s *server, status func() uint32) {
	inner := s.setup
	s.setup = func(token []byte, d uint16) smb2.SessionSetupResponse {
		if isAnonymous(token) {
			return smb2.SessionSetupResponse{Status: status(), SessionID: 7}
		}
		return inner(token, d)
	}
}

// from lets a server treat connections from the k-th on as last says, whatever they carry. Connections are counted from 1.
func from(s *server, k int, last func(sent []byte) ([]byte, check.Cause)) host {
	h, connections := s.host(), 0
	return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		if hd, err := smb2.ParseHeader(sent[4:]); err != nil || hd.Command == smb2.CommandNegotiate && hd.MessageID == 0 {
			connections++
		}
		if connections >= k {
			return last(sent)
		}
		return h.say(note, sent)
	}}
}

func closing([]byte) ([]byte, check.Cause)   { return nil, check.Closed }
func resetting([]byte) ([]byte, check.Cause) { return nil, check.Reset }

// refusing answers whatever comes with a status.
func refusing(status uint32) func([]byte) ([]byte, check.Cause) {
	return func(sent []byte) ([]byte, check.Cause) {
		h, err := smb2.ParseHeader(sent[4:])
		if err != nil {
			return status1(status)(sent)
		}
		return refused(h.Command, h.MessageID, status), check.Start
	}
}

// A server that closes, resets or refuses from some connection on shows no guard, whichever question it is that falls
// to that connection: what was guarded before stays so only where the guard was seen.
func TestBlocksAfterConnections(t *testing.T) {
	guarded := func(s *server) *server { s.mode = 3; return s }
	only311 := func(s *server) *server { s.dialects = native()[4:]; return s }
	encrypting := func(s *server) *server { insists(s); return s }
	smb1Open := func(s *server) *server { s.mode, s.smb1 = 3, speaks1(0x07); return s }
	for name, c := range map[string]struct {
		make func() *server
		most int // connections until the guard is seen
		want signet.Verdict
	}{
		"signing required, a Windows":    {func() *server { return guarded(windows()) }, 2, signet.Guarded},
		"signing required, nobody known": {func() *server { return guarded(ksmbd()) }, 2, signet.Guarded},
		"signing required, SMB 1 open":   {func() *server { return smb1Open(windows()) }, 1, signet.Exposed},
		"3.1.1 alone, a Windows":         {func() *server { return only311(windows()) }, 3, signet.Guarded},
		"3.1.1 alone, a Samba":           {func() *server { return only311(samba()) }, 3, signet.Guarded},
		"encryption required":            {func() *server { return encrypting(windows()) }, 5, signet.Guarded},
	} {
		for block, last := range map[string]func([]byte) ([]byte, check.Cause){
			"closes": closing, "resets": resetting, "denies": refusing(smb2.StatusAccessDenied), "supports nothing": refusing(smb2.StatusNotSupported), "is busy": refusing(0xc00000d0),
		} {
			for k := 2; k <= c.most; k++ {
				s := c.make()
				got := interviewOf(t, 445, flags(), from(s, k, last))
				if v := got.judged.Verdict; v == signet.Guarded {
					t.Errorf("%s, %s from connection %d: %s, %q", name, block, k, v, got.judged.Because)
				}
			}
			if got := interviewOf(t, 445, flags(), from(c.make(), c.most+1, last)); got.judged.Verdict != c.want {
				t.Errorf("%s, %s after all was asked: %s, want %s: %q, %q", name, block, got.judged.Verdict, c.want, got.judged.Because, got.notes)
			}
		}
	}
}

// on139 lets a server take a session request before all else. last, if any, answers connections from the k-th on, whatever
// they carry. Connections are counted from 1.
func on139(s *server, k int, last func(sent []byte) ([]byte, check.Cause)) host {
	h, connections := s.host(), 0
	return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		if sent[0] == netbios.SessionRequest {
			connections++
			return netbios.AppendSessionReply(nil, netbios.SessionReply{Type: netbios.PositiveResponse}), check.Start
		}
		if last != nil && connections >= k {
			return last(sent)
		}
		return h.say(note, sent)
	}}
}

// On port 139 SMB 2 is asked for first, so that a close on SMB 1 needs SMB 2 agreed once more.
func TestControlOnPort139(t *testing.T) {
	server := func(dialects []uint16) *server { s := windows(); s.mode, s.dialects = 3, dialects; return s }
	for block, last := range map[string]func([]byte) ([]byte, check.Cause){
		"closes": closing, "resets": resetting, "denies": refusing(smb2.StatusAccessDenied), "supports nothing": refusing(smb2.StatusNotSupported),
	} {
		for _, dialects := range [][]uint16{native(), native()[4:]} {
			for k := 2; k <= 4; k++ {
				got := interviewOf(t, 139, flags(), on139(server(dialects), k, last))
				if guarded := got.judged.Verdict == signet.Guarded; guarded != (k == 4) {
					t.Errorf("%s from connection %d of %x: %s, %q, %q", block, k, dialects, got.judged.Verdict, got.judged.Because, got.notes)
				}
			}
		}
	}
	// 3.1.1 alone, from a server that closes after each refusal: it is offered on a connection of its own.
	s := server(native()[4:])
	inner := on139(s, 0, nil)
	got := interviewOf(t, 139, flags(), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		if h, err := smb2.ParseHeader(sent[4:]); err == nil && h.Command == smb2.CommandNegotiate && h.MessageID > 0 {
			return nil, check.Closed
		}
		return inner.say(note, sent)
	}})
	if got.judged.Verdict != signet.Guarded || !isNot(got.facts.SMB1.Offered) {
		t.Errorf("closes after refusals: %s, %q, %q", got.judged.Verdict, got.judged.Because, got.notes)
	}
	// Two servers behind one address, of which the older does not require signing.
	s = server(native())
	inner = on139(s, 0, nil)
	got = interviewOf(t, 139, flags(), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		s.mode = 3
		if h, err := smb2.ParseHeader(sent[4:]); err == nil && h.Command == smb2.CommandNegotiate && !slices.Contains(offers(sent[4:]), smb2.Dialect311) {
			s.mode = 1
		}
		return inner.say(note, sent)
	}})
	if got.judged.Verdict != signet.Exposed {
		t.Errorf("two servers: %s, %q", got.judged.Verdict, got.judged.Because)
	}
}

// What is behind one address may require signing at 3.1.1 alone, or below it alone: the weaker one counts.
func TestTwoServersBehindOneAddress(t *testing.T) {
	for _, c := range []struct {
		name        string
		newer, past uint16
	}{{"required at 3.1.1 alone", 3, 1}, {"required below 3.1.1 alone", 1, 3}, {"nonsense at 3.1.1, not required below", 0x44, 0}} {
		s := windows()
		inner := s.host()
		got := interviewOf(t, 445, flags("deep"), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
			if h, err := smb2.ParseHeader(sent[4:]); err == nil && h.Command == smb2.CommandNegotiate {
				if s.mode = c.past; slices.Contains(offers(sent[4:]), smb2.Dialect311) {
					s.mode = c.newer
				}
			}
			return inner.say(note, sent)
		}})
		if got.judged.Verdict != signet.Exposed {
			t.Errorf("%s: %s, %q", c.name, got.judged.Verdict, got.judged.Because)
		}
	}
}

// That a logon without encryption is denied means that encryption is required only where nothing else explains it.
func TestEncryptionNeedsAControl(t *testing.T) {
	const denied, taken = smb2.StatusAccessDenied, smb2.StatusSuccess
	always := func(status uint32) func(*server) {
		return func(s *server) { nobodyGets(s, func() uint32 { return status }) }
	}
	for _, c := range []struct {
		name     string
		server   func() *server
		change   func(*server)
		want     signet.Verdict
		required bool
	}{
		{"Windows that insists", windows, insists, signet.Guarded, true},
		{"Windows up to 3.0.2 that insists", func() *server { s := windows(); s.dialects = native()[:4]; return s }, insists, signet.Guarded, true},
		{"3.0.2 alone that insists", func() *server { s := windows(); s.dialects = native()[3:4]; return s }, insists, signet.Guarded, true},
		{"ksmbd that insists", ksmbd, insists, signet.Guarded, true},
		{"3.1.1 alone, nobody known, that insists", func() *server { s := ksmbd(); s.dialects = native()[4:]; return s }, insists, signet.Guarded, true},
		{"3.1.1 alone, nobody known", func() *server { s := ksmbd(); s.dialects = native()[4:]; return s }, func(*server) {}, signet.Undetermined, false},
		{"logons at old dialects denied", windows, func(s *server) {
			inner := s.setup
			s.setup = func(token []byte, d uint16) smb2.SessionSetupResponse {
				if d < smb2.Dialect311 {
					return smb2.SessionSetupResponse{Status: denied}
				}
				return inner(token, d)
			}
		}, signet.Undetermined, false},
		{"Samba that requires it", samba, always(denied), signet.Guarded, true},
		{"Samba that takes nobody", samba, always(taken), signet.Exposed, false},
		{"Samba that fails nobody", samba, always(smb2.StatusLogonFailure), signet.Undetermined, false},
		{"Samba that does not support nobody", samba, always(smb2.StatusNotSupported), signet.Undetermined, false},
		{"a name for a GUID, nobody denied", func() *server { s := windows(); s.guid = [16]byte{'n', 'a', 's', '1'}; return s }, always(denied), signet.Undetermined, false},
		{"ksmbd under Samba's GUID, nobody denied", func() *server { s := ksmbd(); s.guid = [16]byte{'k', 's', 'm', 'b', 'd'}; return s }, always(denied), signet.Undetermined, false},
		{"Samba's version alone, nobody denied", func() *server {
			s := ksmbd()
			s.setup = challengeFrom(challengeOf(6, 1, 0, "NAS", "nas"))
			return s
		}, always(denied), signet.Undetermined, false},
		{"a name for a GUID, nobody denied without encryption", func() *server { s := windows(); s.guid = [16]byte{'n', 'a', 's', '1'}; return s }, func(s *server) {
			nobodyGets(s, func() uint32 {
				if s.encrypts {
					return taken
				}
				return denied
			})
		}, signet.Guarded, true},
		{"a name for a GUID, nobody denied at old dialects", func() *server { s := windows(); s.guid = [16]byte{'n', 'a', 's', '1'}; return s }, func(s *server) {
			nobodyGets(s, func() uint32 {
				if s.dialect == smb2.Dialect311 {
					return taken
				}
				return denied
			})
		}, signet.Undetermined, false},
		{"nobody denied, not like Samba", windows, always(denied), signet.Exposed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.server()
			c.change(s)
			got := interviewOf(t, 445, flags(), s.host())
			if got.judged.Verdict != c.want || is(got.facts.EncryptionRequired) != c.required {
				t.Errorf("%s, required %v: %q, %q", got.judged.Verdict, is(got.facts.EncryptionRequired), got.judged.Because, got.notes)
			}
		})
	}
}

// What is refused with another status than STATUS_NOT_SUPPORTED makes no floor, nor a server without SMB 2.
func TestRefusalsMakeNoGuard(t *testing.T) {
	for _, status := range []uint32{smb2.StatusInvalidParameter, smb2.StatusAccessDenied, 0xc00000d0, 0xc000009a, 0xc05d0000, 0xc0000203} {
		s := windows()
		inner := s.host()
		got := interviewOf(t, 445, flags(), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
			if h, err := smb2.ParseHeader(sent[4:]); err == nil && h.Command == smb2.CommandNegotiate && !slices.Contains(offers(sent[4:]), smb2.Dialect311) {
				return refused(h.Command, h.MessageID, status), check.Start
			}
			return inner.say(note, sent)
		}})
		if got.judged.Verdict != signet.Undetermined || got.facts.DialectFloor != "" {
			t.Errorf("old dialects refused with %#x: %s, floor %q", status, got.judged.Verdict, got.facts.DialectFloor)
		}
		// 3.1.1 is refused for a reason of its own, the others are not spoken, and SMB 1 requires signing.
		got = interviewOf(t, 445, flags(), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
			h, err := smb2.ParseHeader(sent[4:])
			if err != nil && !bytes.Contains(sent, []byte("SMB 2.???")) {
				return speaks1(0x0f)(sent)
			}
			if err != nil {
				return nil, check.Closed
			}
			if slices.Contains(offers(sent[4:]), smb2.Dialect311) {
				return refused(h.Command, h.MessageID, status), check.Start
			}
			return refused(h.Command, h.MessageID, smb2.StatusNotSupported), check.Start
		}})
		if got.judged.Verdict != signet.Undetermined || got.facts.SMB2Offered != nil {
			t.Errorf("3.1.1 refused with %#x: %s, %s", status, got.judged.Verdict, got.facts.AppendJSON(nil))
		}
	}
}

// A logon that is refused for a reason of the moment says nothing of NTLM.
func TestBusyIsNoRefusalOfNTLM(t *testing.T) {
	for status, want := range map[uint32]string{
		smb2.StatusNotSupported: ntlmNo, smb2.StatusInvalidParameter: ntlmNo, smb2.StatusLogonFailure: ntlmNo, smb2.StatusNTLMBlocked: ntlmNo,
		smb2.StatusAccessDenied: ntlmUnknown, 0xc00000d0: ntlmUnknown, 0xc000009a: ntlmUnknown, 0xc000005e: ntlmUnknown, smb2.StatusSuccess: ntlmUnknown,
	} {
		s := windows()
		s.mechs, s.setup = []string{spnego.OIDKerberos}, refuseWith(status)
		got := interviewOf(t, 445, flags(), s.host())
		if got.facts.NTLMOffer != want || got.judged.Verdict != signet.Undetermined {
			t.Errorf("%#x: NTLM %s, %s", status, got.facts.NTLMOffer, got.judged.Verdict)
		}
	}
}

// The upper four bits of SMB 1's mode are reserved; each of the lower ones says one thing.
func TestModesOfSMB1(t *testing.T) {
	for bits, want := range map[byte]signet.Level{
		0x00: signet.Off, 0x01: signet.Off, 0x03: signet.Off, 0x04: signet.Optional, 0x07: signet.Optional, 0x08: signet.Required, 0x0b: signet.Required, 0x0f: signet.Required,
		0x10: signet.Unknown, 0x1f: signet.Unknown, 0x83: signet.Unknown, 0xff: signet.Unknown,
	} {
		s := windows()
		s.mode, s.smb1 = 3, speaks1(bits)
		got := interviewOf(t, 445, flags(), s.host())
		verdict := map[signet.Level]signet.Verdict{signet.Required: signet.Guarded, signet.Unknown: signet.Undetermined}[want]
		if want == signet.Off || want == signet.Optional {
			verdict = signet.Exposed
		}
		if got.facts.SMB1.Signing != want || got.judged.Verdict != verdict {
			t.Errorf("mode %#x: %s and %s, want %s", bits, got.facts.SMB1.Signing, got.judged.Verdict, want)
		}
	}
}

// Every mode of SMB 2 beyond 3 says no level, whichever bits it has besides.
func TestModesOfSMB2(t *testing.T) {
	for _, bits := range []uint16{4, 5, 7, 0x80, 0x83, 0xff, 0x0103, 0xffff} {
		s := windows()
		s.mode = bits
		got := interviewOf(t, 445, flags(), s.host())
		if got.facts.Signing != signet.Unknown || got.judged.Verdict != signet.Undetermined || !strings.Contains(got.judged.Because[0], mode(bits)) {
			t.Errorf("mode %#x: %s and %s, %q", bits, got.facts.Signing, got.judged.Verdict, got.judged.Because)
		}
	}
}
