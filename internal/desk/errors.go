package desk

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"signet/internal/text"
)

// Errors that a caller tells apart. That something is not there is store.ErrUnknown, that it was changed meanwhile store.ErrStale.
var (
	ErrForbidden = errors.New("that is not allowed")
	ErrGone      = errors.New("the first user has been set up: set-up is over")
	ErrWrong     = errors.New("wrong name or password")
	ErrNoSession = errors.New("there is no such session, or it has ended")
	ErrNoToken   = errors.New("there is no such token, or it has expired")
	ErrInUse     = errors.New("it is in use")
	ErrLastAdmin = errors.New("it is the last admin who is limited to no site: nobody could administer this any more")
	ErrTooMany   = errors.New("there are too many of them")
)

// FieldError is a value that cannot be taken, of a field as JSON names it.
type FieldError struct{ Field, Text string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Text }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}

// TooSoon is a logon that came too soon after others that failed, or while too many are being checked. After says when to try again.
type TooSoon struct{ After time.Duration }

func (e *TooSoon) Error() string {
	return fmt.Sprintf("too many attempts: try again in %s", e.After.Round(time.Second))
}

// inUse is an ErrInUse that says by what.
func inUse(by string) error { return fmt.Errorf("%w by %s", ErrInUse, by) }

// plain takes a text of one line that people typed: in Unicode's composed form, without spaces around it, of most characters at most, and
// without characters that are not seen.
func plain(field, s string, most int) (string, error) {
	s = strings.TrimSpace(norm.NFC.String(s))
	switch {
	case !utf8.ValidString(s):
		return "", wrong(field, "is not UTF-8")
	case utf8.RuneCountInString(s) > most:
		return "", wrong(field, "has more than %d characters", most)
	case strings.ContainsFunc(s, text.Unseen):
		return "", wrong(field, "has characters that cannot be seen")
	}
	return s, nil
}

// named is plain for what must not be empty.
func named(field, s string, most int) (string, error) {
	s, err := plain(field, s, most)
	if err == nil && s == "" {
		err = wrong(field, "is missing")
	}
	return s, err
}

// prose is plain for a text of several lines.
func prose(field, s string, most int) (string, error) {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		line, err := plain(field, strings.ReplaceAll(lines[i], "\t", " "), most)
		if err != nil {
			return "", err
		}
		lines[i] = line
	}
	s = strings.TrimSpace(strings.Join(lines, "\n"))
	if utf8.RuneCountInString(s) > most {
		return "", wrong(field, "has more than %d characters", most)
	}
	return s, nil
}

// day takes a date, 2006-01-02, or "".
func day(field, s string) error {
	if s == "" {
		return nil
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil || d.Year() < 2000 || d.Year() > 2200 {
		return wrong(field, "%.40q is no day: want one like 2026-01-31", s)
	}
	return nil
}
