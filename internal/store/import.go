package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"signet"
)

// Bounds of an import: of one line, of the line that a run begins with, of how deep values lie in one another, of the rows of a
// run, and of how far a row's time may lie from the start of its run.
const (
	mostLine  = 32 << 20
	mostHead  = 4 << 20
	mostDepth = 64
	mostRows  = 1 << 28
	mostApart = 200 * 365 * 24 * time.Hour
)

// Import stores the runs that Export wrote, one after another in r, and gives their IDs. A run that cannot be read to its
// end is not stored at all; those before it are. Until its end a run counts as being imported, stands for nothing, and gives way
// to an import of it that is tried again. A run that is stored already is never touched. now is the moment of the import: what
// calls itself newer counts as made then.
func Import(ctx context.Context, r io.Reader, s Store, now time.Time) (ids []string, err error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), mostLine)
	im := &importer{ctx: ctx, s: s, now: now.UTC().Truncate(time.Microsecond), most: mostRows}
	n := 0
	for in.Scan() {
		n++
		line := bytes.TrimSpace(bytes.TrimPrefix(in.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		if err = im.line(line); err != nil {
			err = fmt.Errorf("line %d: %w", n, err)
			break
		}
	}
	if err == nil {
		if err = in.Err(); errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("line %d: it is longer than %d MiB", n+1, mostLine>>20)
		}
	}
	if err == nil && im.rec != nil {
		err = fmt.Errorf("line %d: the file is cut short: run %s has no summary", n, im.run.ID)
	}
	if err != nil {
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
	most uint64
	now  time.Time
	ids  []string
}

// imported is any line; a run's fields are decoded apart.
type imported struct {
	Kind    string            `json:"kind"`
	Schema  string            `json:"schema"`
	Run     string            `json:"run"`
	At      time.Time         `json:"at"`
	Address netip.Addr        `json:"address"`
	Port    uint16            `json:"port"`
	UDP     transport         `json:"transport"`
	Name    string            `json:"name"`
	Check   string            `json:"check"`
	Version int               `json:"check_version"`
	Outcome signet.Outcome    `json:"outcome"`
	Open    bool              `json:"open"`
	Facts   json.RawMessage   `json:"facts"`
	Unasked []string          `json:"unasked"`
	Source  string            `json:"source"`
	Err     *signet.Failure   `json:"error"`
	Took    float64           `json:"took_ms"`
	Trace   []importedTraffic `json:"trace"`

	Connections uint16 `json:"connections"`

	Observations uint64 `json:"observations"`
}

type importedTraffic struct {
	Note     string   `json:"note"`
	Sent     hexBytes `json:"sent"`
	Received hexBytes `json:"received"`
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.AppendDecode(nil, text)
	return err
}

type transport signet.Transport

func (t *transport) UnmarshalText(text []byte) error {
	switch string(text) {
	case "tcp":
		*t = transport(signet.TCP)
	case "udp":
		*t = transport(signet.UDP)
	default:
		return fmt.Errorf("%q is not a transport (tcp or udp)", text)
	}
	return nil
}

func (im *importer) line(b []byte) error {
	if tooDeep(b, mostDepth) {
		return fmt.Errorf("values lie more than %d deep in one another", mostDepth)
	}
	var l imported
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	if l.Kind == "run" {
		return im.begin(b, &l)
	}
	if im.rec == nil {
		return fmt.Errorf("a line of kind %q stands before any run", l.Kind)
	}
	if l.Run != im.run.ID {
		return fmt.Errorf("it belongs to run %q, and run %q is not at its end", l.Run, im.run.ID)
	}
	switch l.Kind {
	case "endpoint":
		return im.endpoint(&l)
	case "summary":
		if l.Observations != im.took {
			return fmt.Errorf("the summary counts %d observations, and %d were read", l.Observations, im.took)
		}
		err := im.rec.Finish(func(run *Run) {
			run.Ended, run.Interrupted, run.Progress, run.Importing = im.end.Ended, im.end.Interrupted, im.end.Progress, false
		})
		if err != nil {
			return err
		}
		im.ids, im.rec = append(im.ids, im.run.ID), nil
	}
	return nil // other kinds are for other readers
}

func (im *importer) begin(b []byte, l *imported) error {
	if im.rec != nil {
		return fmt.Errorf("run %q begins before run %q has a summary", l.Run, im.run.ID)
	}
	if l.Schema != schema {
		return fmt.Errorf("schema %q: this version reads %s", l.Schema, schema)
	}
	if len(b) > mostHead {
		return fmt.Errorf("the run's line is longer than %d MiB", mostHead>>20)
	}
	if err := CheckID(l.Run); err != nil {
		return err
	}
	run := &Run{}
	if err := json.Unmarshal(b, run); err != nil {
		return err
	}
	switch {
	case run.Started.Year() < 1970 || !run.Ended.IsZero() && run.Ended.Year() < 1970:
		return errors.New("the run has no time of its start, or times before 1970")
	case len(run.Verdicts) > mostDepth:
		return errors.New("the run counts more verdicts than there are")
	}
	im.end, im.took = *run, 0
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
	runs, err := im.s.Runs(im.ctx)
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

// tooDeep tells whether values of a line lie deeper in one another than most.
func tooDeep(line []byte, most int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

func (im *importer) endpoint(l *imported) error {
	if !l.Address.IsValid() || l.Address.Zone() != "" || l.Address.Is4In6() {
		return fmt.Errorf("%q is not the address of an endpoint", l.Address)
	}
	if l.At.IsZero() || l.At.Year() > 9999 || math.IsNaN(l.Took) || math.Abs(l.Took) > 1e12 {
		return errors.New("the times of the endpoint are missing or out of range")
	}
	if d := l.At.Sub(im.run.Started); d > mostApart || d < -mostApart {
		return errors.New("the time of the endpoint lies centuries from that of its run")
	}
	if im.took >= im.most {
		return fmt.Errorf("the run has more than %d rows", im.most)
	}
	if n := len(l.Check); n == 0 || n > 64 {
		return fmt.Errorf("%.80q is not the name of a check", l.Check)
	}
	if !utf8.ValidString(l.Check) || strings.ContainsFunc(l.Check, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%q is not the name of a check", l.Check)
	}
	o := &signet.Observation{
		Endpoint: signet.Endpoint{Target: signet.Target{Addr: l.Address, Name: l.Name}, Port: l.Port, Transport: signet.Transport(l.UDP)},
		Check:    l.Check, CheckVersion: l.Version, At: l.At, Took: time.Duration(math.Round(l.Took*1000)) * time.Microsecond,
		Outcome: l.Outcome, Open: l.Open, Err: l.Err, Unasked: l.Unasked, Source: l.Source, Connections: int(l.Connections),
	}
	if l.Facts != nil {
		if l.Facts[0] != '{' {
			return errors.New("facts are not an object")
		}
		o.Facts = signet.RawFacts(l.Facts)
	}
	for _, x := range l.Trace {
		o.Trace = append(o.Trace, signet.Exchange{Note: x.Note, Sent: x.Sent, Received: x.Received})
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
