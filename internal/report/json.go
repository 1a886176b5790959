package report

import (
	"bytes"
	"io"

	"signet"
	"signet/internal/compare"
	"signet/internal/line"
	"signet/internal/text"
)

// JSON is -o json: one document that holds the objects of the JSON lines.
func JSON() Format { return Format{Name: "json", Run: newJSONRun, Diff: newJSONDiff} }

// document makes one JSON document of JSON lines: an object that says what it is of, a list, and a summary. It streams, with
// one Write for each of them, and is valid once it was closed.
type document struct {
	w    io.Writer
	buf  bytes.Buffer // the line under way
	some bool         // the list has an item
}

// open begins the document with the line that was written, and begins the list. err is that of writing the line, here as
// below.
func (d *document) open(err error, head, list string) error {
	return d.put(err, `{"schema":"`+line.Schema+"\",\n\""+head+`":`, ",\n\""+list+`":[`)
}

// item adds the line that was written to the list.
func (d *document) item(err error) error {
	before := text.Either(d.some, ",\n", "\n")
	d.some = true
	return d.put(err, before, "")
}

// close ends the list and the document, with the line that was written as its summary.
func (d *document) close(err error) error { return d.put(err, "\n],\n\"summary\":", "}\n") }

func (d *document) put(err error, before, after string) error {
	if err != nil {
		return err
	}
	object := bytes.TrimSuffix(d.buf.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(before)+len(object)+len(after))
	out = append(append(append(out, before...), object...), after...)
	d.buf.Reset()
	_, err = d.w.Write(out)
	return err
}

// jsonRun has clients, endpoints, hosts and paths as "results".
type jsonRun struct {
	Ignore
	document
	lines jsonlRun
}

func newJSONRun(w io.Writer, _ *Options) Handler {
	j := &jsonRun{document: document{w: w}}
	j.lines.w = &j.buf
	return j
}

// Begin opens the document.
func (j *jsonRun) Begin(h *Header) error { return j.open(j.lines.Begin(h), "run", "results") }

// Client writes one result.
func (j *jsonRun) Client(c *signet.Client) error { return j.item(j.lines.Client(c)) }

// Endpoint writes one result.
func (j *jsonRun) Endpoint(l *Line) error { return j.item(j.lines.Endpoint(l)) }

// Wants what has lines of its own.
func (j *jsonRun) Wants() Wants { return j.lines.Wants() }

// Host writes one result.
func (j *jsonRun) Host(h *signet.Host) error { return j.item(j.lines.Host(h)) }

// Path writes one result.
func (j *jsonRun) Path(p *signet.Path) error { return j.item(j.lines.Path(p)) }

// End closes the document.
func (j *jsonRun) End(s *Summary) error { return j.close(j.lines.End(s)) }

// jsonDiff has the changes as a list.
type jsonDiff struct {
	document
	lines jsonlDiff
}

func newJSONDiff(w io.Writer, _ *Options) DiffWriter {
	j := &jsonDiff{document: document{w: w}}
	j.lines.w = &j.buf
	return j
}

// Begin opens the document.
func (j *jsonDiff) Begin(h *DiffHeader) error { return j.open(j.lines.Begin(h), "diff", "changes") }

// Change writes one change.
func (j *jsonDiff) Change(c *compare.Change) error { return j.item(j.lines.Change(c)) }

// End closes the document.
func (j *jsonDiff) End(s *compare.Summary) error { return j.close(j.lines.End(s)) }
