package web

import (
	"net"
	"testing"
)

const nla = "rdp-nla-not-required"

// holding is a server on 3389 that takes connections and says nothing. It tells when somebody has come.
func holding(t *testing.T, addr string) <-chan struct{} {
	t.Helper()
	l, err := net.Listen("tcp4", net.JoinHostPort(addr, "3389"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	come := make(chan struct{}, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			come <- struct{}{}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return come
}
