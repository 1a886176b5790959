package mssql

import (
	"testing"

	"signet/internal/check"
	"signet/internal/wire/tds"
)

// Whatever a peer says, the conversation ends, consumes no more than it was given and asks for a bounded amount.
func FuzzConversation(f *testing.F) {
	f.Add([]byte(nil), []byte(nil))
	f.Add(encrypts(tds.EncryptNotSupported), tds.AppendMessage(nil, tds.TypeTabular, tds.AppendLoginAnswer(nil, *challenges(nil)), 0))
	f.Add(encrypts(tds.EncryptRequired), tds.AppendMessage(nil, tds.TypeTabular, tds.AppendLoginAnswer(nil, tds.LoginAnswer{SSPI: type2()}), 0))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, strict := range []bool{false, true} {
			k := &conversation{login: true, strict: strict}
			if _, err := k.Next(nil, false); err != nil {
				t.Fatal(err)
			}
			for i, in := range [][]byte{first, second} {
				step, err := k.Next(in, i == 1)
				if err != nil {
					break
				}
				if step.Consumed > len(in) || step.Need > tds.MaxMessage+tds.MaxPacketSize || step.Done && step.StartTLS != nil {
					t.Fatalf("%x: %+v", in, step)
				}
				if step.Done {
					break
				}
				if step.StartTLS != nil {
					k.Secured(check.TLSState{})
					if step, err := k.Next(nil, false); err != nil || len(step.Send) == 0 {
						t.Fatalf("after TLS: %+v, %v", step, err)
					}
				}
			}
			k.ntlm()
			k.refused()
		}
	})
}
