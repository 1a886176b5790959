package smb

import (
	"bytes"
	"net/netip"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/ntlmssp"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// flags returns the options of recordings with some of the words quick, deep, no-smb1 and handshake.
func flags(words ...string) *check.Options {
	o := checktest.Options()
	for _, w := range words {
		switch w {
		case "quick":
			o.Quick = true
		case "deep":
			o.Deep = true
		case "no-smb1":
			o.NoSMB1 = true
		case "handshake":
			o.Depth = signet.Handshake
		}
	}
	return o
}

// host plays a server: it gets each message of ours and says what comes back, and how the connection ends if it
// does. Start means that it stays open. before is what an attempt meets before anything is sent.
type host struct {
	before map[string]check.Cause
	say    func(note string, sent []byte) (reply []byte, end check.Cause)
}

// asked is what an interview did with a host.
type asked struct {
	notes  []string
	result check.Result
	facts  *Facts
	judged check.Judgement
}

// interviewOf holds a whole interview with a host that is played, delivering its bytes in small pieces.
func interviewOf(t *testing.T, port uint16, o *check.Options, h host) asked {
	t.Helper()
	return interviewWith(t, check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1")}, Port: port}, Options: o}, h)
}

func interviewWith(t *testing.T, sub check.Subject, h host) asked {
	t.Helper()
	c := Check()
	iv := c.Begin(sub)
	var got asked
	var end check.End
	for {
		a, ok := iv.Next(end)
		if !ok {
			break
		}
		if got.notes = append(got.notes, a.Note); len(got.notes) > 12 {
			t.Fatalf("it never ends: %q", got.notes)
		}
		end = hold(t, a, h)
	}
	got.result = iv.Result()
	var facts signet.Facts = &Facts{}
	if got.result.Facts != nil {
		facts = got.result.Facts
	}
	got.facts = facts.(*Facts)
	j, err := c.Judge(facts)
	if err != nil {
		t.Fatal(err)
	}
	got.judged = j
	return got
}

// hold plays a host for one attempt.
func hold(t *testing.T, a check.Attempt, h host) check.End {
	t.Helper()
	p := checktest.Peer{Connect: h.before[a.Note], Piece: 3, Answer: func(sent []byte) ([]byte, check.Cause) { return h.say(a.Note, sent) }}
	end := p.Hold(t, a)
	switch p.Connect {
	case check.Start, check.NoAnswer, check.Rejected, check.Unroutable, check.Denied:
	default: // it was made, and came to nothing
		end.Connected = true
	}
	return end
}

// server is a stand-in for an ordinary server, changed by each test.
type server struct {
	dialects []uint16
	mode     uint16
	mechs    []string
	blob     []byte // instead of mechs
	guid     [16]byte
	caps     uint32
	contexts smb2.Contexts
	setup    func(token []byte, dialect uint16) smb2.SessionSetupResponse
	smb1     func(sent []byte) ([]byte, check.Cause)

	dialect  uint16
	encrypts bool // the client of the connection under way can
}

func windows() *server {
	return &server{
		dialects: native(), mode: 1, guid: [16]byte{0xd0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, caps: 0x7f,
		mechs: []string{spnego.OIDNegoEx, spnego.OIDKerberos, spnego.OIDNTLM},
		contexts: smb2.Contexts{
			HasPreauth: true, Hashes: smb2.MakeIDs(smb2.HashSHA512), HasEncryption: true, Ciphers: smb2.MakeIDs(smb2.CipherAES256GCM),
			HasSigning: true, Signing: smb2.MakeIDs(smb2.SignAESGMAC), HasCompression: true, Compression: smb2.MakeIDs(smb2.CompressLZ77),
		},
		setup: challengeFrom(challengeOf(10, 0, 20348, "FS1", "fs1.lab.example")),
		smb1:  func([]byte) ([]byte, check.Cause) { return nil, check.Closed },
	}
}

// type2 is a CHALLENGE without names and version.
const type2 = "NTLMSSP\x00\x02\x00\x00\x00\x00\x00\x00\x00\x38\x00\x00\x00\x05\x02\x81\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x38\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// challengeOf is a CHALLENGE with a version and the names of a machine ([MS-NLMP] §2.2.1.2).
func challengeOf(major, minor byte, build uint16, nb, dns string) []byte {
	utf16 := func(s string) (b []byte) {
		for _, c := range []byte(s) {
			b = append(b, c, 0)
		}
		return b
	}
	var info []byte
	for _, p := range []struct {
		id   byte
		text string
	}{{2, nb}, {1, nb}, {4, "lab.example"}, {3, dns}} {
		if p.text != "" {
			info = append(append(info, p.id, 0, byte(2*len(p.text)), 0), utf16(p.text)...)
		}
	}
	info = append(info, 0, 0, 0, 0)
	b := append([]byte("NTLMSSP\x00\x02\x00\x00\x00\x00\x00\x00\x00\x38\x00\x00\x00\x15\x82\x8a\xe2\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x00\x00\x00\x00"),
		byte(len(info)), 0, byte(len(info)), 0, 56, 0, 0, 0, major, minor, byte(build), byte(build>>8), 0, 0, 0, 15)
	return append(b, info...)
}

// challengeFrom answers every first token with a challenge.
func challengeFrom(type2 []byte) func([]byte, uint16) smb2.SessionSetupResponse {
	return func([]byte, uint16) smb2.SessionSetupResponse {
		return smb2.SessionSetupResponse{Status: smb2.StatusMoreProcessing, SessionID: 7, Token: spnego.AppendResp(nil, type2)}
	}
}

func challengeAll([]byte, uint16) smb2.SessionSetupResponse {
	return smb2.SessionSetupResponse{Status: smb2.StatusMoreProcessing, SessionID: 7, Token: spnego.AppendResp(nil, []byte(type2))}
}

func refuseWith(status uint32) func([]byte, uint16) smb2.SessionSetupResponse {
	return func([]byte, uint16) smb2.SessionSetupResponse { return smb2.SessionSetupResponse{Status: status} }
}

// refused is an answer without a body of its own.
func refused(command uint16, id uint64, status uint32) []byte {
	if command == smb2.CommandSessionSetup {
		return smb2.AppendSessionSetupResponse(nil, id, &smb2.SessionSetupResponse{Status: status})
	}
	msg := smb2.AppendHeader(nil, smb2.Header{Status: status, Command: command, Flags: smb2.FlagResponse, MessageID: id, Credits: 1})
	msg = append(msg, 9, 0, 0, 0, 0, 0, 0, 0, 0)
	return append([]byte{0, 0, 0, byte(len(msg))}, msg...)
}

func (s *server) host() host {
	return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		msg := sent[4:]
		h, err := smb2.ParseHeader(msg)
		if err != nil {
			return s.smb1(sent)
		}
		if h.Command == smb2.CommandSessionSetup {
			r := s.setup(msg[smb2.HeaderSize+24:], s.dialect)
			return smb2.AppendSessionSetupResponse(nil, h.MessageID, &r), check.Start
		}
		s.encrypts = msg[smb2.HeaderSize+8]&byte(smb2.CapEncryption) != 0
		return s.negotiate(h.MessageID, offers(msg)), check.Start
	}}
}

func offers(msg []byte) []uint16 {
	var list []uint16
	b := msg[smb2.HeaderSize:]
	for i := range int(b[2]) {
		list = append(list, uint16(b[36+2*i])|uint16(b[37+2*i])<<8)
	}
	return list
}

func (s *server) negotiate(id uint64, offered []uint16) []byte {
	s.dialect = 0
	for _, d := range s.dialects {
		for _, o := range offered {
			if d == o && d > s.dialect {
				s.dialect = d
			}
		}
	}
	if s.dialect == 0 {
		return refused(smb2.CommandNegotiate, id, smb2.StatusNotSupported)
	}
	return s.answer(id, s.dialect)
}

func (s *server) answer(id uint64, dialect uint16) []byte {
	n := smb2.NegotiateResponse{SecurityMode: s.mode, Dialect: dialect, ServerGUID: s.guid, Capabilities: s.caps, SystemTime: 133500000000000000}
	token := s.blob
	if token == nil && s.mechs != nil {
		token = spnego.AppendInit(nil, spnego.Init{MechTypes: s.mechs, HintName: "not_defined_in_RFC4178@please_ignore"})
	}
	return smb2.AppendNegotiateResponse(nil, smb2.Header{MessageID: id, Credits: 1}, &n, token, &s.contexts)
}

// speaks1 makes the server answer SMB 1 with a security mode, with extended security.
func speaks1(mode byte) func([]byte) ([]byte, check.Cause) {
	return func(sent []byte) ([]byte, check.Cause) {
		h, _ := smb1.ParseHeader(sent[4:])
		if h.Command == smb1.CommandSessionSetup {
			return smb1.AppendSessionSetupResponse(nil, &smb1.SessionSetupResponse{
				Status: smb1.StatusMoreProcessing, NTStatus: true, Token: spnego.AppendResp(nil, []byte(type2)), NativeOS: "Windows 5.1", NativeLanMan: "Windows 2000 LAN Manager",
			}), check.Start
		}
		return smb1.AppendNegotiateResponse(nil, &smb1.NegotiateResponse{
			WordCount: 17, SecurityMode: mode, Capabilities: smb1.CapExtendedSecurity | smb1.CapUnicode, GUID: [16]byte{9},
			Token: spnego.AppendInit(nil, spnego.Init{MechTypes: []string{spnego.OIDNTLM}}),
		}), check.Start
	}
}

// status1 makes the server refuse SMB 1 with a status.
func status1(status uint32) func([]byte) ([]byte, check.Cause) {
	return func([]byte) ([]byte, check.Cause) {
		msg := append(smb1.AppendHeader(nil, smb1.Header{Command: smb1.CommandNegotiate, Flags: 0x98, Flags2: 0xc853, Status: status}), 0, 0, 0)
		return append([]byte{0, 0, 0, byte(len(msg))}, msg...), check.Start
	}
}

// garbling is the server with negotiate contexts that lie outside its answer.
func garbling(s *server) host {
	h := s.host()
	return host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		reply, end := h.say(note, sent)
		if s.dialect == smb2.Dialect311 && len(reply) > 4+smb2.HeaderSize+64 && reply[4+12] == 0 {
			copy(reply[4+smb2.HeaderSize+60:], "\xff\xff\xff\x7f")
		}
		return reply, end
	}}
}

// torn1 makes the server break off in the middle of its SMB 1 answer.
func torn1(end check.Cause) func([]byte) ([]byte, check.Cause) {
	return func(sent []byte) ([]byte, check.Cause) {
		reply, _ := speaks1(0x07)(sent)
		return reply[:len(reply)/2], end
	}
}

func isAnonymous(token []byte) bool { return bytes.Contains(token, ntlmssp.Anonymous()) }
