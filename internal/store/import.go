package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"signet"
	"signet/internal/line"
)

// mostRows bounds the rows of a run. What one line may hold, package line says.
const mostRows = 1 << 28

// Import stores the runs that Export wrote or a report in JSON lines, one after another in r, and gives their IDs. A run that cannot be read to its
// end is not stored at all; those before it are. Until its end a run counts as being imported, stands for nothing, and gives way
// to an import of it that is tried again. A run that is stored already is never touched. now is the moment of the import: what
// calls itself newer counts as made then.
func Import(ctx context.Context, r io.Reader, s Store, now time.Time) (ids []string, err error) {
	im := &importer{ctx: ctx, s: s, now: now.UTC().Truncate(time.Microsecond), most: mostRows}
	if err := im.read(line.NewTransfer(r)); err != nil {
		return im.ids, errors.Join(err, im.undo())
	}
	return im.ids, nil
}

// importer holds the run under way.
type importer struct {
	ctx  context.Context
	s    Store
	run  *Run
	end  Run // what Finish sets
	rec  *Recorder
	took uint64
	seen uint64 // endpoints where something was there, which the summary of a report counts
	most uint64
	now  time.Time
	ids  []string
}

func (im *importer) read(in *line.Transfer) error {
	for l, err := range in.Lines() {
		if err != nil {
			return err
		}
		if err := im.line(l); err != nil {
			return in.At(err)
		}
	}
	if im.rec != nil {
		return in.At(fmt.Errorf("the file is cut short: run %s has no summary", im.run.ID))
	}
	return nil
}

func (im *importer) line(l *line.Stored) error {
	if l.Kind == "run" {
		return im.begin(l)
	}
	if im.rec == nil {
		return fmt.Errorf("a line of kind %q stands before any run", l.Kind)
	}
	if l.Run != im.run.ID {
		return fmt.Errorf("it belongs to run %q, and run %q is not at its end", l.Run, im.run.ID)
	}
	switch l.Kind {
	case "endpoint":
		return im.endpoint(l)
	case "summary":
		return im.summary(l)
	case "client":
		o, err := l.Client(im.run.Started)
		if err != nil {
			return err
		}
		return im.record(o)
	}
	return nil // other kinds follow from the observations, or are for other readers
}

// summary ends the run, if nothing of it is missing.
func (im *importer) summary(l *line.Stored) error {
	sum, err := l.Summary()
	if err != nil {
		return err
	}
	if sum.Coverage != nil {
		err = im.reported(sum)
	} else if sum.Observations != im.took {
		err = fmt.Errorf("the summary counts %d observations, and %d were read", sum.Observations, im.took)
	}
	if err != nil {
		return err
	}
	err = im.rec.Finish(func(run *Run) {
		run.Ended, run.Interrupted, run.Progress, run.Importing = im.end.Ended, im.end.Interrupted, im.end.Progress, false
		run.Verdicts = im.end.Verdicts
	})
	if err != nil {
		return err
	}
	im.ids, im.rec = append(im.ids, im.run.ID), nil
	return nil
}

// reported takes the end of a run from the summary of a report, whose run line does not tell it. A report counts the endpoints
// where something was there, by verdict.
func (im *importer) reported(sum *line.Summary) error {
	var counted uint64
	for _, n := range sum.Verdicts {
		if n > im.took { // no sum of such counts says anything: it may run over
			return fmt.Errorf("the summary counts %d endpoints of one verdict, and %d lines were read", n, im.took)
		}
		counted += n
	}
	if counted != im.seen {
		return fmt.Errorf("the summary counts %d endpoints with a verdict, and %d were read", counted, im.seen)
	}
	c := sum.Coverage
	im.end.Ended, im.end.Interrupted, im.end.Verdicts = sum.Ended.UTC(), sum.Interrupted, sum.Verdicts[:]
	im.end.Progress = Progress{Addresses: c.Addresses, Alive: c.Alive, Asked: c.Asked, Outcomes: c.Outcomes}
	return nil
}

func (im *importer) begin(l *line.Stored) error {
	if im.rec != nil {
		return fmt.Errorf("run %q begins before run %q has a summary", l.Run, im.run.ID)
	}
	said, err := l.Begin()
	if err != nil {
		return err
	}
	run := runOf(said)
	im.end, im.took, im.seen = *run, 0, 0
	run.Ended, run.Interrupted, run.Observations, run.Progress = time.Time{}, false, 0, Progress{}
	run.Imported, run.Importing = im.now, true
	rec, err := Begin(im.ctx, im.s, run, nil)
	if errors.Is(err, ErrExists) && im.again(run.ID) {
		rec, err = Begin(im.ctx, im.s, run, nil)
	}
	if errors.Is(err, ErrExists) {
		return fmt.Errorf("run %s: %w", run.ID, err)
	}
	if err != nil {
		return err
	}
	im.run, im.rec = run, rec
	return nil
}

// again clears what an import of a run left that was cut short; it tells whether there was such.
func (im *importer) again(id string) bool {
	runs, err := AllRuns(im.ctx, im.s)
	if err != nil {
		return false
	}
	for i := range runs {
		if runs[i].ID == id && runs[i].Importing && !runs[i].Damaged {
			return im.s.Delete(im.ctx, id) == nil
		}
	}
	return false
}

func (im *importer) endpoint(l *line.Stored) error {
	o, err := l.Observation(im.run.Started)
	if err != nil {
		return err
	}
	if o.Check != signet.ClientCheck && o.Reached() {
		im.seen++
	}
	return im.record(o)
}

func (im *importer) record(o *signet.Observation) error {
	if im.took >= im.most {
		return fmt.Errorf("the run has more than %d rows", im.most)
	}
	im.took++
	return im.rec.Record(o, true)
}

// undo removes the run under way.
func (im *importer) undo() error {
	if im.rec == nil {
		return nil
	}
	im.rec.Finish(func(*Run) {}) // it goes away whatever this says
	if err := im.s.Delete(context.WithoutCancel(im.ctx), im.run.ID); err != nil && !errors.Is(err, ErrUnknown) {
		return err
	}
	return nil
}
