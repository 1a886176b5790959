package run

import (
	"net/netip"
	"testing"

	"signet/internal/store"
)

// A run asked the addresses that were typed, less those that were excluded; names and files say nothing of addresses.
func TestAsked(t *testing.T) {
	o := NewOrder()
	o.Exclude = []string{"10.0.0.7"}
	flags, err := o.stored()
	if err != nil {
		t.Fatal(err)
	}
	asked := Asked(t.Context(), &store.Run{Targets: []string{"10.0.0.0/28", "fs1.corp.example", "-f hosts.txt", "2001:db8::1"}, Flags: flags})
	for addr, want := range map[string]bool{"10.0.0.1": true, "10.0.0.7": false, "10.0.0.16": false, "2001:db8::1": true, "192.0.2.1": false} {
		if got := asked(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: asked %v, want %v", addr, got, want)
		}
	}
	if Asked(t.Context(), &store.Run{Targets: []string{"10.0.0.0/28"}}) != nil {
		t.Error("a run that does not say how it was ordered says what it asked")
	}
	o.ExcludeFiles = []string{"left-out.txt"}
	if flags, err = o.stored(); err != nil {
		t.Fatal(err)
	}
	if Asked(t.Context(), &store.Run{Targets: []string{"10.0.0.0/28"}, Flags: flags}) != nil {
		t.Error("what a file excluded is not known, and it says what was asked")
	}
}
