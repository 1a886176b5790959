package store

import (
	"context"
	"errors"
	"fmt"
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
)

// Fault words an error of a database for the user: one line that names the store, says why where that is known, and then what the
// database said. An unwritable one is ErrUnwritable too. Of nil it makes nil.
func Fault(name, why string, unwritable bool, err error) error {
	if err == nil {
		return nil
	}
	if unwritable {
		err = cannotWrite{err}
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

// cannotWrite is an error that is ErrUnwritable too.
type cannotWrite struct{ error }

func (e cannotWrite) Is(target error) bool { return target == ErrUnwritable }
func (e cannotWrite) Unwrap() error        { return e.error }

// oneLine is an error without line breaks.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e oneLine) Unwrap() error { return e.error }
