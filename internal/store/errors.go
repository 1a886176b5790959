package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Errors that a caller tells apart.
var (
	ErrExists  = errors.New("a run of that ID is stored already")
	ErrUnknown = errors.New("no such run is stored")
	ErrTaken   = errors.New("the run was deleted, or another process goes on with it")
	// ErrChanged: what was read of the run up to then is right, and the rest is not there any more.
	ErrChanged = errors.New("the run was deleted, or rows of it were removed, while it was read")
	ErrMissing = errors.New("the store does not exist yet")
	ErrDamaged = errors.New("a stored row is damaged")
	// ErrUnwritable: the disk is full or read-only, or its rights are another's. Nothing is wrong with what is stored.
	ErrUnwritable = errors.New("the store cannot be written")
	// ErrAway: the database cannot be reached, or is held up by another process. Later it may answer.
	ErrAway = errors.New("the store does not answer")
)

// Fault words an error of a database for the user: one line that names the store, says why where that is known, and then what the
// database said. It is as well, where that is ErrUnwritable or ErrAway. Of nil it makes nil.
func Fault(name, why string, as, err error) error {
	if err == nil {
		return nil
	}
	if as != nil {
		err = also{err, as}
	}
	if why != "" {
		return fmt.Errorf("store %s: %s (%w)", name, why, oneLine{err})
	}
	return fmt.Errorf("store %s: %w", name, oneLine{err})
}

// FaultOfRun words an error that may be about a run and not about the database, with the database's own fail. Of a Damage it finds
// out whose rows are damaged.
func FaultOfRun(s Store, err error, fail func(error) error) error {
	if errors.Is(err, ErrUnknown) || errors.Is(err, ErrChanged) {
		return err
	}
	if d, ok := errors.AsType[*Damage](err); ok {
		return fail(d.Locate(context.Background(), s))
	}
	return fail(err)
}

// also is an error that is another one too.
type also struct {
	error
	as error
}

func (e also) Is(target error) bool { return target == e.as }
func (e also) Unwrap() error        { return e.error }

// oneLine is an error without line breaks.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e oneLine) Unwrap() error { return e.error }

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
	for p, err := range s.Pages(ctx, d.Run, netip.Addr{}) {
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
