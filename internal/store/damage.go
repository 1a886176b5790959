package store

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// Damage is what is stored of a run and is not any more as it was written. It is ErrDamaged, and its text names the run, the
// rows and whose they are, and what to do.
type Damage struct {
	Run         string
	What        string // what is damaged
	First, Last uint64 // the rows, by Seq; 0: it is no matter of certain rows

	hosts []netip.Addr // whose rows they are, as far as the index of the run knows
}

func (d *Damage) Unwrap() error { return ErrDamaged }

func (d *Damage) Error() string {
	return d.Text() + ": restore the store from a copy, or scan again (signet runs check lists all that is damaged)"
}

// Text says what is damaged, without what to do.
func (d *Damage) Text() string {
	text := d.What
	if d.First > 0 {
		text = fmt.Sprintf("rows %d to %d", d.First, d.Last)
		if d.First == d.Last {
			text = fmt.Sprintf("row %d", d.First)
		}
		switch n := len(d.hosts); {
		case n == 1:
			text += fmt.Sprintf(" (of %s)", d.hosts[0])
		case n == 2:
			text += fmt.Sprintf(" (of %s and %s)", d.hosts[0], d.hosts[1])
		case n > 2:
			text += fmt.Sprintf(" (of %s, %s and %d other addresses)", d.hosts[0], d.hosts[1], n-2)
		}
		text += ": " + d.What
	}
	return fmt.Sprintf("run %s: %s", d.Run, text)
}

// Locate finds out whose rows are damaged, from the index of the run.
func (d *Damage) Locate(ctx context.Context, s Store) *Damage {
	if d.First == 0 {
		return d
	}
	found := map[netip.Addr]bool{}
	for p, err := range s.Pages(ctx, d.Run) {
		if err != nil {
			continue // and what another page says stands
		}
		if p.First > d.Last || p.First+p.Rows <= d.First {
			continue
		}
		if p.read(func(e entry) {
			if slices.ContainsFunc(e.seqs, func(seq uint64) bool { return seq >= d.First && seq <= d.Last }) {
				found[e.addr] = true
			}
		}) != nil {
			return d
		}
	}
	d.hosts = d.hosts[:0]
	for a := range found {
		d.hosts = append(d.hosts, a)
	}
	slices.SortFunc(d.hosts, netip.Addr.Compare)
	return d
}
