package report

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"signet"
)

// What is kept of what was lost is bounded, and what is beyond is counted as missing.
func TestLostIsBounded(t *testing.T) {
	var tally Tally
	for i := range mostLost + 7 {
		l := &Line{Observation: &signet.Observation{Outcome: signet.Skipped}}
		l.Addr, l.Port = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 445
		tally.Count(l)
		tally.Left(l.Addr)
	}
	if len(tally.lost.under) != 0 {
		t.Errorf("%d hosts are still under way", len(tally.lost.under))
	}
	l := tally.Lost()
	if len(l.Hosts) != mostLost || l.More != 7 || l.Whole() != mostLost+7 || l.Skipped != mostLost+7 {
		t.Errorf("%d hosts, %d more, %d whole, %d endpoints", len(l.Hosts), l.More, l.Whole(), l.Skipped)
	}
	said := l.Sentences()
	if len(said) != mostLostNamed+2 || !strings.Contains(said[len(said)-1], fmt.Sprintf("and %d more hosts", mostLost+7-mostLostNamed)) {
		t.Errorf("%d sentences, the last %q", len(said), said[len(said)-1])
	}
}
