package imports

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// declaration begins an XML document. Nothing that a document holds looks like it: there < is written &lt;.
const declaration = "<?xml "

// documents cuts a stream into the XML documents that were written one after another into it, whole or not.
type documents struct {
	in   *bufio.Reader
	left int  // bytes of the current document that are known to be its own
	own  bool // the declaration at in is the current document's own
	done bool // in is at the next document's declaration, or at the end
}

// newDocuments begins where the first document does: a prompt or a banner may stand before it.
func newDocuments(r io.Reader) *documents {
	in := bufio.NewReaderSize(r, 256<<10)
	if head, _ := in.Peek(Head); len(head) > 0 {
		if at := nmapXML(bytes.TrimLeft(head, " \t\r\n")); at > 0 {
			in.Discard(at + len(head) - len(bytes.TrimLeft(head, " \t\r\n")))
		}
	}
	return &documents{in: in, done: true}
}

// next goes on to the next document, past what is left of this one; false when there is none.
func (d *documents) next() (bool, error) {
	if _, err := io.Copy(io.Discard, d); err != nil {
		return false, err
	}
	_, err := d.in.Peek(1)
	d.done, d.own = false, true
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return err == nil, err
}

// Read gives bytes of the current document.
func (d *documents) Read(p []byte) (int, error) {
	if d.left == 0 {
		if err := d.look(); err != nil {
			return 0, err
		}
	}
	n, err := d.in.Read(p[:min(len(p), d.left)])
	d.left -= n
	return n, err
}

// look finds out how much of what is buffered belongs to the current document.
func (d *documents) look() error {
	if d.done {
		return io.EOF
	}
	buf, err := d.in.Peek(d.in.Size())
	if len(buf) == 0 {
		d.done = true
		return err
	}
	from := 0
	if d.own {
		// Up to its own declaration there is nothing but space.
		if at := bytes.IndexFunc(buf, func(r rune) bool { return r != ' ' && r != '\t' && r != '\r' && r != '\n' && r != '\ufeff' }); at >= 0 {
			d.own = false
			if bytes.HasPrefix(buf[at:], []byte(declaration)) {
				from = at + len(declaration)
			}
		}
	}
	if at := bytes.Index(buf[from:], []byte(declaration)); at >= 0 {
		if d.left = from + at; d.left == 0 {
			d.done = true
			return io.EOF
		}
		return nil
	}
	d.left = len(buf)
	if err == nil {
		d.left -= len(declaration) - 1 // a declaration may begin there
	}
	return nil
}
