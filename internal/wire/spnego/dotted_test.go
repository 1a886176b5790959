package spnego

import (
	"testing"

	"signet/internal/wire/ber"
)

// The short cut must say what the decoder says.
func TestDotted(t *testing.T) {
	for _, want := range []string{OIDNTLM, OIDNegoEx, OIDKerberos, OIDKerberosMS, OIDKerberosU2U, oidSPNEGO, "1.2.840.113549.1"} {
		content, _, err := ber.Expect(ber.AppendOID(nil, want), ber.OID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dotted(content)
		slow, err2 := ber.OIDString(content)
		if err != nil || err2 != nil || got != want || slow != want {
			t.Errorf("%x: %q (%v) and %q (%v), want %q", content, got, err, slow, err2, want)
		}
		if n := testing.AllocsPerRun(10, func() { dotted(content) }); n != 0 && want != "1.2.840.113549.1" {
			t.Errorf("%s: %v allocations", want, n)
		}
	}
}
