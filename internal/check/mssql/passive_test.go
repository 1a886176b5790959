package mssql

import (
	"slices"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/check/checktest"
	"signet/internal/wire/tds"
)

// What the TLS handshake inside PRELOGIN packets shows, however it is cut into them.
func TestOverheardTLS(t *testing.T) {
	old := checktest.Handshake(t, "samba-ldaps-12.hex")
	answer := tds.AppendMessage(nil, tds.TypeTabular, tds.AppendPrelogin(nil, tds.Prelogin{Version: sql2022, HasEncryption: true, Encryption: tds.EncryptRequired}), 4096)
	whole := tds.AppendWrapped(slices.Clone(answer), old)
	pieces := slices.Clone(answer)
	for part := range slices.Chunk(old, 100) {
		pieces = tds.AppendWrapped(pieces, part)
	}
	for name, c := range map[string]struct {
		stream  []byte
		version string
	}{"whole": {whole, "1.2"}, "in pieces": {pieces, "1.2"}, "none": {answer, ""}, "cut": {whole[:len(answer)+20], ""}} {
		o := passive().Observe(signet.Endpoint{Port: 1433})
		o.Hear(&check.Overheard{FromServer: c.stream, ServerWhole: true})
		f, ok := o.Result().Facts.(*Facts)
		if !ok {
			t.Fatalf("%s: nothing was heard", name)
		}
		got := ""
		if f.TLS != nil {
			got = f.TLS.Version
		}
		if got != c.version || f.Encryption != encryptionRequired {
			t.Errorf("%s: version %q, encryption %s", name, got, f.Encryption)
		}
	}
}
