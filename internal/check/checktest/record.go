package checktest

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
	"signet/internal/dial"
	"signet/internal/engine"
)

// Rerecord records one conversation again from a server that was started for it, and holds the recording to the word
// after the last dot of its name: the verdict, or the outcome. Without a server to record from the test is skipped:
//
//	make record CHECK=mail AT=127.20.6.1:143 AS=dovecot-ntlm-143.exposed
//
// SIGNET_RECORD_COMMENT says which server it is. name is the host name to ask for. options gives the options that the
// name of a recording stands for, anew at each call because their random bytes are a sequence; nil: those of Options.
func Rerecord(t *testing.T, c check.Check, name string, options func(as string) *check.Options) {
	t.Helper()
	from, as := os.Getenv("SIGNET_RECORD"), os.Getenv("SIGNET_RECORD_AS")
	if from == "" || as == "" {
		t.Skip("SIGNET_RECORD (address:port of a server) or SIGNET_RECORD_AS (server.verdict) is not set")
	}
	at, err := netip.ParseAddrPort(from)
	if err != nil {
		t.Fatal(err)
	}
	if options == nil {
		options = func(string) *check.Options { return Options() }
	}
	path := filepath.Join("testdata", as+".flow")
	Record(t, c, at, name, os.Getenv("SIGNET_RECORD_COMMENT"), path, options(as))
	res := Replay(t, c, path, options(as))
	t.Logf("%v %v %v", res.Outcome, res.Unasked, res.Err)
	var verdict signet.Verdict
	if res.Facts != nil && res.Outcome == signet.Answered {
		j, err := c.Judge(res.Facts)
		if err != nil {
			t.Fatal(err)
		}
		verdict = j.Verdict
		t.Logf("%s\n%+v", res.Facts.AppendJSON(nil), j)
	}
	if want := filepath.Ext(as); want != "."+verdict.String() && want != "."+res.Outcome.String() {
		t.Errorf("%v, verdict %v; the name says %s", res.Outcome, verdict, as)
	}
}

// Record asks a real endpoint and writes what was said to path.
func Record(t testing.TB, c check.Check, at netip.AddrPort, name, comment, path string, o *check.Options) {
	t.Helper()
	f := &Flow{Comment: comment, Port: at.Port(), Name: name}
	for _, p := range c.Ports {
		if p.Number == at.Port() {
			f.Transport = p.Transport
		}
	}
	iv := c.Begin(check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: at.Addr(), Name: name}, Port: at.Port(), Transport: f.Transport}, Options: o})
	d := &dial.Dialer{Limits: dial.Defaults(), Gate: dial.NewGate(dial.Pace{}, time.Now)}
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
		end = engine.Converse(ctx, d, netip.AddrPortFrom(at.Addr(), rec.Port), a, nil)
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
