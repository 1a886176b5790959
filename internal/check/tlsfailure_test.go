package check

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestTLSAlert reads the alerts that a real handshake of crypto/tls ends with, and takes nothing else for one.
func TestTLSAlert(t *testing.T) {
	for alert, want := range map[byte]string{
		AlertHandshakeFailure: "DHE", AlertProtocolVersion: "version", AlertUnrecognizedName: "SNI", AlertCertificateRequired: "client certificate",
		AlertBadCertificate: "client certificate", AlertAccessDenied: "client certificate", AlertInsufficientSecurity: "cipher", AlertNoApplication: "HTTP/1.1", 80: "internal error",
	} {
		here, there := net.Pipe()
		go func() {
			there.Read(make([]byte, 4096))
			there.Write([]byte{0x15, 3, 3, 0, 2, 2, alert})
			there.Close()
		}()
		err := tls.Client(here, &tls.Config{InsecureSkipVerify: true}).Handshake()
		if got, ok := TLSAlert(err); !ok || got != alert || !SpeaksTLS(err) || NotTLS(err) {
			t.Errorf("alert %d: %d, %v of %v", alert, got, ok, err)
		}
		if got := TLSFailure(err); !strings.Contains(got, want) {
			t.Errorf("alert %d: %q", alert, got)
		}
	}
	here, there := net.Pipe()
	go func() {
		there.Read(make([]byte, 4096))
		there.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		there.Close()
	}()
	err := tls.Client(here, &tls.Config{InsecureSkipVerify: true}).Handshake()
	if !NotTLS(err) || SpeaksTLS(err) {
		t.Errorf("an HTTP answer: %v", err)
	}
	for _, err := range []error{nil, fmt.Errorf("x: %w", ErrTLSClosed)} {
		if SpeaksTLS(err) || NotTLS(err) || TLSFailure(err) == "" {
			t.Errorf("%v", err)
		}
	}
}
