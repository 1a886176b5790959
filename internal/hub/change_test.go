package hub

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/compare"
)

// pages: a set of several parts and kinds is given whole, page by page, in both directions.
func pages(t *testing.T, h *Hub) {
	t.Helper()
	ctx := t.Context()
	var g gathered
	for n := range 700 {
		e := signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})}, Port: 445}
		g.add(&compare.Change{Kind: []compare.Kind{compare.Improved, compare.Worsened}[n%2], Old: e, New: e, Check: "smb"})
	}
	if err := h.keepChanges(ctx, "many", &ChangeSet{Run: "many", Ended: time.Now()}, &g); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]func(string) (*ChangePage, error){
		"forward":  func(after string) (*ChangePage, error) { return h.Changes(ctx, system(), after, 77) },
		"backward": func(after string) (*ChangePage, error) { return h.History(ctx, system(), &ChangeFilter{}, after, 77) },
		"of a kind": func(after string) (*ChangePage, error) {
			return h.History(ctx, system(), &ChangeFilter{Kinds: []compare.Kind{compare.Worsened}}, after, 77)
		},
	} {
		seen, kinds := map[string]bool{}, map[compare.Kind]int{}
		for after := ""; ; {
			got, err := page(after)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range got.Items {
				if seen[c.ID] {
					t.Errorf("%s: %s is given twice", name, c.ID)
				}
				if seen[c.ID] = true; c.Set.Run == "many" {
					kinds[c.Kind]++
				}
			}
			if after = got.Next; after == "" || len(got.Items) == 0 {
				break
			}
		}
		want := map[compare.Kind]int{compare.Worsened: 350, compare.Improved: 350}
		if name == "of a kind" {
			want = map[compare.Kind]int{compare.Worsened: 350}
		}
		if !reflect.DeepEqual(kinds, want) {
			t.Errorf("%s: %v", name, kinds)
		}
	}
}

// TestChangeIsKeptWhole: a change is read as it was, and of very many the first of each kind are kept, and all counted.
func TestChangeIsKeptWhole(t *testing.T) {
	at := func(n int) signet.Endpoint {
		return signet.Endpoint{Target: signet.Target{Addr: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}, Port: 443}
	}
	udp := signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("fd00::1")}, Port: 1434, Transport: signet.UDP}
	found := signet.Finding{Rule: "some-rule", Severity: signet.High, Where: "/path"}
	list := []compare.Change{
		{Kind: compare.Worsened, Old: at(1), New: at(2), Host: "FS1.corp.example", Check: "smb", OldVerdict: signet.Guarded, NewVerdict: signet.Exposed, Accepted: true,
			Gained: []signet.Finding{found}, Lost: []signet.Finding{{Rule: "other"}}, Rated: []compare.Rated{{Finding: found, Was: signet.Low}}, Because: []string{"a", "b"}},
		{Kind: compare.Vanished, Old: udp, Check: "mssql", OldVerdict: signet.Unseen},
		{Kind: compare.Appeared, New: at(3), Check: "smb", NewVerdict: signet.Undetermined},
	}
	var g gathered
	for i := range list {
		g.add(&list[i])
	}
	parts, err := g.parts()
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts (%v)", len(parts), err)
	}
	got, err := unpackRows(parts[0])
	if want := []compare.Change{list[0], list[2], list[1]}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read are %+v (%v), want %+v", got, err, want)
	}
	for text, want := range map[string]bool{"fs1.corp.example": true, "10.0.0.1": true, "10.0.0.2": true, "fd00::1": true, "10.0.0.4": false, "fs1": false} {
		if spoken(g.speaks(), []uint32{shortSum(text)}) != want {
			t.Errorf("that it speaks of %s is not %t", text, want)
		}
	}
	var many gathered
	for n := range 3 * mostOfKind {
		many.add(&compare.Change{Kind: compare.NotAsked, Old: at(n), Check: strings.Repeat("x", 3)})
	}
	many.add(&list[0])
	if parts, err = many.parts(); err != nil {
		t.Fatal(err)
	}
	size, n := 0, 0
	for _, p := range parts {
		rows, err := unpackRows(p)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 && rows[0].Kind != compare.Worsened {
			t.Errorf("the first is %+v, want the worst", rows[0])
		}
		n, size = n+len(rows), size+len(p)
	}
	if n != mostOfKind+1 || many.sums["not-asked"] != 3*mostOfKind || many.sums["worsened"] != 1 || size > 100_000 {
		t.Errorf("%d rows in %d bytes, sums %v", n, size, many.sums)
	}
}

// TestChangeOfAHost: a change is a host's by the name that it gives itself, else by its address, and never another's who lived there.
func TestChangeOfAHost(t *testing.T) {
	w := &hostWords{addr: "10.0.0.5", names: map[string]bool{"fs1.corp.example": true, "www.corp.example": true}, moves: map[string]bool{"fs1.corp.example": true}}
	for _, c := range []struct {
		host, addr string
		want       bool
	}{
		{"FS1.corp.example", "10.0.0.9", true}, {"fs1.corp.example", "10.0.0.5", true}, {"", "10.0.0.5", true}, {"", "10.0.0.9", false},
		{"www.corp.example", "10.0.0.5", true}, {"www.corp.example", "10.0.0.9", false}, {"pc7.corp.example", "10.0.0.5", false},
	} {
		change := &compare.Change{Host: c.host, Old: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(c.addr)}}}
		if w.are(change) != c.want {
			t.Errorf("a change of %q at %s: want %t", c.host, c.addr, c.want)
		}
	}
}
