package smb

import (
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/smb1"
	"signet/internal/wire/smb2"
)

// What a capture holds decides what may be said: a question that nobody asked was not asked in vain.
func TestOverheardSentences(t *testing.T) {
	old1, _ := speaks1(0x03)(smb1.AppendNegotiate(nil))
	signing1, _ := speaks1(0x0f)(smb1.AppendNegotiate(nil))
	s := windows()
	s.mode = 3
	signing2 := s.answer(0, smb2.Dialect311)
	ask2 := smb2.AppendNegotiate(nil, &smb2.NegotiateRequest{Dialects: native(), Offer: smb2.OfferAll})
	for _, c := range []struct {
		name    string
		heard   []check.Overheard
		verdict signet.Verdict
		because string
		not     string
		unasked string
	}{
		{"a client of SMB 1 alone", []check.Overheard{{FromClient: smb1.AppendNegotiate(nil), FromServer: old1}}, signet.Exposed, "does not sign", "SMB 2", "smb2"},
		{"a client of SMB 1 alone, signing required", []check.Overheard{{FromClient: smb1.AppendNegotiate(nil), FromServer: signing1}},
			signet.Undetermined, "nobody asked the server for SMB 2 or 3", "usable", "smb2"},
		{"SMB 2 was asked about in vain", []check.Overheard{
			{FromClient: smb1.AppendNegotiate(nil), FromServer: signing1}, {FromClient: ask2, FromServer: refused(smb2.CommandNegotiate, 0, 0xc00000d0)},
		}, signet.Undetermined, "gave no usable answer", "nobody asked", ""},
		{"SMB 2 answered, SMB 1 not asked about", []check.Overheard{{FromClient: ask2, FromServer: signing2}}, signet.Guarded, "nobody asked the server for SMB 1", "usable", "smb1"},
	} {
		o := observe(signet.Endpoint{Port: 445})
		for i := range c.heard {
			c.heard[i].ClientWhole, c.heard[i].ServerDone = true, true
			o.Hear(&c.heard[i])
		}
		r := o.Result()
		j := judge(r.Facts.(*Facts))
		said := strings.Join(j.Because, " | ")
		if j.Verdict != c.verdict || !strings.Contains(said, c.because) || strings.Contains(said, c.not) {
			t.Errorf("%s: %s, %q", c.name, j.Verdict, said)
		}
		asked := slices.DeleteFunc(slices.Clone(r.Unasked), func(s string) bool { return s != askSMB1 && s != askSMB2 })
		if strings.Join(asked, " ") != c.unasked {
			t.Errorf("%s: unasked %q", c.name, r.Unasked)
		}
	}
}

// Of two answers that disagree the weaker counts, and one that says no level is weaker than a guard alone.
func TestOverheardModes(t *testing.T) {
	for _, c := range []struct {
		modes []uint16
		want  signet.Level
	}{{[]uint16{3, 0x44}, signet.Unknown}, {[]uint16{0x44, 3}, signet.Unknown}, {[]uint16{1, 0x44}, signet.Optional}, {[]uint16{0x44, 1}, signet.Optional}, {[]uint16{3, 1}, signet.Optional}, {[]uint16{0, 1}, signet.Off}} {
		o := observe(signet.Endpoint{Port: 445})
		for _, m := range c.modes {
			s := windows()
			s.mode = m
			o.Hear(&check.Overheard{FromServer: s.answer(0, smb2.Dialect311)})
		}
		if f := o.Result().Facts.(*Facts); f.Signing != c.want {
			t.Errorf("modes %x: %s, want %s", c.modes, f.Signing, c.want)
		}
	}
	for _, c := range []struct {
		modes []byte
		want  signet.Level
	}{{[]byte{0x0f, 0xff}, signet.Unknown}, {[]byte{0xff, 0x0f}, signet.Unknown}, {[]byte{0x07, 0xff}, signet.Optional}, {[]byte{0xff, 0x03}, signet.Off}, {[]byte{0x03, 0xff}, signet.Off}} {
		o := observe(signet.Endpoint{Port: 445})
		for _, m := range c.modes {
			answer, _ := speaks1(m)(smb1.AppendNegotiate(nil))
			o.Hear(&check.Overheard{FromServer: answer})
		}
		if f := o.Result().Facts.(*Facts); f.SMB1.Signing != c.want {
			t.Errorf("SMB 1 modes %x: %s, want %s", c.modes, f.SMB1.Signing, c.want)
		}
	}
}
