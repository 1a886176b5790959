package smb

import (
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/smb2"
)

// A run that ends, or may not go on, opens no further connection.
func TestStops(t *testing.T) {
	for _, cause := range []check.Cause{check.Interrupted, check.Denied} {
		h := windows().host()
		h.before = map[string]check.Cause{noteSMB1: cause}
		if got := interviewOf(t, 445, flags(), h); len(got.notes) != 1 {
			t.Errorf("%v: %q", cause, got.notes)
		}
		h.before = map[string]check.Cause{noteOpening: cause}
		if got := interviewOf(t, 445, flags(), h); len(got.notes) != 2 {
			t.Errorf("%v: %q", cause, got.notes)
		}
	}
}

// An interview that is cut short says what it knows, and counts nothing as safe that it had still to ask.
func TestInterrupted(t *testing.T) {
	s := windows()
	s.smb1 = speaks1(0x0f)
	h := s.host()
	h.before = map[string]check.Cause{noteOpening: check.Interrupted}
	got := interviewOf(t, 445, flags(), h)
	if got.judged.Verdict != signet.Undetermined || !slices.Contains(got.facts.Undecided, askSMB2) {
		t.Errorf("%s: %s", got.judged.Verdict, got.facts.AppendJSON(nil))
	}
}

// A host that listened to the question about SMB 1 and refuses the next connection is no closed port.
func TestRefusesTheSecondConnection(t *testing.T) {
	for cause, text := range map[check.Cause]string{check.Rejected: "refused", check.NoAnswer: "in time", check.Unroutable: "no route"} {
		h := windows().host()
		h.before = map[string]check.Cause{noteOpening: cause}
		got := interviewOf(t, 445, flags(), h)
		if got.result.Outcome != signet.Broken || got.result.Err == nil || !strings.Contains(got.result.Err.Text, text) {
			t.Errorf("%v: %s, %+v", cause, got.result.Outcome, got.result.Err)
		}
		s := windows()
		s.smb1 = speaks1(0x0f)
		h = s.host()
		h.before = map[string]check.Cause{noteOpening: cause}
		if got := interviewOf(t, 445, flags(), h); got.judged.Verdict != signet.Undetermined || got.result.Outcome != signet.Answered {
			t.Errorf("%v, SMB 1 answered: %s, %s", cause, got.result.Outcome, got.judged.Verdict)
		}
	}
}

// A connection that is refused in the climb refuses no dialect.
func TestRefusedInTheClimb(t *testing.T) {
	s := windows()
	s.dialects = native()[4:]
	inner, climbs := s.host(), 0
	got := interviewOf(t, 445, flags(), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		if h, err := smb2.ParseHeader(sent[4:]); note == noteClimb && err == nil && h.MessageID == 0 {
			if climbs++; climbs == 1 {
				return []byte("\x83\x00\x00\x01\x8f"), check.Start
			}
		}
		return inner.say(note, sent)
	}})
	if got.judged.Verdict != signet.Undetermined || got.facts.DialectFloor != "" {
		t.Errorf("%s, floor %q: %q", got.judged.Verdict, got.facts.DialectFloor, got.notes)
	}
}

// A quick scan is one connection and one round trip, whatever comes back.
func TestQuickIsOneRoundTrip(t *testing.T) {
	for _, dialects := range [][]uint16{native(), nil} {
		s, sent := windows(), 0
		s.dialects = dialects
		inner := s.host()
		got := interviewOf(t, 445, flags("quick"), host{say: func(note string, b []byte) ([]byte, check.Cause) {
			sent++
			return inner.say(note, b)
		}})
		if sent != 1 || len(got.notes) != 1 || got.result.Outcome != signet.Answered {
			t.Errorf("%d messages on %d connections, %s", sent, len(got.notes), got.result.Outcome)
		}
	}
}

// A server of SMB 1 alone closes on the one question of a quick scan: that SMB 1 was not asked about has to be said.
func TestQuickSaysWhatItLeftOut(t *testing.T) {
	got := interviewOf(t, 445, flags("quick"), host{say: func(string, []byte) ([]byte, check.Cause) { return nil, check.Closed }})
	if got.result.Outcome != signet.Broken || !slices.Contains(got.result.Unasked, askSMB1) {
		t.Errorf("%s, unasked %q", got.result.Outcome, got.result.Unasked)
	}
	got = interviewOf(t, 445, flags("quick"), host{before: map[string]check.Cause{noteOpening: check.Rejected}})
	if got.result.Outcome != signet.Refused || len(got.result.Unasked) > 0 {
		t.Errorf("%s, unasked %q", got.result.Outcome, got.result.Unasked)
	}
}

// Every connection gets random bytes of its own.
func TestRandomPerConnection(t *testing.T) {
	s := windows()
	s.dialects = native()[4:]
	inner := s.host()
	seen := map[string]bool{}
	interviewOf(t, 445, flags("deep"), host{say: func(note string, sent []byte) ([]byte, check.Cause) {
		if h, err := smb2.ParseHeader(sent[4:]); err == nil && h.Command == smb2.CommandNegotiate {
			guid := string(sent[4+smb2.HeaderSize+12:][:16])
			if seen[guid] || guid == strings.Repeat("\x00", 16) {
				t.Errorf("client GUID %x again", guid)
			}
			seen[guid] = true
		}
		return inner.say(note, sent)
	}})
	if len(seen) < 3 {
		t.Errorf("%d negotiates", len(seen))
	}
}
