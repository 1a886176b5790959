package engine

import (
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"signet"
	"signet/internal/check"
)

// randomTalk says something that nobody could know, and expects it back.
type randomTalk struct {
	said, heard []byte
	random      func([]byte)
}

func (r *randomTalk) Next(in []byte, eof bool) (check.Step, error) {
	if r.said == nil {
		r.said = make([]byte, 16)
		r.random(r.said)
		return check.Step{Send: append(slices.Clone(r.said), '\n')}, nil
	}
	if len(in) < 17 {
		return check.Step{Need: 17}, nil
	}
	r.heard = []byte(fmt.Sprintf("%x", in[:16]))
	return check.Step{Consumed: 17, Done: true}, nil
}

type randomAsk struct {
	talk  *randomTalk
	later [8]byte
	end   check.End
}

func (r *randomAsk) Next(e check.End) (check.Attempt, bool) {
	r.end = e
	if e.Cause == check.Start {
		return check.Attempt{Note: "random", Talk: r.talk}, true
	}
	r.talk.random(r.later[:])
	return check.Attempt{}, false
}

func (r *randomAsk) Result() check.Result {
	return check.Result{Outcome: r.end.Outcome(), Facts: &lineFacts{[]string{fmt.Sprintf("%x", r.talk.said), string(r.talk.heard), fmt.Sprintf("%x", r.later)}}}
}

// Preludes with random bytes in them are said before there is an interview, and are its own all the same; their
// random bytes, and those drawn after them, are of each connection alone.
func TestPreludesWithRandomBytes(t *testing.T) {
	everyDriver(t, func(t *testing.T, d driver) {
		n := newNetwork(t)
		echo := func(c net.Conn) {
			b := make([]byte, 17)
			if _, err := io.ReadFull(c, b); err == nil {
				c.Write(b)
			}
			io.Copy(io.Discard, c)
		}
		var addrs []string
		for i := range 30 {
			addrs = append(addrs, fmt.Sprintf("127.9.13.%d", i+1))
			n.serve(addrs[i], 0, echo)
		}
		c := lineCheck()
		c.Begin = func(s check.Subject) check.Interview {
			return &randomAsk{talk: &randomTalk{random: s.Options.Random}}
		}
		r, g := newRun(items(addrs...), Plan{Check: c, Ports: []check.Port{{Number: n.port}}})
		var drawn atomic.Int64
		r.Options.Random = func(b []byte) {
			for i := range b {
				b[i] = byte(drawn.Add(1) * 37)
			}
			b[0] = byte(drawn.Load() >> 3)
		}
		do(t, r, d)
		first, later := map[string]bool{}, map[string]bool{}
		for _, o := range g.list {
			f := o.Facts.(*lineFacts).Answers
			if o.Outcome != signet.Answered || f[0] != f[1] || len(o.Trace) != 1 || fmt.Sprintf("%x", o.Trace[0].Sent) != f[0]+"0a" {
				t.Errorf("%s: %s, %q", o.Endpoint, word(o), o.Trace)
			}
			first[f[0]], later[f[2]] = true, true
		}
		if len(g.list) != 30 || len(first) != 30 || len(later) != 30 {
			t.Errorf("%d observations, %d different preludes, %d different draws after them", len(g.list), len(first), len(later))
		}
	})
}
