// Command tls is both ends of the bench's TLS bar. "serve" answers HTTPS on port 443 and LDAPS on port 636 of every
// address, as little as keeps a client talking, and tells on 127.0.0.1:9 how many handshakes it has completed. "loop
// FIRST COUNT PORT" is the least a client can do: a connection, a handshake and a close for each address.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 2 && os.Args[1] == "serve":
		serve()
	case len(os.Args) == 5 && os.Args[1] == "loop":
		loop(os.Args[2], os.Args[3], os.Args[4])
	default:
		log.Fatal("usage: tls serve | tls loop FIRST COUNT PORT")
	}
}

func serve() {
	config := &tls.Config{Certificates: []tls.Certificate{certificate()}, NextProtos: []string{"http/1.1"}}
	var done atomic.Int64
	for port, talk := range map[string]func(net.Conn){"443": web, "636": directory} {
		l, err := net.Listen("tcp4", "0.0.0.0:"+port)
		if err != nil {
			log.Fatal(err)
		}
		go accept(l, func(c net.Conn) {
			c.SetDeadline(time.Now().Add(10 * time.Second))
			t := tls.Server(c, config)
			if t.Handshake() == nil {
				done.Add(1)
				talk(t)
			}
		})
	}
	l, err := net.Listen("tcp4", "127.0.0.1:9")
	if err != nil {
		log.Fatal(err)
	}
	accept(l, func(c net.Conn) { fmt.Fprintln(c, done.Load()) })
}

func accept(l net.Listener, talk func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer c.Close()
			talk(c)
		}()
	}
}

// web answers every request with the same page.
func web(c net.Conn) {
	var b [4096]byte
	for {
		if _, err := c.Read(b[:]); err != nil {
			return
		}
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"); err != nil {
			return
		}
	}
}

// directory finds nothing and refuses every bind (result 7, authMethodNotSupported).
func directory(c net.Conn) {
	const bind, search = 0x60, 0x63
	var b [4096]byte
	for {
		n, err := c.Read(b[:])
		if err != nil {
			return
		}
		for rest := b[:n]; len(rest) > 0; {
			message, after := element(rest)
			if len(message) < 4 || message[0] != 2 || message[1] != 1 {
				return
			}
			answer := []byte{0x30, 0x0c, 0x02, 0x01, message[2], 0x65, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00}
			switch message[3] {
			case search:
			case bind:
				answer[5], answer[9] = 0x61, 7
			default: // unbind
				return
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
			rest = after
		}
	}
}

// element splits the content of the BER element that b starts with from what follows it; nil: it is not whole.
func element(b []byte) (content, after []byte) {
	if len(b) < 2 {
		return nil, nil
	}
	at, size := 2, int(b[1])
	if size > 0x80 {
		octets := size & 0x7f
		if octets > 4 || len(b) < 2+octets {
			return nil, nil
		}
		for size = 0; at < 2+octets; at++ {
			size = size<<8 | int(b[at])
		}
	}
	if size > len(b)-at {
		return nil, nil
	}
	return b[at : at+size], b[at+size:]
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench.example"}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func loop(first, count, port string) {
	addr, err := netip.ParseAddr(first)
	if err != nil {
		log.Fatal(err)
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		log.Fatal(err)
	}
	to := make(chan string)
	var wg sync.WaitGroup
	var done atomic.Int64
	start := time.Now()
	for range 64 {
		wg.Go(func() {
			for at := range to {
				c, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second, KeepAlive: -1}, "tcp", at, &tls.Config{InsecureSkipVerify: true})
				if err == nil {
					done.Add(1)
					c.Close()
				}
			}
		})
	}
	for range n {
		to <- net.JoinHostPort(addr.String(), port)
		addr = addr.Next()
	}
	close(to)
	wg.Wait()
	fmt.Printf("{\"done\":%d,\"wall\":%.3f}\n", done.Load(), time.Since(start).Seconds())
}
