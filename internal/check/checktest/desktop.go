package checktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Desktop is a Remote Desktop server on 3389: as recorded of xrdp 0.9.21 with security_layer=rdp, which takes no NLA, and once it is
// mended as recorded of freerdp-shadow-cli 2.11 with /sec:nla.
type Desktop struct {
	Mended atomic.Bool
	tls    *tls.Config
}

// ServeDesktop serves it on port 3389 of an address until the test ends.
func ServeDesktop(t testing.TB, addr string) *Desktop {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"vm"}}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	d := &Desktop{tls: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
	l, err := net.Listen("tcp4", net.JoinHostPort(addr, "3389"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go d.serve(c)
		}
	}()
	return d
}

func (d *Desktop) serve(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	b := make([]byte, 1024)
	n, err := c.Read(b)
	if err != nil || n < 16 {
		return
	}
	say := func(c net.Conn, digits string) {
		answer, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
		if err == nil {
			c.Write(answer)
		}
	}
	switch nla := b[15]&2 != 0; {
	case !d.Mended.Load():
		say(c, "030000130ed000001234000201080000000000")
	case !nla:
		say(c, "030000130ed000000000000300080005000000")
	default:
		say(c, "030000130ed000000000000203080002000000")
		s := tls.Server(c, d.tls)
		if _, err := s.Read(b); err != nil {
			return
		}
		say(s, `30819fa003020106a17430723070a06e046c4e544c4d53535000020000000400 040038000000058288a245cf29b6bfcdbcac0000000000000000300030003c00
			00000601b11d0000000f56004d000200040056004d000100040056004d000400 040076006d000300040076006d00070008008062e10b777add0100000000a522
			0420ac31276cf907f2dd2a61c904b71e2187e6fb0501170210550ce0ed6d32b2 9143`)
	}
	c.Read(b) // until the client has gone
}
