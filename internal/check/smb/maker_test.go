package smb

import (
	"strings"
	"testing"

	"signet"
	"signet/internal/wire/smb2"
)

// A server that looks like Samba gets one anonymous session, and only where the depth allows it.
func TestAnonymousSession(t *testing.T) {
	const denied, taken, failed = smb2.StatusAccessDenied, smb2.StatusSuccess, smb2.StatusLogonFailure
	for _, c := range []struct {
		flags, guid string
		status      uint32
		sent        int
		verdict     signet.Verdict
		unasked     string
	}{
		{"", "fileserver", denied, 2, signet.Undetermined, ""}, // no other sign of Samba: it may refuse nobody for its own reasons
		{"", "fileserver", taken, 1, signet.Exposed, ""},
		{"", "fileserver", failed, 1, signet.Undetermined, ""},
		{"handshake", "fileserver", denied, 0, signet.Exposed, askEncryption},
		{"", "\x01\x02", denied, 0, signet.Exposed, ""},
		{"", "", denied, 0, signet.Exposed, ""},
		{"quick", "fileserver", denied, 0, signet.Exposed, "smb1 dialect-floor encryption names"},
	} {
		s := windows()
		s.guid = [16]byte{}
		copy(s.guid[:], c.guid)
		sent := 0
		s.setup = func(token []byte, d uint16) smb2.SessionSetupResponse {
			if !isAnonymous(token) {
				return challengeAll(token, d)
			}
			sent++
			return smb2.SessionSetupResponse{Status: c.status}
		}
		got := interviewOf(t, 445, flags(c.flags), s.host())
		if sent != c.sent || got.judged.Verdict != c.verdict || strings.Join(got.result.Unasked, " ") != c.unasked {
			t.Errorf("%+v: %d anonymous sessions, %s, unasked %q", c, sent, got.judged.Verdict, got.result.Unasked)
		}
	}
}

// A fingerprint never rests on one field: whoever lacks one sign, or has one of somebody else's, is nobody known.
func TestMaker(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Facts)
		want   maker
		maybe  bool // it is asked for an anonymous session as Samba is
	}{
		{"Windows", asWindows, makerWindows, false},
		{"Windows 10 1507", func(f *Facts) { asWindows(f); f.NTLM.OSVersion = "10.0.10240" }, makerWindows, false},
		{"Windows 8.1", func(f *Facts) { asWindows(f); f.NTLM.OSVersion = "6.3.9600" }, makerUnknown, false},
		{"a build of no Windows", func(f *Facts) { asWindows(f); f.NTLM.OSVersion = "10.0.0" }, makerUnknown, false},
		{"Windows without NEGOEX", func(f *Facts) { asWindows(f); f.Mechanisms = []string{"kerberos", "ntlm"} }, makerUnknown, false},
		{"Windows without NTLM", func(f *Facts) { asWindows(f); f.Mechanisms = []string{"negoex", "kerberos"} }, makerUnknown, false},
		{"Windows without a name", func(f *Facts) { asWindows(f); f.NTLM.NBComputer = "" }, makerUnknown, false},
		{"Windows without a DNS name", func(f *Facts) { asWindows(f); f.NTLM.DNSComputer = "" }, makerUnknown, false},
		{"Windows with a name for a GUID", func(f *Facts) { asWindows(f); f.ServerGUID = GUID{'f', 's', '1'} }, makerUnknown, true},
		{"Samba", asSamba, makerSamba, true},
		{"Samba with NEGOEX", func(f *Facts) { asSamba(f); f.Mechanisms = []string{"negoex", "ntlm"} }, makerUnknown, true},
		{"Samba under another name", func(f *Facts) { asSamba(f); f.NTLM.NBComputer = "FS2" }, makerUnknown, true},
		{"Samba of another version", func(f *Facts) { asSamba(f); f.NTLM.OSVersion = "6.1.7601" }, makerUnknown, true},
		{"Samba's version alone", func(f *Facts) { asSamba(f); f.ServerGUID = GUID{0xd0, 1} }, makerUnknown, true},
		{"a GUID of fifteen letters", func(f *Facts) {
			asSamba(f)
			f.NTLM.NBComputer, f.ServerGUID = "FIFTEENLETTERS1", GUID([]byte("fifteenletters1\x00"))
		}, makerSamba, true},
		{"a GUID of sixteen letters", func(f *Facts) { asSamba(f); f.NTLM = nil; f.ServerGUID = GUID([]byte("SIXTEEN LETTERS!")) }, makerUnknown, false},
		{"a name and more for a GUID", func(f *Facts) { asSamba(f); f.NTLM = nil; f.ServerGUID = GUID{'F', 'S', '1', 0, 1} }, makerUnknown, false},
		{"no challenge", func(f *Facts) { asSamba(f); f.NTLM = nil }, makerUnknown, true},
		{"nothing", func(*Facts) {}, makerUnknown, false},
	} {
		var f Facts
		c.change(&f)
		if f.maker() != c.want || f.maybeSamba() != c.maybe {
			t.Errorf("%s: %s, perhaps Samba: %v", c.name, f.maker(), f.maybeSamba())
		}
	}
}
