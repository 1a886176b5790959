package http1

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Errors of a Reader. ErrNotHTTP means another protocol; the others mean HTTP that broke part-way.
var (
	ErrNotHTTP   = errors.New("http1: not an HTTP/1 response")
	ErrMalformed = errors.New("http1: malformed response")
	ErrTooLarge  = errors.New("http1: response head too large")
	ErrShort     = errors.New("http1: response ends inside its head")
)

// Limits bound what one response may cost.
type Limits struct {
	Head int // bytes of all heads (interim ones too) and trailers together
	Body int // bytes of the body, as framed on the wire, that are read so that the connection can be kept
	Keep int // bytes of the content kept in Response.Body
}

const (
	maxFields   = 256 // field lines, folded ones counted too
	maxInterim  = 8   // interim responses before the final one
	maxSizeLine = 256 // a chunk-size line with its extensions
)

type state uint8

const (
	inStatus state = iota
	inFields
	inLength
	inChunkSize
	inChunk
	inChunkEnd
	inTrailers
	inEOF
	done
)

// Reader reads one final response as its bytes arrive. Make one per request with NewReader.
type Reader struct {
	method  string
	limits  Limits
	state   state
	line    []byte // an unfinished line
	head    int    // head and trailer bytes left
	budget  int64  // body bytes left
	left    int64  // of the current length or chunk
	interim int    // interim responses so far
	lines   int    // field lines so far
	resp    Response
	err     error
}

// NewReader returns a reader for the response to a request of that method; a HEAD response has no body whatever
// its fields say. A zero Limits means the defaults: 96 KiB of head, 64 KiB of body read, 4 KiB of it kept. That is
// room for a 64 KiB Kerberos token in a field and for every error page of IIS; what is longer costs the connection,
// not memory.
func NewReader(method string, limits Limits) *Reader {
	if limits == (Limits{}) {
		limits = Limits{Head: 96 << 10, Body: 64 << 10, Keep: 4 << 10}
	}
	return &Reader{method: method, limits: limits, head: limits.Head, budget: int64(limits.Body)}
}

// Feed takes the next bytes that arrived and returns how many of them belong to this response. It copies what it
// keeps. Bytes left over when the response is done are not ours: a server that sends them without having been asked
// is out of step, and the connection should not be used again. It fails only while the head is incomplete, and for
// good; a body that breaks its framing ends the response with a Flaw.
func (r *Reader) Feed(p []byte) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	for n < len(p) && r.state != done {
		used, err := r.step(p[n:])
		n += used
		if err != nil && r.HeadDone() {
			r.resp.Flaw = err.Error()
			r.finish(false)
		} else if err != nil {
			r.fail(err)
			return 0, err
		}
	}
	return n, nil
}

// Close tells the reader that nothing more comes: eof if the peer closed in good order, else a time-out, a reset
// or the caller's own decision. It fails only while the final head is incomplete; later the response stands with
// what arrived, Complete only if eof is how this body ends.
func (r *Reader) Close(eof bool) error {
	switch {
	case r.err != nil:
		return r.err
	case r.state <= inFields:
		r.fail(ErrShort)
		return r.err
	case r.state != done:
		r.finish(eof && r.state == inEOF)
		r.resp.KeepAlive = false
	}
	return nil
}

// Done says that the response is complete, or as complete as its limits allow.
func (r *Reader) Done() bool { return r.state == done && r.err == nil }

// HeadDone says that status and fields of the final response are known.
func (r *Reader) HeadDone() bool { return r.state > inFields && r.err == nil }

// Response returns the response once HeadDone says so, nil before. Body, Complete and KeepAlive are final when Done.
func (r *Reader) Response() *Response {
	if !r.HeadDone() {
		return nil
	}
	return &r.resp
}

func (r *Reader) fail(err error) {
	r.err, r.state, r.line, r.resp = err, done, nil, Response{}
}

func (r *Reader) finish(complete bool) {
	r.state, r.line = done, nil
	r.resp.Complete = complete
	r.resp.KeepAlive = complete && r.resp.persists()
}

// step consumes at least one byte of p, or moves to another state.
func (r *Reader) step(p []byte) (int, error) {
	switch r.state {
	case inLength, inChunk, inEOF:
		return r.content(p), nil
	default:
		return r.byLine(p)
	}
}

// content takes body bytes up to the end of the length, the chunk or the budget.
func (r *Reader) content(p []byte) int {
	n := min(int64(len(p)), r.budget)
	if r.state != inEOF {
		n = min(n, r.left)
		r.left -= n
	}
	r.budget -= n
	r.keep(p[:n])
	switch {
	case r.state == inLength && r.left == 0:
		r.finish(true)
	case r.state == inChunk && r.left == 0:
		r.state = inChunkEnd
	case r.budget == 0:
		r.finish(false)
	}
	return int(n)
}

func (r *Reader) keep(p []byte) {
	if room := r.limits.Keep - len(r.resp.Body); room > 0 {
		r.resp.Body = append(r.resp.Body, p[:min(room, len(p))]...)
	}
}

// byLine gathers a line and hands it on without its end. Both CRLF and a bare LF end a line (RFC 9112 §2.2).
func (r *Reader) byLine(p []byte) (int, error) {
	if r.state == inStatus {
		if err := r.refuseForeign(p); err != nil {
			return 0, err
		}
	}
	end := bytes.IndexByte(p, '\n')
	n := end + 1
	if end < 0 {
		n = len(p)
	}
	if r.state == inChunkSize || r.state == inChunkEnd {
		r.budget -= int64(n)
		if len(r.line)+n > maxSizeLine {
			return n, fmt.Errorf("%w: chunk size line over %d bytes", ErrMalformed, maxSizeLine)
		}
	} else if r.head -= n; r.head < 0 {
		return n, fmt.Errorf("%w: over %d bytes", ErrTooLarge, r.limits.Head)
	}
	if end < 0 {
		r.line = append(r.line, p[:n]...)
		return n, nil
	}
	line := p[:n]
	if len(r.line) > 0 {
		line = append(r.line, line...)
	}
	err := r.handle(bytes.TrimRight(line, "\r\n"))
	r.line = r.line[:0]
	if err == nil && r.state != done && r.state > inFields && r.budget <= 0 {
		r.finish(false)
	}
	return n, err
}

func (r *Reader) handle(line []byte) error {
	switch r.state {
	case inStatus:
		return r.statusLine(line)
	case inFields:
		return r.fieldLine(line)
	case inChunkSize:
		return r.chunkSize(line)
	case inChunkEnd:
		if len(line) != 0 {
			return fmt.Errorf("%w: chunk longer than its size", ErrMalformed)
		}
		r.state = inChunkSize
	case inTrailers:
		if len(line) == 0 {
			r.finish(true)
		}
	}
	return nil
}

// refuseForeign gives up as soon as the bytes so far cannot begin a status line, so that a peer of another protocol
// that waits for more from us, or never ends its line, is named at once.
func (r *Reader) refuseForeign(p []byte) error {
	const prefix = "HTTP/"
	start := make([]byte, 0, 16)
	line := bytes.TrimLeft(r.line, "\r\n")
	if start = append(start, line[:min(len(line), 16)]...); len(start) == 0 {
		p = bytes.TrimLeft(p, "\r\n")
	}
	start = append(start, p[:min(len(p), 16-len(start))]...)
	n := min(len(start), len(prefix))
	if string(start[:n]) == prefix[:n] {
		return nil
	}
	if name := Sniff(start); name != "" {
		return fmt.Errorf("%w but %s", ErrNotHTTP, name)
	}
	return fmt.Errorf("%w: starts with %x", ErrNotHTTP, start[:min(len(start), 8)])
}

// statusLine is RFC 9112 §4; the space after the code and the reason may be missing. Empty lines before it are
// left from an earlier body and are passed over; they count as head.
func (r *Reader) statusLine(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	version, rest, _ := strings.Cut(string(line), " ")
	rest = strings.TrimLeft(rest, " ")
	code, reason, _ := strings.Cut(rest, " ")
	v := strings.TrimPrefix(version, "HTTP/")
	if len(v) != 3 || v[1] != '.' || !isDigit(v[0]) || !isDigit(v[2]) {
		return fmt.Errorf("%w: version %.16q", ErrMalformed, version)
	}
	if len(code) != 3 || !isDigit(code[0]) || !isDigit(code[1]) || !isDigit(code[2]) || code[0] == '0' {
		return fmt.Errorf("%w: status %.16q", ErrMalformed, code)
	}
	r.resp = Response{
		Major:  int(v[0] - '0'),
		Minor:  int(v[2] - '0'),
		Status: int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0'),
		Reason: strings.Trim(reason, " \t"),
	}
	r.state = inFields
	return nil
}

// fieldLine takes one field (RFC 9112 §5) or the empty line after the last. A line that starts with white space
// continues the one before (§5.2); a line without a colon is no field and is passed over, as browsers do.
func (r *Reader) fieldLine(line []byte) error {
	if len(line) == 0 {
		return r.endHead()
	}
	if r.lines++; r.lines > maxFields {
		return fmt.Errorf("%w: over %d fields", ErrTooLarge, maxFields)
	}
	if line[0] == ' ' || line[0] == '\t' {
		if i := len(r.resp.Header) - 1; i >= 0 {
			r.resp.Header[i].Value = strings.Trim(r.resp.Header[i].Value+" "+cleanValue(line), " \t")
		}
		return nil
	}
	name, value, ok := bytes.Cut(line, []byte{':'})
	name = bytes.TrimRight(name, " \t")
	if !ok || !isToken(string(name)) {
		return nil
	}
	if r.resp.Header == nil {
		r.resp.Header = make(Header, 0, 8)
	}
	r.resp.Header = append(r.resp.Header, Field{string(name), cleanValue(value)})
	return nil
}

// cleanValue turns CR and NUL inside a value into spaces, as RFC 9110 §5.5 demands, and trims it.
func cleanValue(b []byte) string {
	v := string(bytes.Trim(b, " \t"))
	if !strings.ContainsAny(v, "\x00\r") {
		return v
	}
	return strings.Trim(strings.NewReplacer("\x00", " ", "\r", " ").Replace(v), " \t")
}

func (r *Reader) endHead() error {
	if r.resp.Status < 200 && r.resp.Status != 101 {
		if r.interim++; r.interim > maxInterim {
			return fmt.Errorf("%w: over %d interim responses", ErrMalformed, maxInterim)
		}
		r.state, r.resp = inStatus, Response{}
		return nil
	}
	r.resp.frame(r.method)
	switch r.resp.Framing {
	case FramingNone:
		r.finish(true)
	case FramingUnknown:
		r.finish(false)
	case FramingChunked:
		r.state = inChunkSize
	case FramingEOF:
		r.state = inEOF
	case FramingLength:
		r.state, r.left = inLength, r.resp.Length
		if r.left == 0 {
			r.finish(true)
		} else if r.left > r.budget {
			// It would not be read to its end anyway: whoever announces four gigabytes is not waited for.
			r.finish(false)
		}
	}
	return nil
}

// chunkSize is RFC 9112 §7.1; what follows the hexadecimal digits is an extension or padding and is ignored.
func (r *Reader) chunkSize(line []byte) error {
	i, size := 0, int64(0)
	for ; i < len(line); i++ {
		d := hexDigit(line[i])
		if d < 0 {
			break
		}
		if size >= 1<<58 {
			return fmt.Errorf("%w: chunk size out of range", ErrMalformed)
		}
		size = size<<4 | int64(d)
	}
	if rest := bytes.TrimLeft(line[i:], " \t"); i == 0 || len(rest) > 0 && rest[0] != ';' {
		return fmt.Errorf("%w: chunk size %.16q", ErrMalformed, line)
	}
	switch {
	case size == 0:
		r.state = inTrailers
	case size > r.budget:
		r.finish(false)
	default:
		r.state, r.left = inChunk, size
	}
	return nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
