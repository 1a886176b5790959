package check

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"signet"
)

// Digest sums up what an observation says, but for when it was made, how long it took and what clocks say in its facts: of
// two visits to an endpoint that nothing happened to it is the same. scratch is for the callee; it may be nil, and is given
// back grown.
func Digest(o *signet.Observation, scratch []byte) (sum uint64, grown []byte) {
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
	if o.Facts != nil {
		at := len(b)
		b = o.Facts.AppendJSON(b)
		b = b[:at+len(stopClocks(b[at:]))]
	}
	full := sha256.Sum256(b)
	return binary.BigEndian.Uint64(full[:]), b
}

// stopClocks takes the values of clocks out of facts, in place. Times stand in facts as JSON strings under one of four keys,
// and no verdict depends on one.
func stopClocks(facts []byte) []byte {
	const end = `ime":"` // of all four
	out := facts[:0]
	for {
		i := bytes.Index(facts, []byte(end))
		if i < 0 {
			return append(out, facts...)
		}
		i += len(end)
		head := facts[:i]
		out, facts = append(out, head...), facts[i:]
		for _, key := range [...]string{`"time":"`, `"system_time":"`, `"start_time":"`, `"currentTime":"`} {
			if bytes.HasSuffix(out, []byte(key)) {
				facts = facts[max(bytes.IndexByte(facts, '"'), 0):]
				break
			}
		}
	}
}
