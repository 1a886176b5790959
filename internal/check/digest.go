package check

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"signet"
)

// Digest sums up what an observation says, but for when it was made, how long it took and what clocks say in its facts: of
// two visits to an endpoint that nothing happened to it is the same. facts are its facts as FactsJSON gives them, for whoever
// has them already. scratch is for the callee; it may be nil, and is given back grown.
func Digest(o *signet.Observation, facts, scratch []byte) (sum uint64, grown []byte) {
	b := binary.AppendUvarint(scratch[:0], uint64(o.Port))
	b = append(b, byte(o.Transport), byte(o.Outcome), 0)
	if o.Open {
		b[len(b)-1] = 1
	}
	b = binary.AppendVarint(b, int64(o.CheckVersion))
	section := func(s string) {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	section(o.Check)
	section(o.Name)
	b = binary.AppendUvarint(b, uint64(len(o.Unasked)))
	for _, s := range o.Unasked {
		section(s)
	}
	b = appendStopped(b, facts)
	full := sha256.Sum256(b)
	return binary.BigEndian.Uint64(full[:]), b
}

// appendStopped appends facts without the values of clocks. What a clock told stands in facts as a JSON string under a key
// that is time, or ends in _time or Time; nothing else does, and no verdict depends on one.
func appendStopped(b, facts []byte) []byte {
	const end = `ime":"` // of all such keys
	for {
		i := bytes.Index(facts, []byte(end))
		if i < 0 {
			return append(b, facts...)
		}
		i += len(end)
		head := facts[:i]
		b, facts = append(b, head...), facts[i:]
		for _, key := range [...]string{`"time":"`, `_time":"`, `Time":"`} {
			if bytes.HasSuffix(head, []byte(key)) {
				facts = facts[max(bytes.IndexByte(facts, '"'), 0):]
				break
			}
		}
	}
}

// FactsJSON gives facts as JSON; nil where there are none.
func FactsJSON(o *signet.Observation) []byte {
	switch f := o.Facts.(type) {
	case nil:
		return nil
	case signet.RawFacts:
		return f
	default:
		return f.AppendJSON(nil)
	}
}
