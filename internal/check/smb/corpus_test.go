package smb

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/corpus"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// capture is a captured server answer with its labels.
type capture struct {
	File      string   `json:"file"`
	Frame     int      `json:"frame"`
	Proto     string   `json:"proto"`
	Dialect   string   `json:"dialect"`
	Mode      string   `json:"security_mode_raw"`
	Level     string   `json:"level"`
	GUID      *string  `json:"server_guid"`
	GUIDRaw   *string  `json:"server_guid_raw"`
	Mechs     []string `json:"mech_types"`
	Ciphers   []string `json:"ciphers"`
	Payload   string   `json:"payload_hex"`
	Type2     string   `json:"ntlm_type2_hex"`
	Native    *string  `json:"native_lanman"`
	NativeOS  *string  `json:"native_os"`
	OSHint    *string  `json:"os_hint"`
	UserLevel *string  `json:"smb1_user_level"`
	Encrypted *string  `json:"smb1_encrypted_pw"`
	NTLM      *struct {
		NbComputer string `json:"nb_computer"`
		NbDomain   string `json:"nb_domain"`
		Version    string `json:"version"`
	} `json:"ntlm_challenge"`
}

type generation struct{ sign, name string }

// generations are the products that the captures must cover, by what their labels contain; the first match counts.
func generations() []generation {
	return []generation{
		{"Samba 2.2", "Samba 2.2"}, {"Samba 3.0", "Samba 3.0"}, {"Samba 3.4", "Samba 3.4"}, {"Samba 3.6", "Samba 3.6"}, {"Samba 4.7", "Samba 4.7"},
		{"claims 6.1.0", "Samba 4"},
		{"Windows 5.0", "Windows 2000"}, {"5.1.2600", "Windows XP"}, {"5.2.3790", "Windows Server 2003"}, {"Windows Server 2003", "Windows Server 2003"},
		{"6.0.5231", "Windows Vista beta"}, {"6.0.6001", "Windows Server 2008"}, {"6.1.7600", "Windows Server 2008 R2"}, {"6.1.7601", "Windows Server 2008 R2 SP1"},
		{"Server 2008 R2", "Windows Server 2008 R2 SP1"}, {"Windows 7", "Windows 7"}, {"6.3.9600", "Windows Server 2012 R2"},
		{"10.0.10586", "Windows 10 1511"}, {"14393", "Windows Server 2016"}, {"10.0.15063", "Windows 10 1703"},
		{"10.0.17763", "Windows Server 2019"}, {"10.0.19041", "Windows 10 2004"}, {"10.0.20348", "Windows Server 2022"},
	}
}

// generation names the server as well as the labels allow.
func (c capture) generation() string {
	text := ""
	for _, p := range []*string{c.OSHint, c.NativeOS, c.Native} {
		if p != nil {
			text += *p + " "
		}
	}
	for _, g := range generations() {
		if strings.Contains(text, g.sign) {
			return g.name
		}
	}
	return "unnamed"
}

// TestCorpus replays every captured answer through the check and compares what it learns with the labels.
func TestCorpus(t *testing.T) {
	byName := map[string][]capture{}
	for _, c := range corpus.Records[capture](t, "smb.jsonl", 118) {
		byName[c.generation()] = append(byName[c.generation()], c)
	}
	for _, g := range generations() {
		if len(byName[g.name]) == 0 {
			t.Errorf("no capture of %s", g.name)
		}
	}
	for name, list := range byName {
		t.Run(name, func(t *testing.T) {
			for _, c := range list {
				t.Run(fmt.Sprintf("%s#%d", c.File, c.Frame), func(t *testing.T) { replayCapture(t, c) })
			}
		})
	}
}

// replayCapture plays a server that gives the captured answer, and the captured challenge where there is one, and
// closes on whatever else it is asked.
func replayCapture(t *testing.T, c capture) {
	payload, err := hex.DecodeString(c.Payload)
	if err != nil {
		t.Fatal(err)
	}
	type2, err := hex.DecodeString(c.Type2)
	if err != nil {
		t.Fatal(err)
	}
	if c.Proto == "smb1" {
		got := interviewOf(t, 445, flags(), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
			if note == noteSMB1 && sent[8] == 0x72 {
				return payload, check.Start
			}
			return nil, check.Closed
		}})
		compare1(t, c, got)
		return
	}
	got := interviewOf(t, 445, flags("no-smb1"), host{say: func(_ string, sent []byte) ([]byte, check.Cause) {
		h, err := smb2.ParseHeader(sent[4:])
		if err != nil {
			return nil, check.Closed
		}
		if h.Command == smb2.CommandSessionSetup && len(type2) > 0 {
			return smb2.AppendSessionSetupResponse(nil, h.MessageID, &smb2.SessionSetupResponse{
				Status: smb2.StatusMoreProcessing, Token: spnego.AppendResp(nil, type2),
			}), check.Start
		}
		if h.Command == smb2.CommandNegotiate && len(offers(sent[4:])) == 5 {
			return payload, check.Start
		}
		return nil, check.Closed
	}})
	compare2(t, c, got)
}

func compare2(t *testing.T, c capture, got asked) {
	f := got.facts
	guid, _ := f.ServerGUID.MarshalText()
	if f.Signing.String() != c.Level || f.SecurityMode != c.Mode || string(guid) != *c.GUID {
		t.Errorf("%s %s %s, want %s %s %s", f.Signing, f.SecurityMode, guid, c.Level, c.Mode, *c.GUID)
	}
	dialect := map[string]string{"0x0202": "2.0.2", "0x0210": "2.1", "0x0300": "3.0", "0x0302": "3.0.2", "0x0311": "3.1.1"}[c.Dialect]
	if odd := dialect == ""; odd != f.Odd || !odd && f.Dialect != dialect || odd && f.Dialect != c.Dialect {
		t.Errorf("dialect %s (odd: %v), want %s", f.Dialect, f.Odd, c.Dialect)
	}
	mechs := spnego.Names(c.Mechs)
	if !slices.Equal(f.Mechanisms, mechs) {
		t.Errorf("mechanisms %q, want %q", f.Mechanisms, mechs)
	}
	if len(c.Ciphers) != len(f.Encryption) && f.Dialect == top {
		t.Errorf("ciphers %q, want %q", f.Encryption, c.Ciphers)
	}
	if c.Type2 != "" && !f.Odd {
		compareNames(t, c, f)
	}
	want := signet.Exposed
	switch {
	case f.Odd:
		want = signet.Undetermined
	case c.Level == "required":
		want = signet.Guarded
	case f.Dialect == top, len(f.Encryption) > 0, c.Type2 == "" && !slices.Contains(mechs, spnego.NTLM):
		want = signet.Undetermined // the climb that would decide was met with a close
	}
	if got.judged.Verdict != want {
		t.Errorf("verdict %s, want %s: %q", got.judged.Verdict, want, got.judged.Because)
	}
}

func compareNames(t *testing.T, c capture, f *Facts) {
	if f.NTLMOffer != ntlmProven || f.NTLM == nil {
		t.Fatalf("the challenge was not seen: %s", f.AppendJSON(nil))
	}
	if c.NTLM != nil && (f.NTLM.NBComputer != c.NTLM.NbComputer || f.NTLM.NBDomain != c.NTLM.NbDomain || f.NTLM.OSVersion != c.NTLM.Version) {
		t.Errorf("names %+v, want %+v", *f.NTLM, *c.NTLM)
	}
}

func compare1(t *testing.T, c capture, got asked) {
	s := &got.facts.SMB1
	if !is(s.Offered) || s.Signing.String() != c.Level {
		t.Errorf("%s, want %s", got.facts.AppendJSON(nil), c.Level)
	}
	bit := map[bool]string{true: "1", false: "0"}
	if bit[is(s.UserLevel)] != *c.UserLevel || bit[!is(s.Plaintext)] != *c.Encrypted {
		t.Errorf("user level %v, plain text %v; want %s, encrypted %s", is(s.UserLevel), is(s.Plaintext), *c.UserLevel, *c.Encrypted)
	}
	if mechs := spnego.Names(c.Mechs); len(mechs) > 0 && !slices.Equal(got.facts.Mechanisms, mechs) {
		t.Errorf("mechanisms %q, want %q", got.facts.Mechanisms, mechs)
	}
	// The label words the GUID of SMB 1 in another byte order than that of SMB 2, though it is the same GUID.
	if guid := hex.EncodeToString(got.facts.ServerGUID[:]); c.GUIDRaw != nil && guid != *c.GUIDRaw {
		t.Errorf("GUID %s, want %s", guid, *c.GUIDRaw)
	}
	want := signet.Exposed
	if c.Level == "required" {
		want = signet.Undetermined // SMB 2 was met with a close, alone and in company of SMB 1: it stays unknown
	}
	if got.judged.Verdict != want {
		t.Errorf("verdict %s, want %s", got.judged.Verdict, want)
	}
}
