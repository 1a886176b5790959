package scope

import (
	"fmt"
	"strings"
)

// LineError is one bad line of a file.
type LineError struct {
	File   string
	Line   int // from 1
	Column int // from 1: characters in a list, bytes in XML and JSON
	Reason string
}

func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// maxErrors is how many mistakes are worth reading at once.
const maxErrors = 20

// InputError is everything found wrong with targets and exclusions, up to 20 errors:
// *ParseError for those typed, *LineError for lines of files, others for files that
// cannot be read.
type InputError struct {
	Errors []error
	More   bool // reading stopped at the limit
}

// Error gives one mistake a line.
func (e *InputError) Error() string {
	lines := make([]string, 0, len(e.Errors)+1)
	for _, err := range e.Errors {
		lines = append(lines, err.Error())
	}
	if e.More {
		lines = append(lines, fmt.Sprintf("stopped after %d errors", maxErrors))
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors.
func (e *InputError) Unwrap() []error { return e.Errors }

// add reports whether there is room for another.
func (e *InputError) add(err error) bool {
	if len(e.Errors) < maxErrors {
		e.Errors = append(e.Errors, err)
	} else {
		e.More = true
	}
	return !e.More
}
