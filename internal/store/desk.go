package store

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Desk is a store's other half: what people decide, and what is derived and may be derived again, as documents. A document has a kind, an ID
// within it and a revision. The databases of this house have one (a Store that is a Desk); what only gathers a run has none.
//
// Methods may be called from any goroutine. Errors are one line and name the store.
type Desk interface {
	// Document gives one document. One that is not there is ErrUnknown, whatever bytes its ID is of.
	Document(ctx context.Context, kind, id string) (*Document, error)
	// Documents gives at most most documents of a kind (at least one), by the bytes of their IDs: those that begin with prefix and
	// stand behind after; "" is before all.
	Documents(ctx context.Context, kind, prefix, after string, most int) ([]Document, error)
	// Write makes all the edits or none, in this order, and returns when the disk has them. revs are the revisions that were written,
	// one an edit, 0 of one that deletes. A document that does not stand as an edit says is a *Stale, which is ErrStale.
	Write(ctx context.Context, edits ...Edit) (revs []uint64, err error)
	// Hold makes the caller the one holder of a name (lower-case letters) among all processes that use the database: another one is
	// ErrHeld, until release is called or this process dies. held ends with ctx, with release, and when another process took the name
	// meanwhile, or may have (its connection broke); its cause says which. What relies on the hold derives from held. Who lost a name
	// writes nothing any more. Documents of kind "hold" are the database's own.
	Hold(ctx context.Context, name string) (held context.Context, release func(), err error)
}

// Document is a document as it stands.
type Document struct {
	Kind, ID string
	Rev      uint64 // no two writes of a database give the same one, so that a document made anew is not taken for the one before
	Body     []byte
}

// Edit writes a document, or deletes it.
type Edit struct {
	Kind, ID string
	Was      uint64 // the revision that is written over; 0: there must be none; AnyRev: whatever stands there
	Body     []byte // nil: it is deleted; with a Was of 0, that there is none is all that is asked
}

// AnyRev stands for whatever revision there is, or none.
const AnyRev = math.MaxUint64

// Bounds of what is written.
const (
	mostKindBytes = 40
	mostIDBytes   = 1024 // an index holds it whole
	mostDocument  = 64 << 20
)

// Errors of a desk that a caller tells apart, besides ErrUnknown and ErrDamaged.
var (
	ErrStale = errors.New("it was changed meanwhile")
	ErrHeld  = errors.New("another process holds it")
)

// Stale is an edit of a document that stood otherwise. It is ErrStale.
type Stale struct{ Kind, ID string }

func (s *Stale) Unwrap() error { return ErrStale }
func (s *Stale) Error() string { return fmt.Sprintf("%s %q: %v", s.Kind, s.ID, ErrStale) }

// Check tells whether a database can be given the edit.
func (e *Edit) Check() error {
	switch {
	case !IsKind(e.Kind):
		return fmt.Errorf("a document of kind %.100q: want 1 to %d lower-case letters and hyphens", e.Kind, mostKindBytes)
	case len(e.ID) == 0 || len(e.ID) > mostIDBytes:
		return fmt.Errorf("a document of kind %s: an ID of %d bytes, want 1 to %d", e.Kind, len(e.ID), mostIDBytes)
	case len(e.Body) > mostDocument:
		return fmt.Errorf("%s %q has %d bytes, the most are %d", e.Kind, e.ID, len(e.Body), mostDocument)
	}
	return nil
}

// CheckHold tells whether a name can be held.
func CheckHold(name string) error {
	if !IsKind(name) {
		return fmt.Errorf("the name %.100q cannot be held: want 1 to %d lower-case letters and hyphens", name, mostKindBytes)
	}
	return nil
}

// IsKind tells whether documents may be of that kind: no other is ever stored.
func IsKind(s string) bool {
	for i := range len(s) {
		if (s[i] < 'a' || s[i] > 'z') && s[i] != '-' {
			return false
		}
	}
	return s != "" && len(s) <= mostKindBytes
}

// Sum is the checksum of a document.
func (d *Document) Sum() Sum {
	return Sum(0).Section([]byte(d.Kind)).Section([]byte(d.ID)).Number(int64(d.Rev)).Section(d.Body)
}

// NoDocument is the ErrUnknown of a document.
func NoDocument(kind, id string) error { return &noDocument{kind, id} }

type noDocument struct{ kind, id string }

func (e *noDocument) Is(target error) bool { return target == ErrUnknown }
func (e *noDocument) Error() string        { return fmt.Sprintf("there is no %s %.100q", e.kind, e.id) }

// DamagedDocument is the ErrDamaged of a document.
func DamagedDocument(kind, id string) error {
	return fmt.Errorf("%s %.100q: %w: restore the store from a copy", kind, id, ErrDamaged)
}

// Behind is the range of the IDs that begin with prefix and stand behind after: those > from, or >= from where after is none of theirs,
// and < to; to is "" where no ID is beyond.
func Behind(prefix, after string) (from string, inclusive bool, to string) {
	from, inclusive = prefix, true
	if after >= prefix && after != "" {
		from, inclusive = after, false
	}
	end := []byte(prefix)
	for len(end) > 0 {
		if last := len(end) - 1; end[last] < 0xff {
			end[last]++
			return from, inclusive, string(end)
		}
		end = end[:len(end)-1]
	}
	return from, inclusive, ""
}
