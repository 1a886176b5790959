package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Missed is what is done about times that nobody was there for.
type Missed uint8

const (
	Once Missed = iota // one start makes up for all of them
	Skip               // they are left out
)

// FieldError says which field of a schedule cannot be taken, and why.
type FieldError struct {
	Field string // cron, zone, blackouts
	Why   string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Why }

// Schedule is when something begins. The zero value is never due.
type Schedule struct {
	line    *line
	zone    *time.Location
	windows []window
}

// New reads a schedule: a line of cron, a zone of the IANA database (empty: UTC), and windows in which nothing begins. What cannot be taken
// is a *FieldError.
func New(cron, zone string, blackouts []string) (*Schedule, error) {
	l, err := parseLine(cron)
	if err != nil {
		return nil, &FieldError{"cron", err.Error()}
	}
	s := &Schedule{line: &l, zone: time.UTC}
	if zone = strings.TrimSpace(zone); zone != "" {
		if zone == "Local" { // which is another one on another machine
			return nil, &FieldError{"zone", "want the name of a zone, such as Europe/Berlin"}
		}
		if s.zone, err = time.LoadLocation(zone); err != nil {
			return nil, &FieldError{"zone", fmt.Sprintf("%.60q is no zone: want a name such as Europe/Berlin", zone)}
		}
	}
	if len(blackouts) > mostWindows {
		return nil, &FieldError{"blackouts", fmt.Sprintf("more than %d", mostWindows)}
	}
	for i, b := range blackouts {
		w, err := parseWindow(b)
		if err != nil {
			return nil, &FieldError{fmt.Sprintf("blackouts[%d]", i), err.Error()}
		}
		s.windows = append(s.windows, w)
	}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return nil, &FieldError{"blackouts", "leave no time at which it could begin"}
	}
	return s, nil
}

// mostMoved is for how long windows in a row may move a start before it counts as never.
const mostMoved = 400 * 24 * time.Hour

// Blackout tells whether nothing may begin at a time, since when and until when; a zero until is for good.
func (s *Schedule) Blackout(t time.Time) (since, until time.Time, in bool) {
	since, until = t, t
	for more := true; more; {
		more = false
		for i := range s.windows {
			if _, end, held := s.windows[i].holds(until, s.zone); held {
				until, in, more = end, true, true
			}
			if start, _, held := s.windows[i].holds(since.Add(-time.Nanosecond), s.zone); held && in {
				since, more = start, true
			}
		}
		if until.Sub(since) > mostMoved {
			return since, time.Time{}, true
		}
	}
	return since, until, in
}

// Next is when it begins for the first time behind after: one that is due in a window waits for its end. Zero: it never does.
func (s *Schedule) Next(after time.Time) time.Time {
	if s.line == nil {
		return time.Time{}
	}
	from := after
	if since, _, in := s.Blackout(after); in { // what was due in it before after has not begun yet
		from = since.Add(-time.Second)
	}
	due := s.line.nextIn(from, s.zone)
	if due.IsZero() {
		return due
	}
	if _, until, in := s.Blackout(due); in {
		return until
	}
	return due
}

// Due is what is to be done about the times that came since somebody looked for the last time.
type Due struct {
	Start  bool      // it begins now
	At     time.Time // the newest time that came; zero: none did
	Missed int       // how many were not begun on time, and are not any more; at most mostMissed
	Wait   bool      // one was missed and is made up for, but not now, in a window: ask again with the same last
}

const (
	onTime     = 90 * time.Second // what is begun this much later was not missed
	mostMissed = 1000
)

// Since tells what is to be done at now, after everything until last was dealt with.
func (s *Schedule) Since(last, now time.Time, missed Missed) Due {
	d := Due{At: s.newest(last, now)}
	if d.At.IsZero() {
		return d
	}
	for t := s.Next(last); !t.After(d.At) && d.Missed < mostMissed; t = s.Next(t) {
		d.Missed++
	}
	_, _, in := s.Blackout(now)
	switch late := now.Sub(d.At) >= onTime; {
	case in && missed == Once:
		d.Wait = true
	case in: // nothing begins in it, and what is left out stays so
	case !late:
		d.Start, d.Missed = true, d.Missed-1
	case missed == Once:
		d.Start = true
	}
	return d
}

// newest is the last time of those behind last, until now; zero: there is none.
func (s *Schedule) newest(last, now time.Time) time.Time {
	day := 24 * time.Hour
	for _, back := range []time.Duration{time.Hour, day, 32 * day, 366 * day, 9 * 366 * day} {
		from := now.Add(-back)
		if from.Before(last) {
			from = last
		}
		var found time.Time
		for t := s.Next(from); !t.IsZero() && !t.After(now); t = s.Next(t) {
			found = t
		}
		if !found.IsZero() || !from.After(last) {
			return found
		}
	}
	return time.Time{}
}
