package storetest

import (
	"bytes"
	"fmt"
	"reflect"

	"signet"
)

// canonical is an observation as a store gives it back: facts as JSON, times in microseconds.
func canonical(o *signet.Observation, trace bool) *signet.Observation {
	c := *o
	if o.Facts != nil {
		c.Facts = signet.RawFacts(o.Facts.AppendJSON(nil))
	}
	if !trace {
		c.Trace = nil
	}
	return &c
}

// differ says how two observations differ, or nothing.
func differ(got, want *signet.Observation) string {
	g, w := *got, *want
	if !g.At.Equal(w.At) {
		return fmt.Sprintf("at %s, want %s", g.At, w.At)
	}
	g.At = w.At
	if len(g.Trace) != len(w.Trace) {
		return fmt.Sprintf("%d exchanges, want %d", len(g.Trace), len(w.Trace))
	}
	for i := range g.Trace {
		x, y := g.Trace[i], w.Trace[i]
		if x.Note != y.Note || !bytes.Equal(x.Sent, y.Sent) || !bytes.Equal(x.Received, y.Received) {
			return fmt.Sprintf("exchange %d differs", i)
		}
	}
	g.Trace, w.Trace = nil, nil
	if !reflect.DeepEqual(g, w) {
		return fmt.Sprintf("got  %+v\nwant %+v", g, w)
	}
	return ""
}
