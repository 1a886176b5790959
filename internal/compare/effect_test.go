package compare

import (
	"net/netip"
	"slices"
	"testing"

	"signet"
)

// What a change means: which findings moved where, whether what was lost is closed, and whether there is something new to fix.
func TestEffects(t *testing.T) {
	at := func(addr string) signet.Endpoint {
		return signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr(addr)}, Port: 445}
	}
	old, now := at("192.0.2.1"), at("192.0.2.2")
	info, high := signet.Finding{Rule: "note", Severity: signet.Info}, signet.Finding{Rule: "weak", Severity: signet.High}
	for _, tt := range []struct {
		name                 string
		c                    Change
		moves                []Move
		at                   signet.Endpoint
		verdict              signet.Verdict
		closes, opens, broke bool
	}{
		{"each move, and the host moved", Change{Kind: Worsened, Old: old, New: now, NewVerdict: signet.Guarded, Gained: []signet.Finding{high}, Lost: []signet.Finding{info}, Rated: []Rated{{Finding: high, Was: signet.Low}}},
			[]Move{Gained, Lost, Regraded}, now, signet.Guarded, true, true, true},
		{"no finding moved", Change{Kind: Improved, Old: old, New: old, OldVerdict: signet.Exposed, NewVerdict: signet.Guarded}, []Move{""}, old, signet.Guarded, true, false, false},
		{"gone", Change{Kind: Vanished, Old: old, OldVerdict: signet.Exposed, Lost: []signet.Finding{high}}, []Move{Lost}, old, signet.Undetermined, false, false, false},
		{"came exposed", Change{Kind: Appeared, New: now, NewVerdict: signet.Exposed}, []Move{""}, now, signet.Exposed, false, true, true},
		{"came with what is for information", Change{Kind: Appeared, New: now, NewVerdict: signet.Guarded, Gained: []signet.Finding{info}}, []Move{Gained}, now, signet.Guarded, false, false, false},
		{"more was asked", Change{Kind: NewlyAsked, Old: now, New: now, NewVerdict: signet.Exposed, Gained: []signet.Finding{high}}, []Move{Gained}, now, signet.Exposed, true, true, false},
	} {
		var moves []Move
		for _, e := range tt.c.Effects() {
			moves = append(moves, e.Move)
			if where := tt.c.Endpoint(); e.Move == Lost {
				if e.At != tt.c.Old {
					t.Errorf("%s: a finding that was lost stood at %s", tt.name, e.At)
				}
			} else if e.At != where {
				t.Errorf("%s: an effect is at %s, want %s", tt.name, e.At, where)
			}
		}
		if !slices.Equal(moves, tt.moves) || tt.c.Endpoint() != tt.at || tt.c.Addr() != tt.at.Addr || tt.c.Verdict() != tt.verdict {
			t.Errorf("%s: %q at %s, %s", tt.name, moves, tt.c.Endpoint(), tt.c.Verdict())
		}
		if tt.c.Closes() != tt.closes || tt.c.Opens() != tt.opens || tt.c.Broke() != tt.broke {
			t.Errorf("%s: closes %t, opens %t, broke %t", tt.name, tt.c.Closes(), tt.c.Opens(), tt.c.Broke())
		}
	}
}
