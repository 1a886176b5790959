package checktest

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
)

// Record asks a real endpoint and writes what was said to path. It is called by tests that were given an address to
// record from, never by others.
func Record(t testing.TB, c check.Check, at netip.AddrPort, name, comment, path string, o *check.Options) {
	t.Helper()
	f := &Flow{Comment: comment, Port: at.Port(), Name: name}
	for _, p := range c.Ports {
		if p.Number == at.Port() {
			f.Transport = p.Transport
		}
	}
	iv := c.Begin(check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: at.Addr(), Name: name}, Port: at.Port(), Transport: f.Transport}, Options: o})
	d := &dial.Dialer{Limits: dial.Defaults()}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var end check.End
	for {
		a, ok := iv.Next(end)
		if !ok {
			break
		}
		rec := Attempt{Port: a.Port, Note: a.Note}
		if rec.Port == 0 {
			rec.Port = at.Port()
		}
		if a.UDP {
			rec.Transport = signet.UDP
		}
		tap := &tap{Conversation: a.Talk, rec: &rec}
		a.Talk = tap
		end = engine.Hold(ctx, d, netip.AddrPortFrom(at.Addr(), rec.Port), a, nil)
		rec.End, rec.TLSClosed = end.Cause, errors.Is(end.Err, check.ErrTLSClosed)
		f.Attempts = append(f.Attempts, rec)
	}
	if err := os.WriteFile(path, f.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tap notes what passes through a conversation.
type tap struct {
	check.Conversation
	rec  *Attempt
	seen int // how many bytes of the pending input are noted already
}

func (t *tap) Next(in []byte, eof bool) (check.Step, error) {
	if len(in) > t.seen {
		t.rec.Turns = append(t.rec.Turns, Turn{Bytes: append([]byte(nil), in[t.seen:]...)})
	}
	step, err := t.Conversation.Next(in, eof)
	t.seen = len(in) - min(step.Consumed, len(in))
	if len(step.Send) > 0 {
		t.rec.Turns = append(t.rec.Turns, Turn{Client: true, Bytes: append([]byte(nil), step.Send...)})
	}
	if step.StartTLS != nil {
		t.seen = 0
	}
	return step, err
}

func (t *tap) Secured(st check.TLSState) {
	t.rec.Turns = append(t.rec.Turns, Turn{TLS: &st})
	if w, ok := t.Conversation.(check.Securable); ok {
		w.Secured(st)
	}
}
