package rdp

import (
	"testing"

	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/rdp"
)

// Whatever a peer says, the conversation ends, consumes no more than it was given and asks for a bounded amount.
func FuzzConversation(f *testing.F) {
	f.Add([]byte(nil), []byte(nil))
	f.Add(checktest.Hex(f, selected(rdp.NLA)), rdp.AppendTSRequest(nil, rdp.TSRequest{Version: 6, Tokens: [][]byte{{1}}}))
	f.Add(checktest.Hex(f, noNegotiation), []byte(nil))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		k := &conversation{ask: rdp.TLS | rdp.NLA | rdp.NLAEx, names: true}
		if _, err := k.Next(nil, false); err != nil {
			t.Fatal(err)
		}
		for i, in := range [][]byte{first, second} {
			step, err := k.Next(in, i == 1)
			if err != nil || step.Done {
				if err != nil && i == 0 && k.answer != nil {
					t.Fatal("an answer beside an error")
				}
				return
			}
			if step.Consumed > len(in) || step.Need > rdp.MaxTSRequest {
				t.Fatalf("%x: %+v", in, step)
			}
			if step.StartTLS != nil {
				k.Secured(check.TLSState{})
				if step, err := k.Next(nil, false); err != nil || len(step.Send) == 0 {
					t.Fatalf("after TLS: %+v, %v", step, err)
				}
			}
		}
	})
}
