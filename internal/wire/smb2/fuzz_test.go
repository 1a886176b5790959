package smb2

import (
	"bytes"
	"testing"
)

// FuzzParseNegotiate: what parses says the same after it was encoded again, and errors come with zero results.
func FuzzParseNegotiate(f *testing.F) {
	for _, s := range []string{answerAll, answer202, answerNoDialect, answer311Second, answerSetup, askedAll} {
		f.Add(message(f, s))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		n, err := ParseNegotiate(msg)
		if err != nil {
			if n.msg != nil || n.SecurityMode != 0 || n.Dialect != 0 {
				t.Fatalf("results with an error: %+v", n)
			}
			return
		}
		token, err := n.SecurityBuffer()
		if err != nil && token != nil {
			t.Fatalf("token %x with an error", token)
		}
		c, err := n.Contexts()
		if err != nil && c != (Contexts{}) {
			t.Fatalf("contexts %+v with an error", c)
		}
		again := AppendNegotiateResponse(nil, Header{}, &n, token, &c)[4:]
		n2, err := ParseNegotiate(again)
		if err != nil {
			t.Fatal(err)
		}
		token2, err := n2.SecurityBuffer()
		if err != nil || !bytes.Equal(token2, token) {
			t.Fatalf("token %x, want %x (%v)", token2, token, err)
		}
		if c2, err := n2.Contexts(); err != nil || c2 != c {
			t.Fatalf("contexts %+v, want %+v (%v)", c2, c, err)
		}
		n.msg, n2.msg = nil, nil
		if n.Dialect != n2.Dialect || n.SecurityMode != n2.SecurityMode || n.ServerGUID != n2.ServerGUID || n.SystemTime != n2.SystemTime ||
			n.StartTime != n2.StartTime || n.Capabilities != n2.Capabilities || n.MaxTransact != n2.MaxTransact || n.MaxRead != n2.MaxRead || n.MaxWrite != n2.MaxWrite {
			t.Fatalf("%+v, want %+v", n2, n)
		}
	})
}

// FuzzParseSessionSetup: as above, for the second exchange.
func FuzzParseSessionSetup(f *testing.F) {
	for _, s := range []string{answerSetup, answerNoDialect, askedSetup} {
		f.Add(message(f, s))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		r, err := ParseSessionSetup(msg)
		if err != nil {
			if r.Token != nil || r.Status != 0 || r.SessionID != 0 || r.Flags != 0 {
				t.Fatalf("results with an error: %+v", r)
			}
			return
		}
		r2, err := ParseSessionSetup(AppendSessionSetupResponse(nil, 1, &r)[4:])
		if err != nil || r2.Status != r.Status || r2.SessionID != r.SessionID || r2.Flags != r.Flags || !bytes.Equal(r2.Token, r.Token) {
			t.Fatalf("%+v, want %+v (%v)", r2, r, err)
		}
	})
}
