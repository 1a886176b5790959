package checktest

import (
	"fmt"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
)

// line is a check of one attempt: it says "hi\n", wants TLS where the answer is "tls\n", then says "in\n", and is done
// with any other line. A line that begins with "!" is malformed.
type line struct {
	steps   int
	asked   bool
	secured bool
	end     check.End
}

func (l *line) Next(in []byte, eof bool) (check.Step, error) {
	if l.steps++; l.steps == 1 {
		return check.Step{Send: []byte("hi\n")}, nil
	}
	if l.secured {
		l.secured = false
		return check.Step{Send: []byte("in\n")}, nil
	}
	text, _, whole := strings.Cut(string(in), "\n")
	switch {
	case eof && text == "bye":
		return check.Step{Consumed: len(in), Done: true}, nil
	case !whole:
		return check.Step{}, nil
	case strings.HasPrefix(text, "!"):
		return check.Step{}, fmt.Errorf("malformed")
	case text == "tls":
		return check.Step{Consumed: len(text) + 1, StartTLS: &check.TLS{}}, nil
	case text == "greedy":
		return check.Step{Consumed: len(in) + 1}, nil
	}
	return check.Step{Consumed: len(text) + 1, Done: true}, nil
}

func (l *line) Secured(check.TLSState) { l.secured = true }

type ask struct{ talk line }

func (a *ask) Next(end check.End) (check.Attempt, bool) {
	a.talk.end = end
	if a.talk.asked {
		return check.Attempt{}, false
	}
	a.talk.asked = true
	return check.Attempt{Note: "line", Talk: &a.talk}, true
}

func (a *ask) Result() check.Result { return check.Result{Outcome: a.talk.end.Outcome()} }

// failing notes what a test would have failed with.
type failing struct {
	testing.TB
	text string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f)
}

func failure(do func(testing.TB)) (text string) {
	f := &failing{}
	defer func() {
		if p := recover(); p != nil {
			if p != any(f) {
				panic(p)
			}
			text = f.text
		}
	}()
	do(f)
	return ""
}

// A recording that the check does not follow fails the replay, each in its own words.
func TestReplayFails(t *testing.T) {
	const hi, ok, tls, in, more = ">>> client\n68690a\n", ">>> server\n6f6b0a\n", ">>> server\n746c730a\n", ">>> client\n696e0a\n", "=== connect 7/tcp line\n=== end refused\n"
	for _, c := range []struct{ name, turns, end, more, fails string }{
		{"as recorded", hi + ok, "done", "", ""},
		{"over TLS", hi + tls + ">>> tls {}\n" + in + ok, "done", "", ""},
		{"a handshake that failed", hi + tls, "tls-closed", "", ""},
		{"cut short", hi + ">>> server\n6f\n", "closed", "", ""},
		{"silent", hi, "stalled", "", ""},
		{"malformed", hi + ">>> server\n210a\n", "malformed", "", ""},
		{"a wrong write", ">>> client\n68\n" + ok, "done", "", "wrong write"},
		{"an unrecorded write", ok, "done", "", "unrecorded write"},
		{"an early end", hi + ok + in, "done", "", "the recording goes on"},
		{"another end", hi + ok, "closed", "", `ends with "done"`},
		{"an end that does not come", hi, "done", "", "waits for more"},
		{"no end of the peer", hi, "malformed", "", "ends with"},
		{"no handshake", hi + tls + in + ok, "done", "", "TLS wanted"},
		{"more attempts", hi + ok, "done", more, "ended after 1 attempts"},
		{"more than there is consumed", hi + ">>> server\n6772656564790a\n", "done", "", "consumed 8 of 7"},
	} {
		f, err := parse([]byte("endpoint 7/tcp\n=== connect 7/tcp line\n" + c.turns + "=== end " + c.end + "\n" + c.more))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for range 2 { // a replay leaves the recording as it was
			got := failure(func(tb testing.TB) {
				ReplayFlow(tb, check.Check{Begin: func(check.Subject) check.Interview { return &ask{} }}, f, Options())
			})
			if c.fails == "" && got != "" || !strings.Contains(got, c.fails) {
				t.Errorf("%s: fails with %q, want %q", c.name, got, c.fails)
			}
		}
	}
}

// A peer ends the connection as it is told to, once all it says was heard.
func TestPeer(t *testing.T) {
	answers := func(text string, end check.Cause) func([]byte) ([]byte, check.Cause) {
		return func([]byte) ([]byte, check.Cause) { return []byte(text), end }
	}
	secured := func(*check.TLS) (check.TLSState, error) {
		return check.TLSState{Facts: signet.TLS{Version: "1.3"}}, nil
	}
	both := func(sent []byte) ([]byte, check.Cause) {
		return []byte(map[string]string{"hi\n": "tls\n", "in\n": "ok\n"}[string(sent)]), check.Start
	}
	for _, c := range []struct {
		name string
		peer Peer
		want string
	}{
		{"refuses", Peer{Connect: check.Rejected}, "connection refused, false, 0 bytes, 0 steps"},
		{"answers", Peer{Answer: answers("ok\n", 0)}, "done, true, 3 bytes, 2 steps"},
		{"answers byte by byte", Peer{Answer: answers("ok\n", 0), Piece: 1}, "done, true, 3 bytes, 4 steps"},
		{"speaks first", Peer{Says: []byte("ok\n")}, "done, true, 3 bytes, 2 steps"},
		{"is mute", Peer{}, "no answer in time, true, 0 bytes, 1 steps"},
		{"closes", Peer{End: check.Closed}, "the peer closed the connection, true, 0 bytes, 2 steps"},
		{"closes after its last word", Peer{Answer: answers("bye", check.Closed)}, "done, true, 3 bytes, 3 steps"},
		{"resets after half an answer", Peer{Answer: answers("o", check.Reset)}, "the peer reset the connection, true, 1 bytes, 2 steps"},
		{"is malformed", Peer{Answer: answers("!\n", check.Reset)}, "malformed answer, true, 2 bytes, 2 steps"},
		{"has no TLS", Peer{Answer: both}, "no TLS handshake, true, 4 bytes, 2 steps"},
		{"has TLS", Peer{Answer: both, TLS: secured}, "done, true, 7 bytes, 4 steps, TLS 1.3"},
	} {
		talk := &line{}
		end := c.peer.Hold(t, check.Attempt{Talk: talk})
		got := fmt.Sprintf("%s, %v, %d bytes, %d steps", end.Cause, end.Connected, end.Received, talk.steps)
		if end.TLS != nil {
			got += ", TLS " + end.TLS.Facts.Version
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
