package check

import (
	"signet"
	"signet/internal/text"
)

// AppendFacts appends facts as a JSON object on one line. Those that came as JSON, from a store or another tool, are
// escaped as our own are.
func AppendFacts(dst []byte, f signet.Facts) []byte {
	if raw, ok := f.(signet.RawFacts); ok {
		return text.AppendRawJSON(dst, raw)
	}
	return f.AppendJSON(dst)
}
