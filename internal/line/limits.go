package line

import "time"

// Limits on what is read. Those of Read on layout and size are bounds.Object and bounds.Depth.
const (
	// mostLine, mostHead and mostDepth are what Transfer takes: the bytes of a line, those of a run line, and how deep values
	// may lie in one another.
	mostLine  = 32 << 20
	mostHead  = 4 << 20
	mostDepth = 64
	// mostCounts is how many verdicts a stored run may count. There are fewer; a later version may have more.
	mostCounts = 64
	// mostCheck is the longest name of a check that is transferred.
	mostCheck = 64
	// mostApart is how far the time of an endpoint may lie from the start of its run: beyond it a store's offsets overflow.
	mostApart = 200 * 365 * 24 * time.Hour
	// mostTook is the longest time in milliseconds that Read gives an observation: 11 days. Transfer refuses what is beyond
	// mostTransferTook.
	mostTook         = 1e9
	mostTransferTook = 1e12
)

// tooDeep tells whether values of a line lie deeper in one another than mostDepth.
func tooDeep(line []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > mostDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
