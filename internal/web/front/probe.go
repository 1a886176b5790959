package front

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	outward "signet/internal/reach"
)

// probeTime is how long a server may take to say that it lives.
const probeTime = 5 * time.Second

// Probe asks the server that listens on this machine as a Config says whether it lives. What is wrong with the Config is a *ConfigError.
func Probe(ctx context.Context, c Config) error {
	at, err := listenAddr(c.Listen)
	if err != nil {
		return err
	}
	if at.Addr().IsUnspecified() {
		lo := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if at.Addr().Is6() {
			lo = netip.IPv6Loopback()
		}
		at = netip.AddrPortFrom(lo, at.Port())
	}
	var conf *tls.Config
	if c.Cert != "" || c.Key != "" {
		own, err := loadCertificate(c.Cert, c.Key)
		if err != nil {
			return err
		}
		// Whatever name it is for: it is the very certificate of the file.
		conf = outward.Guard(&tls.Config{InsecureSkipVerify: true})
		conf.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, own.Certificate[0]) {
				return errors.New("it shows another certificate than that of --tls-cert")
			}
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", at.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if conf != nil {
		conn = tls.Client(conn, conf)
	}
	if _, err := io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", res.Status)
	}
	return nil
}
