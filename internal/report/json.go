package report

import (
	"bytes"
	"io"

	"signet"
	"signet/internal/line"
)

// JSON writes one document: the run, what it found and its summary. "results" holds clients, endpoints, hosts and paths, each
// the object that JSON lines have of it. So the document streams, one object a line, and is valid once End was called.
type JSON struct {
	Ignore
	w     io.Writer
	lines *JSONL
	buf   bytes.Buffer // one object of JSONL
	some  bool         // a first result was written
}

// NewJSON writes to w, one Write a result.
func NewJSON(w io.Writer) *JSON {
	j := &JSON{w: w}
	j.lines = NewJSONL(&j.buf)
	return j
}

// Begin opens the document.
func (j *JSON) Begin(h *Header) error {
	if err := j.lines.Begin(h); err != nil {
		return err
	}
	return j.put("{\"schema\":\""+line.Schema+"\",\n\"run\":", ",\n\"results\":[")
}

// Client writes one result.
func (j *JSON) Client(c *signet.Client) error { return j.result(j.lines.Client(c)) }

// Endpoint writes one result.
func (j *JSON) Endpoint(l *Line) error { return j.result(j.lines.Endpoint(l)) }

// Wants hosts and paths, which have lines of their own.
func (j *JSON) Wants() Wants { return j.lines.Wants() }

// Host writes one result.
func (j *JSON) Host(h *signet.Host) error { return j.result(j.lines.Host(h)) }

// Path writes one result.
func (j *JSON) Path(p *signet.Path) error { return j.result(j.lines.Path(p)) }

func (j *JSON) result(err error) error {
	if err != nil {
		return err
	}
	sep := ",\n"
	if !j.some {
		j.some, sep = true, "\n"
	}
	return j.put(sep, "")
}

// End closes the document.
func (j *JSON) End(s *Summary) error {
	if err := j.lines.End(s); err != nil {
		return err
	}
	return j.put("\n],\n\"summary\":", "}\n")
}

// put writes the objects that JSONL made since the last time, the line's end left out, between two texts.
func (j *JSON) put(before, after string) error {
	object := bytes.TrimSuffix(j.buf.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(before)+len(object)+len(after))
	out = append(append(append(out, before...), object...), after...)
	j.buf.Reset()
	_, err := j.w.Write(out)
	return err
}
