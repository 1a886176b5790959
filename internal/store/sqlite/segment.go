package sqlite

import (
	"signet/internal/store"
	"signet/internal/store/reading"
)

// Bounds of a segment: it ends with the row that reaches either.
const (
	segmentRows  = 64
	segmentBytes = 64 << 10
)

// segment takes rows from the front of some, of which there is at least one.
func segment(b []byte, rows []store.Row) (body []byte, rest []store.Row) {
	for n := range rows {
		b = reading.AppendRow(b, &rows[n])
		if n+1 == segmentRows || len(b) >= segmentBytes {
			return b, rows[n+1:]
		}
	}
	return b, nil
}
