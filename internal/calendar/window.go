package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// window is a time in which nothing begins: certain hours of certain days of the week, or whole days of the calendar.
type window struct {
	days     [7]bool // by time.Weekday, on which it begins
	from, to int     // minutes of the day; where to is not behind from, it ends on the day after

	first, last time.Time // whole days, both in it, as UTC; zero: every week
}

const (
	mostWindows = 50
	aDay        = 24 * 60
)

var errWindow = errors.New("want days and hours (mon-fri 08:00-18:00, sat,sun, 22:00-06:00) or dates (2026-12-20..2027-01-06)")

// parseWindow reads one.
func parseWindow(s string) (window, error) {
	fields := strings.Fields(strings.ToLower(s))
	if len(s) > mostLine || len(fields) < 1 || len(fields) > 2 {
		return window{}, errWindow
	}
	w := window{days: [7]bool{true, true, true, true, true, true, true}, to: aDay}
	if first, last, ok := dates(fields[0]); ok {
		if len(fields) > 1 {
			return window{}, errWindow
		}
		if last.Before(first) {
			return window{}, fmt.Errorf("%s ends before it begins", fields[0])
		}
		w.first, w.last = first, last
		return w, nil
	}
	if hours := fields[len(fields)-1]; strings.Contains(hours, ":") {
		from, to, ok := strings.Cut(hours, "-")
		var okFrom, okTo bool
		w.from, okFrom = minutes(from)
		w.to, okTo = minutes(to)
		if !ok || !okFrom || !okTo || w.from == aDay || w.to == 0 && w.from == 0 {
			return window{}, errWindow
		}
		fields = fields[:len(fields)-1]
	}
	if len(fields) == 0 {
		return w, nil
	}
	if len(fields) > 1 {
		return window{}, errWindow
	}
	w.days = [7]bool{}
	for _, part := range strings.Split(fields[0], ",") {
		from, to, ranged := strings.Cut(part, "-")
		a, b := weekday(from), weekday(to)
		if !ranged {
			b = a
		}
		if a < 0 || b < 0 {
			return window{}, errWindow
		}
		for d := a; ; d = (d + 1) % 7 {
			w.days[d] = true
			if d == b {
				break
			}
		}
	}
	return w, nil
}

func dates(s string) (first, last time.Time, ok bool) {
	from, to, ranged := strings.Cut(s, "..")
	if !ranged {
		to = from
	}
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return first, last, false
	}
	last, err = time.Parse(time.DateOnly, to)
	return first, last, err == nil
}

// minutes reads hh:mm, of which 24:00 is the end of a day.
func minutes(s string) (int, bool) {
	if s == "24:00" {
		return aDay, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil
}

func weekday(s string) int {
	return slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, s)
}

// holds tells whether a moment is in the window by a clock in a zone, and from when to when that is.
func (w *window) holds(t time.Time, zone *time.Location) (since, until time.Time, in bool) {
	local := t.In(zone)
	y, m, d := local.Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if !w.first.IsZero() {
		in := !today.Before(w.first) && !today.After(w.last)
		return onDay(w.first, 0, 0, zone), onDay(w.last, 1, 0, zone), in
	}
	for _, back := range []int{1, 0} { // it may have begun yesterday
		began := today.AddDate(0, 0, -back)
		if !w.days[began.Weekday()] {
			continue
		}
		over := 0
		if w.to <= w.from {
			over = 1
		}
		start, end := onDay(began, 0, w.from, zone), onDay(began, over, w.to, zone)
		if !t.Before(start) && t.Before(end) {
			return start, end, true
		}
	}
	return since, until, false
}

// onDay is when a clock in a zone shows so many minutes of a day, counted in days from another.
func onDay(day time.Time, later, minutes int, zone *time.Location) time.Time {
	return at(time.Date(day.Year(), day.Month(), day.Day()+later, 0, minutes, 0, 0, time.UTC), zone)
}
