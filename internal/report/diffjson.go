package report

import (
	"bufio"
	"bytes"
	"io"

	"signet/internal/compare"
	"signet/internal/line"
	"signet/internal/text"
)

// DiffJSONL writes what changed as JSON lines: a line of kind diff, one of kind change each, and a summary.
type DiffJSONL struct {
	w io.Writer
	b []byte
}

// NewDiffJSONL writes to w, one Write a line.
func NewDiffJSONL(w io.Writer) *DiffJSONL { return &DiffJSONL{w: w} }

func (j *DiffJSONL) line(b []byte) error {
	j.b = append(b, '\n')
	_, err := j.w.Write(j.b)
	return err
}

// Begin writes the diff line.
func (j *DiffJSONL) Begin(h *DiffHeader) error {
	return j.line(line.AppendDiff(j.b[:0], &line.Diff{Old: h.Old, New: h.New, Policy: h.Policy, Warnings: h.Warnings}))
}

// Change writes a change line.
func (j *DiffJSONL) Change(c *compare.Change) error {
	l := line.Change{Kind: c.Kind.String(), Old: c.Old, New: c.New, OldVerdict: c.OldVerdict, NewVerdict: c.NewVerdict,
		Host: c.Host, Check: c.Check, Gained: c.Gained, Lost: c.Lost, Because: c.Because}
	for i := range c.Rated {
		l.Rated = append(l.Rated, line.Rated{Finding: &c.Rated[i].Finding, Was: c.Rated[i].Was})
	}
	return j.line(line.AppendChange(j.b[:0], &l))
}

// End writes the summary line.
func (j *DiffJSONL) End(s *compare.Summary) error {
	l := line.DiffSummary{OldHosts: s.OldHosts, NewHosts: s.NewHosts, Moved: s.Moved, Alike: s.Alike, Replaced: s.Replaced,
		OldEndpoints: s.OldOpen, NewEndpoints: s.NewOpen}
	for _, k := range append(compare.Kinds(), compare.Same) {
		l.Changes = append(l.Changes, line.ChangeCount{Kind: k.String(), N: s.Changes[k]})
	}
	return j.line(line.AppendDiffSummary(j.b[:0], &l))
}

// DiffJSON writes one document: the objects of the JSON lines, the changes as a list.
type DiffJSON struct {
	w     *bufio.Writer
	lines *DiffJSONL
	buf   bytes.Buffer // one object of the lines
	some  bool
}

// NewDiffJSON writes to w.
func NewDiffJSON(w io.Writer) *DiffJSON {
	d := &DiffJSON{w: bufio.NewWriterSize(w, 64<<10)}
	d.lines = NewDiffJSONL(&d.buf)
	return d
}

// Begin opens the document.
func (d *DiffJSON) Begin(h *DiffHeader) error {
	return d.put(`{"schema":"`+line.Schema+"\",\n\"diff\":", d.lines.Begin(h), ",\n\"changes\":[")
}

// Change writes one change.
func (d *DiffJSON) Change(c *compare.Change) error {
	before := text.Either(d.some, ",\n", "\n")
	d.some = true
	return d.put(before, d.lines.Change(c), "")
}

// End closes the document.
func (d *DiffJSON) End(s *compare.Summary) error {
	if err := d.put("\n],\n\"summary\":", d.lines.End(s), "}\n"); err != nil {
		return err
	}
	return d.w.Flush()
}

func (d *DiffJSON) put(before string, err error, after string) error {
	d.w.WriteString(before)
	d.w.Write(bytes.TrimSuffix(d.buf.Bytes(), []byte("\n")))
	d.buf.Reset()
	d.w.WriteString(after) // a bufio.Writer keeps its first error for Flush
	return err
}
