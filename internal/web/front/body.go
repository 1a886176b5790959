package front

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"unicode/utf8"

	"signet/internal/bounds"
)

// BodyError is why the body of a request is not taken, as its client is told.
type BodyError struct {
	Status int
	Text   string
	Field  string // at fault; empty: it is none of one
}

func (e *BodyError) Error() string { return e.Text }

// Unread makes of an error of reading a body what its client is told.
func Unread(err error) *BodyError {
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &BodyError{Status: http.StatusRequestEntityTooLarge, Text: fmt.Sprintf("the body is larger than the %d bytes that are taken here", big.Limit)}
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return &BodyError{Status: http.StatusRequestTimeout, Text: "the body did not come to its end in time"}
	}
	return &BodyError{Status: http.StatusBadRequest, Text: "the body cannot be read to its end: it is cut, or is not in the chunks that it is said to be in"}
}

// Text reads the body of a request that is text of one of some media types, and leaves the request as if it had not been read. A body that
// readers could take for different things is a *BodyError: of another charset or packed, or JSON with bytes that are no UTF-8 or with a name
// twice. Where no type is said the first one counts.
func Text(r *http.Request, types ...string) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Unread(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		return nil
	}
	kind, err := kindOf(r.Header, types)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)    // which whoever reads it takes in its usual form alone
	if !strings.HasSuffix(kind, "json") { // whose reader says by line and column what is wrong
		return nil
	}
	if !utf8.Valid(body) {
		return &BodyError{Status: http.StatusBadRequest, Text: "the body is not all UTF-8"}
	}
	if twice := bounds.Repeated(body); twice != "" {
		return &BodyError{Status: http.StatusBadRequest, Text: "the body has a field more than once", Field: twice}
	}
	return nil
}

// kindOf is the media type of a body, which has to be one of some.
func kindOf(h http.Header, types []string) (string, error) {
	wrong := func(text string, args ...any) error {
		return &BodyError{Status: http.StatusUnsupportedMediaType, Text: fmt.Sprintf(text, args...)}
	}
	for _, e := range h.Values("Content-Encoding") {
		if e != "" && !strings.EqualFold(e, "identity") {
			return "", wrong("Content-Encoding: the body may not be packed here")
		}
	}
	said := h.Values("Content-Type")
	if len(said) == 0 || len(said) == 1 && said[0] == "" {
		return types[0], nil
	}
	kind, params, err := mime.ParseMediaType(said[0])
	if err != nil || len(said) > 1 {
		return "", wrong("Content-Type cannot be read: want %s", strings.Join(types, " or "))
	}
	if set := params["charset"]; set != "" && !strings.EqualFold(set, "utf-8") {
		return "", wrong("Content-Type: want the charset utf-8")
	}
	for _, t := range types {
		if kind == t || t == "application/json" && strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json") {
			return kind, nil
		}
	}
	return "", wrong("Content-Type: want %s", strings.Join(types, " or "))
}
