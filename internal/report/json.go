package report

import (
	"bytes"
	"io"
)

// JSON writes one document: the run, its endpoints and its summary, each as JSON lines have it. It streams, one
// endpoint a line, and is a valid document whenever End was called.
type JSON struct {
	w     io.Writer
	lines *JSONL
	buf   bytes.Buffer // one object of JSONL
	state int          // 0 nothing, 1 header written, 2 a first endpoint written
}

// NewJSON writes to w, one Write an endpoint.
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
	return j.put("{\"schema\":\""+Schema+"\",\n\"run\":", ",\n\"endpoints\":[")
}

// Endpoint writes one element of "endpoints".
func (j *JSON) Endpoint(l *Line) error {
	if err := j.lines.Endpoint(l); err != nil {
		return err
	}
	sep := ",\n"
	if j.state == 0 {
		j.state, sep = 1, "\n"
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
