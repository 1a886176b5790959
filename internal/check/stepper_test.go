package check

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// scripted is a conversation that does what a test says, and notes what it was handed.
type scripted struct {
	steps   []func(in []byte) (Step, error)
	handed  []string // what each Next was handed; "eof" at the end where the peer had closed
	secured int      // how many calls came before Secured, -1: it was not called
}

func script(steps ...func([]byte) (Step, error)) *scripted {
	return &scripted{steps: steps, secured: -1}
}

func (s *scripted) Secured(TLSState) { s.secured = len(s.handed) }

func (s *scripted) Next(in []byte, eof bool) (Step, error) {
	text := string(in)
	if eof {
		text += "eof"
	}
	s.handed = append(s.handed, text)
	if len(s.steps) == 0 {
		return Step{}, nil
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	return next(in)
}

func gives(s Step) func([]byte) (Step, error) { return func([]byte) (Step, error) { return s, nil } }
func fails(err error) func([]byte) (Step, error) {
	return func([]byte) (Step, error) { return Step{}, err }
}

func (a Action) String() string {
	var b strings.Builder
	if len(a.Send) > 0 {
		fmt.Fprintf(&b, "send %s ", a.Send)
	}
	if a.StartTLS != nil {
		b.WriteString("tls ")
	}
	if a.End != Start {
		fmt.Fprintf(&b, "end %s ", a.End)
	}
	if a.Err != nil {
		fmt.Fprintf(&b, "(%v)", a.Err)
	}
	return strings.TrimSpace(b.String())
}

// One row a rule: what the driver hands over ("eof" closes, "tls" is a handshake that came about), what it is told to do,
// and what the conversation was handed.
func TestStepper(t *testing.T) {
	say := func(s string) func([]byte) (Step, error) { return gives(Step{Send: []byte(s)}) }
	var wait Step
	big := strings.Repeat("x", MaxPending)
	for _, c := range []struct {
		rule   string
		steps  []func([]byte) (Step, error)
		got    []string
		told   []string
		handed []string
	}{
		{"the conversation speaks first", []func([]byte) (Step, error){say("hello")},
			[]string{""}, []string{"send hello"}, []string{""}},
		{"what is not consumed is handed over again with what comes next", []func([]byte) (Step, error){gives(wait), gives(Step{Consumed: 1}), gives(wait)},
			[]string{"", "abc", "def"}, []string{"", "", ""}, []string{"", "abc", "bcdef"}},
		{"what is consumed is not", []func([]byte) (Step, error){gives(wait), gives(wait), gives(Step{Consumed: 4}), gives(wait)},
			[]string{"", "ab", "cd", "ef"}, []string{"", "", "", ""}, []string{"", "ab", "abcd", "ef"}},
		{"more than there is cannot be consumed", []func([]byte) (Step, error){gives(wait), gives(Step{Consumed: 99}), gives(wait)},
			[]string{"", "ab", "c"}, []string{"", "", ""}, []string{"", "ab", "c"}},
		{"the conversation is not asked before what it needs is there", []func([]byte) (Step, error){gives(Step{Need: 5}), say("yes")},
			[]string{"", "ab", "cd", "ef"}, []string{"", "", "", "send yes"}, []string{"", "abcdef"}},
		{"what it needs counts from what is unconsumed", []func([]byte) (Step, error){gives(wait), gives(Step{Consumed: 2, Need: 3}), gives(wait)},
			[]string{"", "abc", "d", "e"}, []string{"", "", "", ""}, []string{"", "abc", "cde"}},
		{"it needs anew after each step", []func([]byte) (Step, error){gives(Step{Need: 2}), gives(Step{Consumed: 2}), gives(wait)},
			[]string{"", "ab", "c"}, []string{"", "", ""}, []string{"", "ab", "c"}},
		{"the end of the peer is told whatever was needed", []func([]byte) (Step, error){gives(Step{Need: 9}), say("bye")},
			[]string{"", "ab", "eof"}, []string{"", "", "send bye end the peer closed the connection"}, []string{"", "abeof"}},
		{"a conversation can be done at the end of the peer", []func([]byte) (Step, error){gives(wait), gives(Step{Done: true})},
			[]string{"", "eof"}, []string{"", "end done"}, []string{"", "eof"}},
		{"done may say a last word, and leave bytes", []func([]byte) (Step, error){gives(wait), gives(Step{Done: true, Send: []byte("bye"), Consumed: 1})},
			[]string{"", "ab"}, []string{"", "send bye end done"}, []string{"", "ab"}},
		{"an error ends it and sends nothing", []func([]byte) (Step, error){gives(wait), func([]byte) (Step, error) { return Step{Send: []byte("x"), Done: true}, errors.New("nonsense") }},
			[]string{"", "ab"}, []string{"", "end malformed answer (nonsense)"}, []string{"", "ab"}},
		{"an error wins over the end of the peer", []func([]byte) (Step, error){gives(wait), fails(errors.New("cut short"))},
			[]string{"", "eof"}, []string{"", "end malformed answer (cut short)"}, []string{"", "eof"}},
		{"after a handshake it speaks first again", []func([]byte) (Step, error){gives(wait), gives(Step{Consumed: 2, StartTLS: &TLS{}, Send: []byte("go")}), say("inside")},
			[]string{"", "ok", "tls"}, []string{"", "send go tls", "send inside"}, []string{"", "ok", ""}},
		{"bytes that were kept do not outlive a handshake", []func([]byte) (Step, error){gives(wait), gives(wait), gives(Step{Consumed: 2, StartTLS: &TLS{}}), gives(wait), gives(wait)},
			[]string{"", "o", "k", "tls", "in"}, []string{"", "", "tls", "", ""}, []string{"", "o", "ok", "", "in"}},
		{"nor does a need", []func([]byte) (Step, error){gives(Step{Need: 2}), gives(Step{Consumed: 2, Need: 7, StartTLS: &TLS{}}), say("inside")},
			[]string{"", "ok", "tls"}, []string{"", "tls", "send inside"}, []string{"", "ok", ""}},
		{"bytes before a handshake end it, after what is to be sent", []func([]byte) (Step, error){gives(wait), gives(Step{Consumed: 2, StartTLS: &TLS{}, Send: []byte("go")})},
			[]string{"", "okabc"}, []string{"", "send go end malformed answer (3 bytes before the TLS handshake)"}, []string{"", "okabc"}},
		{"TLS can be wanted of a peer that has closed: the handshake will tell", []func([]byte) (Step, error){gives(wait), gives(Step{StartTLS: &TLS{}})},
			[]string{"", "eof"}, []string{"", "tls"}, []string{"", "eof"}},
		{"the longest message", []func([]byte) (Step, error){gives(Step{Need: MaxPending}), say("yes")},
			[]string{"", big[:9], big[9:]}, []string{"", "", "send yes"}, []string{"", big}},
		{"a longer one is not waited for", []func([]byte) (Step, error){gives(wait), gives(Step{Need: MaxPending + 1, Send: []byte("x")})},
			[]string{"", "a"}, []string{"", "send x end more bytes than an endpoint may send (a message of 65537 bytes)"}, []string{"", "a"}},
		{"as much as may be left", []func([]byte) (Step, error){gives(wait), gives(wait), gives(Step{Done: true})},
			[]string{"", big, "y"}, []string{"", "", "end done"}, []string{"", big, big + "y"}},
		{"more than may be left", []func([]byte) (Step, error){gives(wait), gives(wait)},
			[]string{"", big + "y"}, []string{"", "end more bytes than an endpoint may send"}, []string{"", big + "y"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			talk := script(c.steps...)
			var s Stepper
			s.Hold(talk)
			for i, got := range c.got {
				var a Action
				switch got {
				case "eof":
					a = s.Step(nil, true)
				case "tls":
					at := len(talk.handed)
					if a = s.Secured(TLSState{}); talk.secured != at {
						t.Errorf("the conversation was told of the handshake after %d calls, want %d", talk.secured, at)
					}
				default:
					b := []byte(got)
					a = s.Step(b, false)
					copy(b, bytes.Repeat([]byte{'#'}, len(b))) // the driver reads into it again
				}
				if a.String() != c.told[i] {
					t.Errorf("%d: told to %q, want %q", i, a, c.told[i])
				}
			}
			if len(talk.handed) != len(c.handed) {
				t.Fatalf("the conversation was asked %d times, want %d", len(talk.handed), len(c.handed))
			}
			for i := range c.handed {
				if talk.handed[i] != c.handed[i] {
					t.Errorf("call %d was handed %.40q, want %.40q", i, talk.handed[i], c.handed[i])
				}
			}
		})
	}
}

// Nothing of a conversation is left for the next one that the same Stepper holds.
func TestStepperHoldsAgain(t *testing.T) {
	var s Stepper
	s.Hold(script(gives(Step{Need: 9})))
	s.Step(nil, false)
	s.Step([]byte("rest"), false)
	next := script(gives(Step{}), gives(Step{}))
	s.Hold(next)
	s.Step(nil, false)
	s.Step([]byte("new"), false)
	if len(next.handed) != 2 || next.handed[0] != "" || next.handed[1] != "new" {
		t.Errorf("handed %q", next.handed)
	}
}

// A conversation that is not told of handshakes goes on all the same.
func TestStepperOfAConversationWithoutTLS(t *testing.T) {
	var s Stepper
	s.Hold(deaf{})
	if a := s.Secured(TLSState{}); string(a.Send) != "first" {
		t.Errorf("told to %q", a)
	}
}

type deaf struct{}

func (deaf) Next([]byte, bool) (Step, error) { return Step{Send: []byte("first")}, nil }

// A whole answer that comes at once is parsed where it was received: nothing is copied, and nothing allocated.
func TestStepperAllocatesNothing(t *testing.T) {
	talk := &frames{}
	answer := []byte{frameEcho, 2, 'h', 'i'}
	var s Stepper
	if n := testing.AllocsPerRun(100, func() {
		talk.sent = talk.sent[:0]
		s.Hold(talk)
		s.Step(nil, false)
		if a := s.Step(answer, false); string(a.Send) != "hi" || s.rest != nil {
			t.Fatalf("told to %q, keeps %q", a, s.rest)
		}
	}); n > 0 {
		t.Errorf("%v allocations a conversation", n)
	}
}

// frames is a conversation in frames of a kind, a length and as many bytes. It does what the kinds say, and reads all
// frames that have come, as a conversation has to.
type frames struct {
	sent    []byte
	unasked bool // it does not say how many bytes of a frame are missing
}

const (
	frameEcho   = iota // sends what is in it
	frameSilent        // sends nothing
	frameTLS           // asks for TLS
	frameDone          // has no more to ask
	frameWrong         // is malformed
	frameLarge         // wants more than can be had
	frameKinds
)

func (f *frames) Next(in []byte, eof bool) (Step, error) {
	step := Step{}
	f.sent = f.sent[:0]
	for {
		rest := in[step.Consumed:]
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			if step.Send = f.sent; f.unasked || eof {
				return step, nil
			}
			if step.Need = 2; len(rest) >= 2 {
				step.Need += int(rest[1])
			}
			return step, nil
		}
		kind := rest[0] % frameKinds
		if kind == frameWrong && len(f.sent) > 0 { // an error would take back what is to be sent
			step.Send = f.sent
			return step, nil
		}
		step.Consumed += 2 + int(rest[1])
		switch kind {
		case frameEcho:
			f.sent = append(f.sent, rest[2:2+int(rest[1])]...)
		case frameTLS:
			step.Send, step.StartTLS = f.sent, &TLS{}
			return step, nil
		case frameDone:
			step.Send, step.Done = f.sent, true
			return step, nil
		case frameWrong:
			return Step{}, errors.New("a wrong frame")
		case frameLarge:
			step.Send, step.Need = f.sent, MaxPending+int(rest[1])
			return step, nil
		}
	}
}

// heard is what a peer hears of a Stepper that is handed its bytes in pieces of the sizes that cuts gives in turn, and
// how the conversation ends. What comes between an agreement on TLS and the handshake comes too early, however it is cut.
func heard(talk Conversation, stream []byte, cuts []byte) (sent string, end Cause, text string) {
	var s Stepper
	s.Hold(talk)
	a := s.Step(nil, false)
	for i, most := 0, 2*len(stream)+9; ; i++ {
		sent += string(a.Send)
		switch {
		case i > most:
			return sent, Start, "it does not end"
		case a.End == Malformed && strings.Contains(a.Err.Error(), "before the TLS handshake"), a.StartTLS != nil && len(stream) > 0:
			return sent, Malformed, "early"
		case a.End != Start:
			return sent, a.End, fmt.Sprint(a.Err)
		case a.StartTLS != nil:
			a = s.Secured(TLSState{})
			continue
		case len(stream) == 0:
			a = s.Step(nil, true)
			continue
		}
		n := 1
		if len(cuts) > 0 {
			n = min(1+int(cuts[i%len(cuts)]), len(stream))
		}
		piece := bytes.Clone(stream[:n])
		a = s.Step(piece, false)
		stream = stream[n:]
	}
}

// However the network cuts what a peer says, the same is sent and the conversation ends the same.
func FuzzStepperChunks(f *testing.F) {
	f.Add([]byte{frameEcho, 2, 'h', 'i', frameSilent, 0, frameEcho, 1, '!', frameDone, 0, 9, 9}, []byte{3, 0, 200}, false)
	f.Add([]byte{frameEcho, 1, 'a', frameTLS, 0}, []byte{255}, true)
	f.Add([]byte{frameEcho, 1, 'a', frameTLS, 0, frameEcho, 1, 'b'}, []byte{4}, false)
	f.Add([]byte{frameEcho, 1, 'a', frameWrong, 0, 1}, []byte{2}, true)
	f.Add([]byte{frameEcho, 1, 'a', frameLarge, 1, 1}, []byte{1, 5}, false)
	f.Add([]byte{frameEcho, 200, 'a'}, []byte{255}, false)
	f.Add(append([]byte{frameEcho, 255}, bytes.Repeat([]byte{'z'}, 300)...), []byte{90}, false)
	f.Fuzz(func(t *testing.T, stream, cuts []byte, unasked bool) {
		sent, end, text := heard(&frames{unasked: unasked}, stream, cuts)
		if end == Start {
			t.Fatal(text)
		}
		wantSent, wantEnd, wantText := heard(&frames{unasked: unasked}, stream, nil)
		if sent != wantSent || end != wantEnd || text != wantText {
			t.Errorf("cut by %v: sent %q, %v, %s; byte by byte %q, %v, %s", cuts, sent, end, text, wantSent, wantEnd, wantText)
		}
	})
}
