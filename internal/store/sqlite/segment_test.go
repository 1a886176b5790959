package sqlite

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"

	"signet/internal/store"
	"signet/internal/store/reading"
)

// rowsOfAllKinds are such as a segment must hold: both families, one inside the other, the ends of every number, a transcript, none
// and an empty one, and a body that fills a segment by itself.
func rowsOfAllKinds() []store.Row {
	addr := netip.MustParseAddr
	return []store.Row{
		{Seq: 1, Addr: addr("10.0.0.200"), Port: 445, Kind: 1, State: 0x10, At: 5, Took: 7, Body: []byte("body"), Trace: []byte("trace")},
		{Seq: 2, Addr: addr("2001:db8::1"), Port: 65535, Kind: math.MaxUint16, State: 255, At: math.MinInt64, Took: math.MaxInt64, Body: []byte{}},
		{Seq: 3, Addr: addr("::ffff:10.0.0.1"), Body: bytes.Repeat([]byte("x"), 2*segmentBytes), Trace: []byte{}},
		{Seq: 1<<40 - 1, Addr: addr("10.0.0.3"), Port: 80, At: -1, Body: []byte{0}},
	}
}

func TestSegment(t *testing.T) {
	rows := rowsOfAllKinds()
	want := make([]string, len(rows))
	for i := range rows {
		want[i] = fmt.Sprintf("%#v", rows[i])
	}
	var got []string
	segments := 0
	for rest := rows; len(rest) > 0; segments++ {
		var body []byte
		body, rest = segment(nil, rest)
		for len(body) > 0 {
			var r store.Row
			var err error
			if body, err = reading.ReadRow(&r, body); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%#v", r))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%.300q\nwant\n%.300q", got, want)
	}
	if segments != 2 {
		t.Errorf("%d segments: the large row ends one", segments)
	}
	many := make([]store.Row, segmentRows+1)
	for i := range many {
		many[i] = rows[0]
	}
	if _, rest := segment(nil, many); len(rest) != 1 {
		t.Errorf("%d rows are left over a full segment", len(rest))
	}
}
