package cli

import (
	"net"
	"sync"
	"testing"
	"time"
)

// holding is a server that answers nobody, and lets go of whoever came when it is told to.
type holding struct {
	mu    sync.Mutex
	conns []net.Conn
	held  bool
}

func hold(t *testing.T, addr string) *holding {
	t.Helper()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	h := &holding{held: true}
	t.Cleanup(func() { l.Close(); h.keep(false) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			if h.held {
				h.conns = append(h.conns, c)
			} else {
				c.Close()
			}
			h.mu.Unlock()
		}
	}()
	return h
}

// came waits until somebody is kept waiting.
func (h *holding) came(t *testing.T) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		h.mu.Lock()
		n := len(h.conns)
		h.mu.Unlock()
		if n > 0 {
			return
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatal("nobody comes")
		}
	}
}

// keep says whether those who come are kept waiting from now on.
func (h *holding) keep(yes bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held = yes; yes {
		return
	}
	for _, c := range h.conns {
		c.Close()
	}
	h.conns = nil
}
