package smb

import (
	"net/netip"
	"reflect"
	"testing"

	"signet"
	"signet/internal/check"
	"signet/internal/wire/smb2"
	"signet/internal/wire/spnego"
)

// quickOpening holds one opening of a quick scan and appends its facts.
func quickOpening(c check.Check, o *check.Options, answer, dst []byte) []byte {
	iv := c.Begin(check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4([4]byte{192, 0, 2, 1})}, Port: 445}, Options: o})
	a, _ := iv.Next(check.End{})
	a.Talk.Next(nil, false)
	a.Talk.Next(answer, false)
	iv.Next(check.End{Cause: check.Done, Connected: true, Received: len(answer)})
	r := iv.Result()
	if r.Facts == nil {
		return nil
	}
	if j, err := c.Judge(r.Facts); err != nil || j.Verdict != signet.Exposed {
		return nil
	}
	return r.Facts.AppendJSON(dst)
}

func quickAnswer() []byte {
	s := windows()
	s.mechs = []string{spnego.OIDNTLM}
	return s.answer(0, smb2.Dialect311)
}

// The opening runs on every live address of a scan: what it allocates is bounded here.
func TestQuickAllocations(t *testing.T) {
	c, o, answer, dst := Check(), flags("quick"), quickAnswer(), make([]byte, 0, 4096)
	o.Random = func([]byte) {}
	if len(quickOpening(c, o, answer, dst)) == 0 {
		t.Fatal("nothing was learned")
	}
	if n := testing.AllocsPerRun(200, func() { quickOpening(c, o, answer, dst) }); n > 16 {
		t.Errorf("%v allocations for one opening", n)
	}
}

// An interview that is held again knows nothing of the server before.
func TestHeldAgain(t *testing.T) {
	c, o, answer := Check(), flags("quick"), quickAnswer()
	o.Random = func([]byte) {}
	at := func(port uint16) check.Subject {
		return check.Subject{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4([4]byte{192, 0, 2, 1})}, Port: port}, Options: o}
	}
	iv := c.Begin(at(445))
	a, _ := iv.Next(check.End{})
	a.Talk.Next(nil, false)
	a.Talk.Next(answer, false)
	iv.Next(check.End{Cause: check.Done, Connected: true, Received: len(answer)})
	if iv.Result().Facts == nil || reflect.DeepEqual(iv, c.Begin(at(445))) {
		t.Fatal("nothing was learned")
	}
	for _, port := range []uint16{139, 445} {
		if iv.(check.Reusable).Again(at(port)); !reflect.DeepEqual(iv, c.Begin(at(port))) {
			t.Errorf("port %d: %+v", port, iv)
		}
	}
}

func BenchmarkQuick(b *testing.B) {
	c, o, answer, dst := Check(), flags("quick"), quickAnswer(), make([]byte, 0, 4096)
	o.Random = func([]byte) {}
	b.ReportAllocs()
	for b.Loop() {
		quickOpening(c, o, answer, dst)
	}
}
