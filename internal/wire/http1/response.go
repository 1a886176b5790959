package http1

import (
	"strconv"
	"strings"
)

// Field is one field line: its name as sent, its value without surrounding space, a folded value joined by one
// space. Bytes above 0x7f are kept as they came; whoever shows them to a person makes them safe first.
type Field struct{ Name, Value string }

// Header is the field lines in the order in which they came.
type Header []Field

// Get returns the value of the first field of that name in any case, or "".
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values returns the value of every field of that name in any case, nil if there is none.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// hasToken says that a comma-separated field holds a word, as `Connection: Keep-Alive, close` holds close.
func (h Header) hasToken(name, word string) bool {
	for _, value := range h.Values(name) {
		for item := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.Trim(item, " \t"), word) {
				return true
			}
		}
	}
	return false
}

// Framing says how the end of a body is told (RFC 9112 §6.3).
type Framing uint8

// The ways in which a body ends. FramingUnknown is a head not read yet, or one whose fields contradict each other.
const (
	FramingUnknown Framing = iota
	FramingNone
	FramingLength
	FramingChunked
	FramingEOF
)

// Response is one final response; interim ones are skipped.
type Response struct {
	Major, Minor int    // of HTTP/1.1
	Status       int    // 100 to 999
	Reason       string // may be empty
	Header       Header
	Framing      Framing
	Length       int64  // what Content-Length says, -1 where the framing is another
	Body         []byte // the first Limits.Keep bytes of the content, chunk framing taken out
	Complete     bool   // the body was read to its end
	KeepAlive    bool   // the connection can carry another request
	Flaw         string // what is wrong with the framing, "" if nothing: the head can be believed, the rest cannot
}

// Challenges returns what the server asks for: the WWW-Authenticate lines.
func (r *Response) Challenges() []Challenge {
	return ParseChallenges(r.Header.Values("WWW-Authenticate"))
}

// ProxyChallenges returns what a proxy asks for: the Proxy-Authenticate lines.
func (r *Response) ProxyChallenges() []Challenge {
	return ParseChallenges(r.Header.Values("Proxy-Authenticate"))
}

// frame decides how the body ends, from method, status and fields (RFC 9112 §6.3). A contradiction is a flaw and
// ends the response after its head: guessing a body's end on a connection that carries an NTLM exchange would
// take one answer for another.
func (r *Response) frame(method string) {
	r.Length = -1
	if method == "HEAD" || r.Status == 204 || r.Status == 304 || r.Status < 200 {
		r.Framing = FramingNone
		return
	}
	if codings := r.Header.Values("Transfer-Encoding"); codings != nil {
		r.frameByCoding(codings)
		return
	}
	lengths := r.Header.Values("Content-Length")
	if lengths == nil {
		r.Framing = FramingEOF
		return
	}
	n, ok := contentLength(lengths)
	if !ok {
		r.Flaw = "contradictory or malformed Content-Length"
		return
	}
	r.Framing, r.Length = FramingLength, n
}

func (r *Response) frameByCoding(codings []string) {
	all := strings.Split(strings.Join(codings, ","), ",")
	last := strings.Trim(all[len(all)-1], " \t")
	switch {
	case !strings.EqualFold(last, "chunked"):
		r.Framing = FramingEOF // §6.3 item 4: a coding of unknown length is read until the connection closes
	case r.Header.Get("Content-Length") != "":
		r.Framing, r.Flaw = FramingChunked, "both Transfer-Encoding and Content-Length"
	case r.Major == 1 && r.Minor == 0:
		r.Framing, r.Flaw = FramingChunked, "chunked in an HTTP/1.0 response"
	default:
		r.Framing = FramingChunked
	}
}

// contentLength reads the field's lines and lists, all of which must say the same (RFC 9110 §8.6).
func contentLength(values []string) (int64, bool) {
	length := int64(-1)
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(strings.Trim(item, " \t"), 10, 63)
			if err != nil || length >= 0 && length != int64(n) {
				return 0, false
			}
			length = int64(n)
		}
	}
	return length, length >= 0
}

// persists says whether the server means to keep the connection (RFC 9112 §9.3).
func (r *Response) persists() bool {
	if r.Flaw != "" || r.Framing == FramingEOF || r.Framing == FramingUnknown || r.Status == 101 ||
		r.Header.hasToken("Connection", "close") || r.Header.hasToken("Proxy-Connection", "close") {
		return false
	}
	if r.Major == 1 && r.Minor >= 1 {
		return true
	}
	return r.Header.hasToken("Connection", "keep-alive") || r.Header.hasToken("Proxy-Connection", "keep-alive")
}
