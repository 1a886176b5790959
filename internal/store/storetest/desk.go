package storetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"signet/internal/store"
)

func openDesk(t testing.TB, p Place) store.Desk {
	t.Helper()
	d, ok := open(t, p).(store.Desk)
	if !ok {
		t.Fatal("the store has no desk")
	}
	return d
}

func write(t testing.TB, d store.Desk, edits ...store.Edit) []uint64 {
	t.Helper()
	revs, err := d.Write(t.Context(), edits...)
	if err != nil {
		t.Fatal(err)
	}
	if len(revs) != len(edits) {
		t.Fatalf("%d revisions of %d edits", len(revs), len(edits))
	}
	return revs
}

// wantDocument fails unless a document stands so; a nil body: unless there is none.
func wantDocument(t testing.TB, d store.Desk, kind, id string, rev uint64, body []byte) {
	t.Helper()
	got, err := d.Document(t.Context(), kind, id)
	if body == nil {
		if !errors.Is(err, store.ErrUnknown) || got != nil {
			t.Errorf("%s %.40q: %v, %v; want none", kind, id, got, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s %.40q: %v", kind, id, err)
		return
	}
	if got.Kind != kind || got.ID != id || got.Rev != rev || !bytes.Equal(got.Body, body) {
		t.Errorf("%s %.40q: %+.200v, want revision %d, %.100q", kind, id, got, rev, body)
	}
}

// wantStale fails unless a write is refused and names the document.
func wantStale(t testing.TB, d store.Desk, kind, id string, edits ...store.Edit) {
	t.Helper()
	revs, err := d.Write(t.Context(), edits...)
	s, ok := errors.AsType[*store.Stale](err)
	if !ok || !errors.Is(err, store.ErrStale) || s.Kind != kind || s.ID != id || revs != nil {
		t.Errorf("%v, %v; want that %s %q is stale", revs, err, kind, id)
	}
}

func testRevisions(t *testing.T, p Place) {
	d := openDesk(t, p)
	wantDocument(t, d, "user", "a", 0, nil)
	first := write(t, d, store.Edit{Kind: "user", ID: "a", Body: []byte("1")}, store.Edit{Kind: "user", ID: "b", Body: []byte("b")}, store.Edit{Kind: "site", ID: "a", Body: []byte("site")})
	if slices.Contains(first, 0) || first[0] == first[1] || first[1] == first[2] {
		t.Errorf("revisions %d", first)
	}
	wantDocument(t, d, "user", "a", first[0], []byte("1"))
	wantDocument(t, d, "site", "a", first[2], []byte("site"))
	wantStale(t, d, "user", "a", store.Edit{Kind: "user", ID: "a", Body: []byte("2")})
	wantStale(t, d, "user", "a", store.Edit{Kind: "user", ID: "a"})
	wantStale(t, d, "user", "a", store.Edit{Kind: "user", ID: "a", Was: first[1], Body: []byte("2")})
	wantStale(t, d, "user", "c", store.Edit{Kind: "user", ID: "c", Was: first[0], Body: []byte("2")})
	second := write(t, d, store.Edit{Kind: "user", ID: "a", Was: first[0], Body: []byte("2")})
	wantStale(t, d, "user", "a", store.Edit{Kind: "user", ID: "a", Was: first[0], Body: []byte("3")})
	third := write(t, d, store.Edit{Kind: "user", ID: "a", Was: store.AnyRev, Body: []byte("3")}, store.Edit{Kind: "user", ID: "new", Was: store.AnyRev, Body: []byte("new")})
	wantDocument(t, d, "user", "a", third[0], []byte("3"))
	wantDocument(t, d, "user", "new", third[1], []byte("new"))
	wantStale(t, d, "user", "a", store.Edit{Kind: "user", ID: "a", Was: second[0]})
	if revs := write(t, d, store.Edit{Kind: "user", ID: "a", Was: third[0]}, store.Edit{Kind: "user", ID: "new", Was: store.AnyRev}, store.Edit{Kind: "user", ID: "nobody", Was: store.AnyRev}, store.Edit{Kind: "user", ID: "nobody"}); slices.ContainsFunc(revs, func(r uint64) bool { return r != 0 }) {
		t.Errorf("deleting gives revisions %d", revs)
	}
	wantDocument(t, d, "user", "a", 0, nil)
	wantDocument(t, d, "user", "new", 0, nil)
	// One that is made anew is not the one before, whoever opens the database.
	d.(store.Store).Close()
	d = openDesk(t, p)
	anew := write(t, d, store.Edit{Kind: "user", ID: "a", Body: []byte("anew")})
	if anew[0] <= third[1] {
		t.Errorf("revision %d after %d", anew[0], third[1])
	}
	for _, was := range []uint64{first[0], second[0], third[0]} {
		wantStale(t, d, "user", "a", store.Edit{Kind: "user", ID: "a", Was: was, Body: []byte("x")})
	}
	wantDocument(t, d, "user", "a", anew[0], []byte("anew"))
	wantDocument(t, d, "user", "b", first[1], []byte("b"))
}

func testAllOrNothing(t *testing.T, p Place) {
	d := openDesk(t, p)
	rev := write(t, d, store.Edit{Kind: "site", ID: "a", Body: []byte("a")})
	wantStale(t, d, "site", "b", store.Edit{Kind: "site", ID: "a", Was: rev[0], Body: []byte("changed")}, store.Edit{Kind: "site", ID: "c", Body: []byte("c")}, store.Edit{Kind: "site", ID: "b", Was: 7})
	for _, bad := range []store.Edit{{Kind: "", ID: "x"}, {Kind: "Site", ID: "x"}, {Kind: "s;", ID: "x"}, {Kind: strings.Repeat("k", 41), ID: "x"}, {Kind: "site"}, {Kind: "site", ID: strings.Repeat("x", 1025)}, {Kind: "site", ID: "big", Body: make([]byte, 64<<20+1)}} {
		if _, err := d.Write(t.Context(), store.Edit{Kind: "site", ID: "c", Body: []byte("c")}, bad); err == nil || errors.Is(err, store.ErrStale) {
			t.Errorf("%q %.20q is taken: %v", bad.Kind, bad.ID, err)
		}
	}
	wantDocument(t, d, "site", "a", rev[0], []byte("a"))
	wantDocument(t, d, "site", "c", 0, nil)
	// One after the other, also of one document.
	revs := write(t, d, store.Edit{Kind: "site", ID: "a", Was: rev[0]}, store.Edit{Kind: "site", ID: "a", Body: []byte("1")}, store.Edit{Kind: "site", ID: "a", Was: store.AnyRev, Body: []byte("2")})
	wantDocument(t, d, "site", "a", revs[2], []byte("2"))
	write(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Write(ctx, store.Edit{Kind: "site", ID: "late", Body: []byte("x")}); err == nil {
		t.Error("what is cancelled is written")
	}
	wantDocument(t, d, "site", "late", 0, nil)
	write(t, d, store.Edit{Kind: "site", ID: "after", Body: []byte("x")})
}

// What is read of a kind, part by part, is what a sorted list says, whatever bytes IDs and prefixes are of.
func testListing(t *testing.T, p Place) {
	d := openDesk(t, p)
	random := rand.New(rand.NewPCG(3, 4))
	bytesOf := func(most int) string {
		b := make([]byte, random.IntN(most+1))
		for i := range b {
			b[i] = []byte{0, 'a', 'b', '%', '_', 0x7f, 0x80, 0xfe, 0xff}[random.IntN(9)]
		}
		return string(b)
	}
	ids := map[string]bool{}
	var edits []store.Edit
	for range 300 {
		if id := bytesOf(4); id != "" && !ids[id] {
			ids[id] = true
			edits = append(edits, store.Edit{Kind: "row", ID: id, Body: []byte(id)}, store.Edit{Kind: "rows", ID: id, Body: []byte("another kind")})
		}
	}
	write(t, d, edits...)
	for range 150 {
		prefix, after, most := bytesOf(2), bytesOf(4), 1+random.IntN(40)
		var want []string
		for id := range ids {
			if strings.HasPrefix(id, prefix) && id > after {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		list, err := d.Documents(t.Context(), "row", prefix, after, most)
		if err != nil {
			t.Fatal(err)
		}
		for i, doc := range list {
			if i >= len(want) || doc.ID != want[i] || doc.Kind != "row" || string(doc.Body) != doc.ID || doc.Rev == 0 {
				t.Fatalf("prefix %q after %q: %d is %+v", prefix, after, i, doc)
			}
		}
		if len(list) != min(most, len(want)) {
			t.Fatalf("prefix %q after %q: %d documents of %d, at most %d", prefix, after, len(list), len(want), most)
		}
	}
	if list, err := d.Documents(t.Context(), "row", "", "", 0); err != nil || len(list) != 1 {
		t.Errorf("of none: %d, %v", len(list), err)
	}
	if list, err := d.Documents(t.Context(), "none", "", "", 10); err != nil || len(list) != 0 {
		t.Errorf("of a kind that is not there: %d, %v", len(list), err)
	}
}

func testDocuments(t *testing.T, p Place) {
	d := openDesk(t, p)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	large := bytes.Repeat(every, 80<<10) // 20 MiB
	ids := []string{"x", "\x00", "a\x00b", "\xff\xfe", "'; DROP TABLE desk; --", "../../etc/passwd", "%", "\u202e</script>", strings.Repeat("\x01", 1024), string(every)}
	var edits []store.Edit
	for i, id := range ids {
		edits = append(edits, store.Edit{Kind: "row", ID: id, Body: [][]byte{{}, every, []byte(`{"a":"\u0000"}`), {0}}[i%4]})
	}
	edits = append(edits, store.Edit{Kind: "reading-part", ID: "large", Body: large})
	revs := write(t, d, edits...)
	d.(store.Store).Close()
	d = openDesk(t, p)
	for i, e := range edits {
		wantDocument(t, d, e.Kind, e.ID, revs[i], e.Body)
	}
	// What nobody could write is not there, and asking is no error of the database.
	for _, id := range []string{"", strings.Repeat("x", 5000), "\x00\xff"} {
		wantDocument(t, d, "row", id, 0, nil)
		wantDocument(t, d, "No such kind\x00", id, 0, nil)
	}
	if list, err := d.Documents(t.Context(), "row\x00", "", "", 10); err != nil || len(list) != 0 {
		t.Errorf("of a kind that cannot be: %d, %v", len(list), err)
	}
	list, err := d.Documents(t.Context(), "row", "", "", 100)
	if err != nil || len(list) != len(ids) || !slices.IsSortedFunc(list, func(a, b store.Document) int { return cmp.Compare(a.ID, b.ID) }) {
		t.Errorf("%d documents, %v", len(list), err)
	}
}

// testDeskDurable: when Write returns the disk has it, whatever else is written without waiting for the disk.
func testDeskDurable(t *testing.T, p Place) {
	d := openDesk(t, p)
	s := d.(store.Store)
	fill(t, s, NewRun("a-run"), 0, 5000, true)
	for i := range 20 {
		fill(t, s, NewRun(fmt.Sprintf("run%d", i)), 0, 200, true)
		write(t, d, store.Edit{Kind: "user", ID: fmt.Sprint(i), Body: bytes.Repeat([]byte{1}, 20000)})
		if flushed, known := p.Flushed(t); known && !flushed {
			t.Fatalf("write %d: the disk does not have it", i)
		}
	}
}

// testDeskWriters: writers that heed revisions lose nothing to each other, in one process or in two handles of the database.
func testDeskWriters(t *testing.T, p Place) {
	const writers, each = 4, 25
	desks := []store.Desk{openDesk(t, p), openDesk(t, p)}
	write(t, desks[0], store.Edit{Kind: "count", ID: "a", Body: []byte("0")}, store.Edit{Kind: "count", ID: "b", Body: []byte("0")})
	var wg sync.WaitGroup
	for w := range writers {
		d := desks[w%2]
		order := []string{"a", "b"}
		if w >= 2 {
			slices.Reverse(order)
		}
		wg.Go(func() {
			for done := 0; done < each; {
				var edits []store.Edit
				for _, id := range order {
					doc, err := d.Document(t.Context(), "count", id)
					if err != nil {
						t.Error(err)
						return
					}
					var n int
					fmt.Sscan(string(doc.Body), &n)
					edits = append(edits, store.Edit{Kind: "count", ID: id, Was: doc.Rev, Body: fmt.Append(nil, n+1)})
				}
				switch _, err := d.Write(t.Context(), edits...); {
				case err == nil:
					done++
				case !errors.Is(err, store.ErrStale):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, id := range []string{"a", "b"} {
		if doc, err := desks[1].Document(t.Context(), "count", id); err != nil || string(doc.Body) != fmt.Sprint(writers*each) {
			t.Errorf("%s: %+v, %v; want %d", id, doc, err, writers*each)
		}
	}
}
