package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"

	"signet"
	"signet/internal/compare"
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
	j.b = append(b, '}', '\n')
	_, err := j.w.Write(j.b)
	return err
}

// Begin writes the diff line.
func (j *DiffJSONL) Begin(h *DiffHeader) error {
	b := append(j.b[:0], `{"kind":"diff","schema":"`+Schema+`","old":`...)
	b = text.AppendJSONString(b, h.Old)
	b = append(b, `,"new":`...)
	b = text.AppendJSONString(b, h.New)
	b = append(b, `,"policy":`...)
	b = text.AppendJSONString(b, h.Policy)
	b = append(b, `,"warnings":`...)
	return j.line(appendStrings(b, h.Warnings))
}

// Change writes a change line.
func (j *DiffJSONL) Change(c *compare.Change) error {
	b := append(j.b[:0], `{"kind":"change","change":"`...)
	b = append(b, c.Kind.String()...)
	b = append(b, '"')
	end := func(name string, e signet.Endpoint, v signet.Verdict) {
		if !e.Addr.IsValid() {
			return
		}
		b = append(b, `,"`...)
		b = append(b, name...)
		b = append(b, `":{"address":"`...)
		b = e.Addr.AppendTo(b)
		b = append(b, `","port":`...)
		b = strconv.AppendUint(b, uint64(e.Port), 10)
		b = append(b, `,"transport":"`...)
		b = append(b, e.Transport.String()...)
		b = append(b, `","verdict":"`...)
		b = append(b, v.String()...)
		b = append(b, `"}`...)
	}
	end("old", c.Old, c.OldVerdict)
	end("new", c.New, c.NewVerdict)
	b = append(b, `,"host":`...)
	b = text.AppendJSONString(b, c.Host)
	b = append(b, `,"check":`...)
	b = text.AppendJSONString(b, c.Check)
	for _, list := range []struct {
		name     string
		findings []signet.Finding
	}{{"gained", c.Gained}, {"lost", c.Lost}} {
		b = append(b, `,"`...)
		b = append(b, list.name...)
		b = append(b, `":[`...)
		for i := range list.findings {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendRule(b, &list.findings[i]), '}')
		}
		b = append(b, ']')
	}
	b = append(b, `,"rated":[`...)
	for i := range c.Rated {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRule(b, &c.Rated[i].Finding)
		b = append(b, `,"was":"`...)
		b = append(b, c.Rated[i].Was.String()...)
		b = append(b, `"}`...)
	}
	b = append(b, `],"because":`...)
	return j.line(appendStrings(b, c.Because))
}

func appendRule(b []byte, f *signet.Finding) []byte {
	b = append(b, `{"rule":`...)
	b = text.AppendJSONString(b, f.Rule)
	b = append(b, `,"severity":"`...)
	b = append(b, f.Severity.String()...)
	b = append(b, `","where":`...)
	return text.AppendJSONString(b, f.Where)
}

// End writes the summary line.
func (j *DiffJSONL) End(s *compare.Summary) error {
	b := append(j.b[:0], `{"kind":"summary","changes":{`...)
	for _, k := range compare.Kinds() {
		b = fmt.Appendf(b, "%q:%d,", k, s.Changes[k])
	}
	return j.line(fmt.Appendf(b, `"same":%d},"old_hosts":%d,"new_hosts":%d,"moved":%d,"alike":%d,"replaced":%d,"old_endpoints":%d,"new_endpoints":%d`,
		s.Changes[compare.Same], s.OldHosts, s.NewHosts, s.Moved, s.Alike, s.Replaced, s.OldOpen, s.NewOpen))
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
	return d.put(`{"schema":"`+Schema+"\",\n\"diff\":", d.lines.Begin(h), ",\n\"changes\":[")
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
