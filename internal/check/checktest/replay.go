package checktest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
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
	turns := rec.Turns
	secured := func() bool {
		if len(turns) == 0 || turns[0].TLS == nil {
			if rec.End == check.TLSFailed {
				if end.Err = errors.New("recorded handshake failure"); rec.TLSClosed {
					end.Err = check.ErrTLSClosed
				}
				return false
			}
			t.Fatalf("%s: TLS wanted, the recording has none here", rec.Note)
		}
		end.TLS = turns[0].TLS
		turns = turns[1:]
		if w, ok := a.Talk.(check.Securable); ok {
			w.Secured(*end.TLS)
		}
		return true
	}
	if a.TLS != nil && !secured() {
		return end
	}
	var buf []byte
	for eof := false; ; {
		step, err := a.Talk.Next(buf, eof)
		if err != nil {
			end.Cause, end.Err = check.Malformed, err
			return end
		}
		buf = buf[step.Consumed:]
		if len(step.Send) > 0 {
			if len(turns) == 0 || !turns[0].Client {
				t.Fatalf("%s: unrecorded write\n%x", rec.Note, step.Send)
			}
			if !bytes.Equal(step.Send, turns[0].Bytes) {
				t.Fatalf("%s: wrong write\n got %x\nwant %x", rec.Note, step.Send, turns[0].Bytes)
			}
			turns = turns[1:]
		}
		if step.Done {
			if len(turns) > 0 && (turns[0].Client || turns[0].TLS != nil) {
				t.Fatalf("%s: done, but the recording goes on", rec.Note)
			}
			end.Cause = check.Done
			return end
		}
		if step.StartTLS != nil {
			if !secured() {
				return end
			}
			buf = nil
			continue
		}
		if eof {
			return end
		}
		for dribble := 1; ; dribble = dribble%7 + 1 {
			if len(turns) == 0 || turns[0].Client || turns[0].TLS != nil {
				if rec.End != check.Closed && rec.End != check.Malformed {
					if rec.End == check.Done {
						t.Fatalf("%s: the check waits for more than was recorded", rec.Note)
					}
					return end
				}
				eof = true
				break
			}
			n := min(dribble, len(turns[0].Bytes))
			if a.UDP { // a datagram comes whole
				n = len(turns[0].Bytes)
			}
			buf = append(buf, turns[0].Bytes[:n]...)
			end.Received += n
			if turns[0].Bytes = turns[0].Bytes[n:]; len(turns[0].Bytes) == 0 {
				turns = turns[1:]
			}
			if len(buf) >= step.Need {
				break
			}
		}
	}
}
