package store

import (
	"time"

	"signet"
)

// batch is what is gathered for one transaction.
type batch struct {
	list      []plain
	bytes     []byte
	committed []func() // called once it is committed
	scratch   []byte
}

// plain is one observation as a batch took it: sections of its bytes.
type plain struct {
	Row
	key         kindKey
	body, trace int // lengths
	said        said
}

// take adds an observation of a run that started then.
func (b *batch) take(o *signet.Observation, trace bool, started time.Time) {
	at := len(b.bytes)
	var facts int
	b.bytes, facts = appendBody(b.bytes, o)
	p := plain{
		Row: Row{Addr: o.Addr.WithZone(""), Port: o.Port, State: state(o), At: o.At.Sub(started).Microseconds(), Took: o.Took.Microseconds()},
		key: kindKey{o.Check, o.CheckVersion}, body: len(b.bytes) - at,
	}
	p.said, b.scratch = sum(o, b.bytes[facts:], b.scratch)
	if trace && len(o.Trace) > 0 {
		at = len(b.bytes)
		b.bytes = appendTrace(b.bytes, o.Trace)
		p.trace = len(b.bytes) - at
	}
	b.list = append(b.list, p)
}

// full tells whether the batch is to be committed.
func (b *batch) full() bool { return len(b.list) >= commitRows || len(b.bytes) >= commitBytes }

// emptied is the batch without what it holds, for the next transaction. The room that a large group took is given back.
func (b *batch) emptied() batch {
	if cap(b.bytes) > 4*commitBytes {
		return batch{}
	}
	clear(b.committed)
	return batch{b.list[:0], b.bytes[:0], b.committed[:0], b.scratch}
}
