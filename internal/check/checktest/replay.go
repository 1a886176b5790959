package checktest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"signet"
	"signet/internal/check"
)

// Options returns options whose random bytes and clock are the same in every recording and replay.
func Options() *check.Options {
	src := rand.NewChaCha8([32]byte([]byte("signet recordings use this seed.")))
	return &check.Options{
		Depth:     signet.Anonymous,
		DecoyName: "signet-0123456789abc",
		Random:    func(b []byte) { src.Read(b) },
		Now:       func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
	}
}

// Replay holds the check's interview against the recording and returns what it learned. It fails the test where
// check and recording disagree.
func Replay(t testing.TB, c check.Check, path string, o *check.Options) check.Result {
	t.Helper()
	f, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return ReplayFlow(t, c, f, o)
}

// ReplayFlow is Replay of a flow in memory.
func ReplayFlow(t testing.TB, c check.Check, f *Flow, o *check.Options) check.Result {
	t.Helper()
	iv := c.Begin(check.Subject{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("192.0.2.1"), Name: f.Name}, Port: f.Port, Transport: f.Transport},
		Options:  o,
	})
	var end check.End
	for i := 0; ; i++ {
		a, ok := iv.Next(end)
		if !ok {
			if i < len(f.Attempts) {
				t.Fatalf("the check ended after %d attempts, the recording has %d", i, len(f.Attempts))
			}
			return iv.Result()
		}
		if i >= len(f.Attempts) {
			t.Fatalf("attempt %d, %q, is not in the recording", i+1, a.Note)
		}
		port, tr := a.Port, signet.TCP
		if port == 0 {
			port = f.Port
		}
		if a.UDP {
			tr = signet.UDP
		}
		want := f.Attempts[i]
		if port != want.Port || tr != want.Transport || a.Note != want.Note {
			t.Fatalf("attempt %d is %d/%s %q, recorded %d/%s %q", i+1, port, tr, a.Note, want.Port, want.Transport, want.Note)
		}
		end = replay(t, a, want)
	}
}

func replay(t testing.TB, a check.Attempt, rec Attempt) check.End {
	t.Helper()
	end := check.End{Cause: rec.End}
	switch rec.End {
	case check.NoAnswer, check.Rejected, check.Unroutable, check.Denied:
		return end
	}
	end.Connected = !a.UDP
	turns := slices.Clone(rec.Turns) // their bytes are cut off as they are handed over
	secured := func() bool {
		if len(turns) > 0 && turns[0].TLS != nil {
			end.TLS = turns[0].TLS
			turns = turns[1:]
			return true
		}
		if rec.End != check.TLSFailed {
			t.Fatalf("%s: TLS wanted, the recording has none here", rec.Note)
		}
		if end.Err = errors.New("recorded handshake failure"); rec.TLSClosed {
			end.Err = check.ErrTLSClosed
		}
		return false
	}
	var stepper check.Stepper
	stepper.Hold(&bounded{Conversation: a.Talk, t: t, note: rec.Note})
	todo := check.Action{StartTLS: a.TLS}
	if a.TLS == nil {
		todo = stepper.Step(nil, false)
	}
	for dribble := 0; ; {
		if len(todo.Send) > 0 {
			if len(turns) == 0 || !turns[0].Client {
				t.Fatalf("%s: unrecorded write\n%x", rec.Note, todo.Send)
			}
			if !bytes.Equal(todo.Send, turns[0].Bytes) {
				t.Fatalf("%s: wrong write\n got %x\nwant %x", rec.Note, todo.Send, turns[0].Bytes)
			}
			turns, dribble = turns[1:], 0
		}
		switch {
		case todo.End == check.Done && len(turns) > 0 && (turns[0].Client || turns[0].TLS != nil):
			t.Fatalf("%s: done, but the recording goes on", rec.Note)
		case todo.End != check.Start && todo.End != rec.End:
			t.Fatalf("%s: it ends with %q, recorded %q", rec.Note, todo.End, rec.End)
		case todo.End != check.Start:
			end.Cause, end.Err = todo.End, todo.Err
			return end
		case todo.StartTLS != nil:
			if !secured() {
				return end
			}
			todo, dribble = stepper.Secured(*end.TLS), 0
		case len(turns) > 0 && !turns[0].Client && turns[0].TLS == nil:
			dribble = dribble%7 + 1
			n := min(dribble, len(turns[0].Bytes))
			if a.UDP { // a datagram comes whole
				n = len(turns[0].Bytes)
			}
			got := turns[0].Bytes[:n]
			if turns[0].Bytes = turns[0].Bytes[n:]; len(turns[0].Bytes) == 0 {
				turns = turns[1:]
			}
			end.Received += n
			todo = stepper.Step(got, false)
		case rec.End == check.Closed, rec.End == check.Malformed:
			todo = stepper.Step(nil, true)
		case rec.End == check.Done:
			t.Fatalf("%s: the check waits for more than was recorded", rec.Note)
		default:
			return end
		}
	}
}
