package ntlmssp

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"testing"
)

func TestServerEndPoint(t *testing.T) {
	der := []byte("a certificate")
	s224, s256, s384, s512 := sha256.Sum224(der), sha256.Sum256(der), sha512.Sum384(der), sha512.Sum512(der)
	for h, want := range map[CertificateHash][]byte{
		HashOther: s256[:], HashMD5: s256[:], HashSHA1: s256[:], HashSHA256: s256[:],
		HashSHA224: s224[:], HashSHA384: s384[:], HashSHA512: s512[:],
	} {
		if got := ServerEndPoint(der, h); !bytes.Equal(got, append([]byte("tls-server-end-point:"), want...)) {
			t.Errorf("hash %d: %q", h, got)
		}
	}
}

// TestChannelBindings uses the value that gss-ntlmssp 1.2.0 computed for the same data and compared with ours.
func TestChannelBindings(t *testing.T) {
	got := ChannelBindings([]byte("tls-server-end-point:0123456789abcdef0123456789abcdef"))
	if hex.EncodeToString(got[:]) != "5eda5394c965f26697e73da2828a7ad0" {
		t.Errorf("%x", got)
	}
}
