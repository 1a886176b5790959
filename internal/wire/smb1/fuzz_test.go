package smb1

import (
	"bytes"
	"testing"
)

// FuzzParseNegotiate: what parses says the same after it was encoded again, and errors come with zero results.
func FuzzParseNegotiate(f *testing.F) {
	for _, s := range []string{answerMandatory, answerNone, answerPlain, answerSetup, asked} {
		f.Add(message(f, s))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		n, err := ParseNegotiate(msg)
		if err != nil {
			if n.WordCount != 0 || n.Token != nil || n.Challenge != nil || n.Domain != "" || n.SecurityMode != 0 {
				t.Fatalf("results with an error: %+v", n)
			}
			return
		}
		n2, err := ParseNegotiate(AppendNegotiateResponse(nil, &n)[4:])
		if len(n.Domain)+len(n.Server) > 10000 || len(n.Challenge) > 0xff {
			return // more than the answer has room for when written as UTF-16, or with a length of one byte
		}
		if err != nil || n2.WordCount != n.WordCount || n2.DialectIndex != n.DialectIndex || n2.SecurityMode != n.SecurityMode ||
			n2.Capabilities != n.Capabilities || n2.SystemTime != n.SystemTime || n2.TimeZone != n.TimeZone || n2.GUID != n.GUID ||
			!bytes.Equal(n2.Token, n.Token) || !bytes.Equal(n2.Challenge, n.Challenge) || n2.Domain != n.Domain || n2.Server != n.Server {
			t.Fatalf("%+v, want %+v (%v)", n2, n, err)
		}
	})
}

// FuzzParseSessionSetup: as above, for the second exchange.
func FuzzParseSessionSetup(f *testing.F) {
	for _, s := range []string{answerSetup, answerNone, askedSetup} {
		f.Add(message(f, s))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		r, err := ParseSessionSetup(msg)
		if err != nil {
			if r.Token != nil || r.Status != 0 || r.NativeOS != "" || r.NTStatus || r.Guest {
				t.Fatalf("results with an error: %+v", r)
			}
			return
		}
		if len(r.NativeOS)+len(r.NativeLanMan)+len(r.Domain)+len(r.Token) > 10000 {
			return // more than the answer has room for when written as UTF-16
		}
		r2, err := ParseSessionSetup(AppendSessionSetupResponse(nil, &r)[4:])
		if err != nil || r2.Status != r.Status || r2.NTStatus != r.NTStatus || r2.Guest != r.Guest || !bytes.Equal(r2.Token, r.Token) ||
			r2.NativeOS != r.NativeOS || r2.NativeLanMan != r.NativeLanMan || r2.Domain != r.Domain {
			t.Fatalf("%+v, want %+v (%v)", r2, r, err)
		}
	})
}
