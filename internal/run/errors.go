package run

import (
	"fmt"
	"regexp"
)

// OrderError says what is wrong with what was ordered, and in which field of an Order. Any other error is trouble on the
// way: a store, a file, an output, or the error of a context that ended.
type OrderError struct {
	Field string // as JSON names it: host_timeout
	Limit bool   // it is right in itself, and leads beyond Env.Limits
	text  string // of Sprintf; a field that it speaks of stands in braces
	args  []any
	err   error
}

// refuse makes an OrderError. In text the names of fields stand in braces: "{rate} %v: want a number".
func refuse(field, text string, args ...any) error {
	e := &OrderError{Field: field, text: text, args: args}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.err = err
		}
	}
	return e
}

var fieldName = regexp.MustCompile(`\{(\w+)\}`)

// Spell is the error where fields are called as spell says: a command line calls host_timeout --host-timeout.
func (e *OrderError) Spell(spell func(field string) string) string {
	text := fieldName.ReplaceAllStringFunc(e.text, func(s string) string { return spell(s[1 : len(s)-1]) })
	return fmt.Sprintf(text, e.args...)
}

func (e *OrderError) Error() string { return e.Spell(func(field string) string { return field }) }
func (e *OrderError) Unwrap() error { return e.err }

// NotFoundError says that a store holds no such run, or several.
type NotFoundError struct{ err error }

func (e *NotFoundError) Error() string { return e.err.Error() }
func (e *NotFoundError) Unwrap() error { return e.err }
