package store

import (
	"context"
	"encoding/json"
	"iter"
	"net/netip"
	"time"

	"signet"
)

// Store keeps runs. Its methods may be called from any goroutine, also while a run is being written, by this process or
// by another: a reader sees whole transactions. Nothing is retried here but what waits for another writer of the same
// database, for ten seconds at most. Errors are one line and name the store.
type Store interface {
	// Runs lists runs, newest first by When: at most most of them (at least one), those behind a cursor. next is the cursor behind the
	// last of them, and the zero value where there are no more. Runs may come and go between two pages: one that stays is listed
	// once. One that cannot be read is listed as Damaged.
	Runs(ctx context.Context, after Cursor, most int) (runs []Run, next Cursor, err error)
	// Create begins a run. A run of that ID that exists already is ErrExists.
	Create(ctx context.Context, run *Run) (Log, error)
	// Reopen goes on with a run. Whoever wrote it until then is told ErrTaken at its next Append.
	Reopen(ctx context.Context, id string) (Log, error)
	// Rows gives rows of a run as it stands when reading begins; the Row is reused, and its bytes hold until the next one. No
	// connection is held while the caller has a row: it may take its time, and use the store. Whatever is read is held against its
	// checksum, and all of a run against the number of its rows: what was altered is a *Damage. As stored, who goes on after a
	// *Damage is given the rest. A run that is deleted while it is read, or loses rows, is ErrChanged.
	Rows(ctx context.Context, id string, which Which) iter.Seq2[*Row, error]
	// Pages gives the pages of a run, by First, as Rows gives rows. Who goes on after a *Damage is given the rest. Pages that do not
	// speak of an address have no Body, as far as their sieves tell; the zero address asks for every Body.
	Pages(ctx context.Context, id string, of netip.Addr) iter.Seq2[*Page, error]
	// Kinds gives the kinds of the rows of a run. A kind does not change once it has a dictionary, and stays.
	Kinds(ctx context.Context, id string) ([]Kind, error)
	// Drop removes rows of a run by their Seq, and the pages that speak of them; rows that are not there are no error. The run
	// must not be written.
	Drop(ctx context.Context, id string, seqs []uint64) error
	// Delete removes a run and what belongs to it; one that is not there is ErrUnknown. A deletion that was cut short is
	// invisible, and finished by the next one.
	Delete(ctx context.Context, id string) error
	// Verify looks at the database besides what can be read of its runs, and tells each thing that is wrong with it in one line.
	Verify(ctx context.Context, tell func(string)) error
	Close() error
}

// Log is a run that is being written.
type Log interface {
	// Append commits a batch as one transaction: all of it or, with an error, nothing.
	Append(ctx context.Context, b *Batch) error
}

// Order of rows.
type Order uint8

const (
	AsStored  Order = iota // in the order of recording
	ByAddress              // IPv4 before IPv6, then by address, port and as stored
)

// Which rows, and in which order. The zero value is all of them as stored.
type Which struct {
	Order       Order
	First, Last uint64   // by Seq, from First to Last; a Last of 0 is the end
	Only        []uint64 // these alone, by Seq; a few thousand at most
}

// Run is a run without its observations.
type Run struct {
	ID      string       `json:"run"`
	Tool    string       `json:"tool"`
	Started time.Time    `json:"started"`
	Ended   time.Time    `json:"ended,omitzero"` // zero: being written, or killed
	Targets []string     `json:"targets"`
	Checks  []string     `json:"checks"`
	Depth   signet.Depth `json:"depth"`
	Policy  string       `json:"policy"` // in force when it was made

	Interrupted bool     `json:"interrupted,omitempty"`
	Failed      string   `json:"failed,omitempty"` // why it came to nothing: it reached nobody, or what was to be read could not be
	Warnings    []string `json:"warnings,omitempty"`
	Unresolved  int      `json:"unresolved,omitempty"` // targets without an address
	Seed        uint64   `json:"seed"`
	Scope       string   `json:"scope"` // fingerprint of what was to be asked, for resuming
	// Flags is what the run was begun with, for resuming it: an object that the store does not look into.
	Flags json.RawMessage `json:"flags,omitempty"`

	Progress     Progress `json:"progress"`
	Observations uint64   `json:"observations"`

	// Verdicts counts endpoints by signet.Verdict, as they were judged when the run was made; nil where that is not known. What
	// a run is worth today, judging it again says.
	Verdicts []uint64 `json:"verdicts,omitempty"`

	// Imported is when an import stored it: no date of its own makes it newer than that. Importing says that the import is under
	// way, or was cut short.
	Imported  time.Time `json:"imported,omitzero"`
	Importing bool      `json:"importing,omitempty"`

	Damaged  bool `json:"-"` // what is stored of it was altered: of it only the ID is known, and that may be wrong
	Unsealed bool `json:"-"` // begun by a version that kept no checksums
}

// Finished tells whether the run came to its end.
func (r *Run) Finished() bool { return !r.Ended.IsZero() && !r.Interrupted }

// Stands tells whether a run may stand for what was last seen: it came to something, and all of it is there.
func (r *Run) Stands() bool { return r.Failed == "" && !r.Importing && !r.Damaged }

// When is the date by which runs are ordered: when the run began, and for one that was imported no later than that.
func (r *Run) When() time.Time {
	if !r.Imported.IsZero() && r.Started.After(r.Imported) {
		return r.Imported
	}
	return r.Started
}

// Progress is how far a run is. Low and Finished are engine.Resume's.
type Progress struct {
	Low      uint64   `json:"low"`
	Finished []uint64 `json:"finished,omitempty"`

	Addresses uint64    `json:"addresses"`
	Alive     uint64    `json:"alive"`
	Asked     uint64    `json:"endpoints_asked"`
	Outcomes  [8]uint64 `json:"outcomes"` // by signet.Outcome
}

// Kind is a check at a version, as rows of one run refer to it, and what its rows are packed against.
type Kind struct {
	ID      uint16
	Check   string
	Version int
	Facts   []byte // dictionary of bodies; nil until there is one
	Trace   []byte // dictionary of transcripts
}

// Row is one observation as it is kept.
type Row struct {
	Seq   uint64 // from 1, in the order of storing
	Addr  netip.Addr
	Port  uint16
	Kind  uint16
	State uint8 // outcome, open, transport: see State
	At    int64 // microseconds after the run's start
	Took  int64 // microseconds
	Body  []byte
	Trace []byte // nil: no transcript is kept
}

// Batch is what one transaction adds to a run.
type Batch struct {
	Rows  []Row  // Seq is set by Append
	Kinds []Kind // new ones, and those that got a dictionary
	Page  []byte // Body of the page of Rows; nil where there are none
	Sieve []byte // of the page
	// Run is the run as it stands with this batch; Append sets its Observations.
	Run *Run
	// Durable: Append returns when the disk has the batch, and all that was appended before.
	Durable bool
}
