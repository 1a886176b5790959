package prose

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"signet"
)

func entryOf(i int, because string) entry {
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], 0x0a000000|uint32(i))
	return entry{at: signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4(four)}, Port: 445}, because: because}
}

// Whatever order endpoints come in, a listing shows those that sorting all of them would, and keeps no more.
func TestListing(t *testing.T) {
	const n = 20_000
	r := rand.New(rand.NewPCG(3, 4))
	var l listing
	all := map[string][]entry{}
	for _, i := range r.Perm(n) {
		e := entryOf(i, fmt.Sprintf("reason %d", i%7*i%5))
		all[e.because] = append(all[e.because], e)
		l.file(e, e.because, 40)
	}
	if l.total != n || len(l.reasons) != len(all) {
		t.Fatalf("%d entries under %d reasons, want %d under %d", l.total, len(l.reasons), n, len(all))
	}
	last := n
	for _, got := range l.sorted() {
		want := all[got.text]
		slices.SortFunc(want, byAddress)
		if got.total != len(want) || !slices.Equal(got.first, want[:40]) {
			t.Errorf("%s: %d endpoints, and not the first of them", got.text, got.total)
		}
		if got.total > last {
			t.Errorf("%s comes after one of %d", got.text, last)
		}
		last = got.total
	}
}

// A reason of its own for every endpoint costs no more than so much, and the common one among them stays on top.
func TestListingOfManyReasons(t *testing.T) {
	var l listing
	for i := range 100_000 {
		e := entryOf(i, fmt.Sprint("only ", i))
		if i%10 == 3 {
			e.because = "common"
		}
		l.file(e, e.because, 40)
	}
	if len(l.reasons) > 2*mostKept {
		t.Errorf("%d reasons are kept", len(l.reasons))
	}
	if top := l.sorted()[0]; top.text != "common" || top.total != 10_000 || l.total != 100_000 {
		t.Errorf("on top: %s, %d of %d", top.text, top.total, l.total)
	}
}
