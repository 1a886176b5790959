package ntlmssp

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// recordedChallenge is what gss-ntlmssp 1.2.0 (Debian 12), started for this test, answered to Negotiate.
const recordedChallenge = "4e544c4d5353500002000000040004003800000005828aa2a249fe6d347c733d0000000000000000420042003c000000060200000000000f" +
	"56004d00" + "0100040056004d00" + "0200160057004f0052004b00530054004100540049004f004e00" + "0300040076006d00" + "0600040000000000" +
	"0700080046e1d525747add01" + "00000000"

// specChallenge is the CHALLENGE of [MS-NLMP] §4.2.4.3.
const specChallenge = "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f" +
	"530065007200760065007200" + "02000c0044006f006d00610069006e00" + "01000c00530065007200760065007200" + "00000000"

func TestParseChallenge(t *testing.T) {
	// head builds the fixed part up to the server's challenge; the tests write out what follows.
	head := func(name, flags string) string {
		return "4e544c4d5353500002000000" + name + flags + "0123456789abcdef"
	}
	const none, version = "0000000000000000", "0a00614a0000000f"
	for _, c := range []struct {
		name, in string
		want     Challenge
		fails    string
	}{
		{name: "recorded", in: recordedChallenge, want: Challenge{
			TargetName: "VM", Flags: 0xa28a8205, NbComputer: "VM", NbDomain: "WORKSTATION", DNSComputer: "vm",
			Time: time.Date(2026, 11, 22, 11, 25, 16, 55175000, time.UTC), Version: Version{6, 2, 0, 15}}},
		{name: "specification", in: specChallenge, want: Challenge{
			TargetName: "Server", Flags: 0xe28a8233, NbComputer: "Server", NbDomain: "Domain", Version: Version{6, 0, 6000, 15}}},
		{name: "trailing bytes", in: specChallenge + "a31200", want: Challenge{
			TargetName: "Server", Flags: 0xe28a8233, NbComputer: "Server", NbDomain: "Domain", Version: Version{6, 0, 6000, 15}}},
		{name: "oldest form, OEM", in: head("0300030020000000", "06020000") + "4c41c4",
			want: Challenge{TargetName: "LA\uFFFD", Flags: 0x206}},
		{name: "oldest form, no name", in: head(none, "06020000"), want: Challenge{Flags: 0x206}},
		{name: "no target info, version", in: head("0400040038000000", "05020002") + none + none + version + "41004200",
			want: Challenge{TargetName: "AB", Flags: 0x02000205, Version: Version{10, 0, 19041, 15}}},
		{name: "target info without its flag is ignored", in: head(none, "05020002") + none + "ffffff00ffffffff" + version,
			want: Challenge{Flags: 0x02000205, Version: Version{10, 0, 19041, 15}}},
		{name: "empty target info", in: head(none, "05028000") + none + "0000000030000000",
			want: Challenge{Flags: 0x00800205}},
		{name: "target info of a terminator", in: head(none, "05028000") + none + "0400040030000000" + "00000000",
			want: Challenge{Flags: 0x00800205}},
		{name: "target info announced at the end of the message", in: head(none, "05028000") + none + "2400240030000000",
			want: Challenge{Flags: 0x00800205}},
		{name: "a name of a lone terminator", in: head(none, "05028000") + none + "0a000a0030000000" + "040002000000" + "00000000",
			want: Challenge{Flags: 0x00800205}},
		{name: "version flag, payload in its place", in: head("0400040030000000", "05028002") + none + "0400040034000000" + "41004200" + "00000000",
			want: Challenge{TargetName: "AB", Flags: 0x02800205}},
		{name: "version flag, message ends before it", in: head(none, "05020002") + none + none,
			want: Challenge{Flags: 0x02000205}},
		{name: "no terminator", in: head(none, "05028000") + none + "0800080030000000" + "0100040041004200",
			want: Challenge{Flags: 0x00800205, NbComputer: "AB"}},
		{name: "the first of two counts; flags; time beyond RFC 3339; long dns names", want: Challenge{
			Flags: 0x00800205, NbComputer: "A", AVFlags: 4, DNSDomain: "d", DNSForest: "f", DNSComputer: "\U0001F600"},
			in: head(none, "05028000") + none + "3800380030000000" + "010002004100" + "010002004200" + "0600040004000000" +
				"07000800ffffffffffffffff" + "040002006400" + "050002006600" + "030004003dd800de" + "00000000"},
		{name: "unpaired surrogate", in: head("0400040020000000", "05020000") + "3dd84100", want: Challenge{TargetName: "\uFFFDA", Flags: 0x205}},

		{name: "nothing", fails: "signature"},
		{name: "a negotiate", in: goldenNegotiate, fails: "type 1"},
		{name: "header cut off", in: head(none, "05020000")[:62], fails: "inside its header"},
		{name: "target info flag without the field", in: head(none, "05028000") + none + "00000000", fails: "inside its header"},
		{name: "name outside", in: head("0300030021000000", "06020000") + "4c4142", fails: "target name"},
		{name: "name far outside", in: head("03000300ffffffff", "06020000") + "4c4142", fails: "target name"},
		{name: "odd name", in: head("0300030020000000", "05020000") + "4c4142", fails: "target name"},
		{name: "target info outside", in: head(none, "05028000") + none + "0500050030000000" + "00000000", fails: "target info"},
		{name: "pair outside", in: head(none, "05028000") + none + "0400040030000000" + "01000100", fails: "av pair 1"},
		{name: "half a pair", in: head(none, "05028000") + none + "0300030030000000" + "010001", fails: "av pair header"},
		{name: "odd pair", in: head(none, "05028000") + none + "0500050030000000" + "0200010041", fails: "av pair 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseChallenge(unhex(t, c.in))
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestVersionString(t *testing.T) {
	for v, want := range map[Version]string{{}: "", {10, 0, 20348, 15}: "10.0.20348", {6, 1, 0, 15}: "6.1.0"} {
		if got := v.String(); got != want {
			t.Errorf("%+v: %q, want %q", v, got, want)
		}
	}
}

func TestFiletime(t *testing.T) {
	for _, c := range []struct {
		ticks uint64
		want  string
	}{
		{1, "1601-01-01T00:00:00.0000001Z"},
		{unixEpoch - 1, "1969-12-31T23:59:59.9999999Z"},
		{unixEpoch, "1970-01-01T00:00:00Z"},
		{2650467743999999999, "9999-12-31T23:59:59.9999999Z"},
		{2650467744000000000, "0001-01-01T00:00:00Z"},
		{0, "0001-01-01T00:00:00Z"},
		{1 << 63, "0001-01-01T00:00:00Z"},
	} {
		got := fromFiletime(c.ticks)
		if s := got.Format(time.RFC3339Nano); s != c.want {
			t.Errorf("%d: %s, want %s", c.ticks, s, c.want)
		}
		if !got.IsZero() && toFiletime(got) != c.ticks {
			t.Errorf("%d came back as %d", c.ticks, toFiletime(got))
		}
	}
}

// encodeChallenge is the inverse that the property of the fuzz target needs. It stays in the test: nothing in
// Signet makes challenges.
func encodeChallenge(c Challenge) []byte {
	name := encodeUTF16(c.TargetName)
	if c.Flags&FlagUnicode == 0 {
		name = []byte(strings.ReplaceAll(c.TargetName, "\uFFFD", "\xff"))
	}
	var info []byte
	for _, p := range []struct {
		id avID
		s  string
	}{{avNbComputer, c.NbComputer}, {avNbDomain, c.NbDomain}, {avDNSComputer, c.DNSComputer}, {avDNSDomain, c.DNSDomain}, {avDNSTree, c.DNSForest}} {
		if p.s != "" {
			info = appendAV(info, p.id, encodeUTF16(p.s))
		}
	}
	if c.AVFlags != 0 {
		info = appendAV(info, avFlags, binary.LittleEndian.AppendUint32(nil, c.AVFlags))
	}
	if !c.Time.IsZero() {
		info = appendAV(info, avTimestamp, binary.LittleEndian.AppendUint64(nil, toFiletime(c.Time)))
	}
	info = appendAV(info, avEOL, nil)
	b := make([]byte, 56)
	copy(b, signature)
	b[8] = 2
	binary.LittleEndian.PutUint16(b[12:], uint16(len(name)))
	binary.LittleEndian.PutUint32(b[16:], 56)
	binary.LittleEndian.PutUint32(b[20:], uint32(c.Flags))
	binary.LittleEndian.PutUint16(b[40:], uint16(len(info)))
	binary.LittleEndian.PutUint32(b[44:], uint32(56+len(name)))
	copy(b[48:], []byte{c.Version.Major, c.Version.Minor, byte(c.Version.Build), byte(c.Version.Build >> 8), 0, 0, 0, c.Version.Revision})
	return append(append(b, name...), info...)
}

// FuzzParseChallenge holds that an error comes with a zero result and that what was read says the same again when
// written by an independent encoder.
func FuzzParseChallenge(f *testing.F) {
	f.Add(unhex(f, recordedChallenge))
	f.Add(unhex(f, specChallenge))
	f.Add(unhex(f, "4e544c4d5353500002000000030003002000000006020000"+"0123456789abcdef"+"4c41c4"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseChallenge(b)
		if err != nil {
			if c != (Challenge{}) {
				t.Fatalf("%v with %+v", err, c)
			}
			return
		}
		again, err := ParseChallenge(encodeChallenge(c))
		if err != nil || again != c {
			t.Fatalf("read  %+v\nagain %+v %v", c, again, err)
		}
	})
}
