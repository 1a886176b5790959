package calendar

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// line is a parsed line of cron. It is evaluated on a clock that never leaves anything out, UTC, and its times are then those of a wall.
type line struct {
	fields    *cron.SpecSchedule
	everyHour bool
}

const mostLine = 200 // bytes

var errFields = errors.New("want five fields: minute, hour, day of the month, month, day of the week")

// parseLine reads a line of cron: five fields, or @hourly, @daily, @weekly, @monthly, @yearly.
func parseLine(s string) (line, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return line{}, errFields
	case len(s) > mostLine:
		return line{}, fmt.Errorf("has more than %d bytes", mostLine)
	case strings.HasPrefix(s, "@every"), strings.HasPrefix(s, "@reboot"):
		return line{}, fmt.Errorf("%.20q has no time of its own: write the minutes and hours", s)
	case strings.HasPrefix(s, "TZ="), strings.HasPrefix(s, "CRON_TZ="):
		return line{}, errors.New("a zone stands in its own field")
	}
	if !strings.HasPrefix(s, "@") {
		fields := strings.Fields(s)
		if len(fields) != 5 {
			return line{}, errFields
		}
		fields[4] = sundays(fields[4])
		s = strings.Join(fields, " ")
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor).Parse(s)
	if err != nil {
		return line{}, err
	}
	fields, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return line{}, errFields
	}
	fields.Location = time.UTC
	l := line{fields: fields, everyHour: fields.Hour&(1<<24-1) == 1<<24-1}
	if l.next(time.Unix(0, 0).UTC()).IsZero() {
		return line{}, errors.New("names a day that no month has")
	}
	return l, nil
}

// sunday is the seventh day as a list of days writes it: alone, or where a range ends.
var sunday = regexp.MustCompile(`^(?:([^-/]+)-)?7(/\d+)?$`)

// sundays writes a Sunday that is written 7, as crontab(5) has it, the way the parser knows it.
func sundays(days string) string {
	parts := strings.Split(days, ",")
	for i, p := range parts {
		m := sunday.FindStringSubmatch(p)
		switch {
		case m == nil:
		case m[1] == "" || m[1] == "7":
			parts[i] = "0"
		case m[2] == "":
			parts[i] = m[1] + "-6,0"
		}
	}
	return strings.Join(parts, ",")
}

// next is the first time behind after, both of a clock that leaves nothing out; zero: there is none within eight years, which hold a
// 29 February whatever the century.
func (l line) next(after time.Time) time.Time {
	for range 2 {
		if t := l.fields.Next(after); !t.IsZero() {
			return t
		}
		after = after.AddDate(5, 0, 0)
	}
	return time.Time{}
}

// wall is what a clock in a zone shows, on a clock that leaves nothing out.
func wall(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// at is when a clock in a zone shows a time: of two the first; of none, when it would have, had it gone on as before.
func at(shown time.Time, zone *time.Location) time.Time {
	// No zone has ever been further than a day from UTC, nor has changed twice within two.
	_, before := shown.Add(-24 * time.Hour).In(zone).Zone()
	_, behind := shown.Add(24 * time.Hour).In(zone).Zone()
	t := shown.Add(-time.Duration(before) * time.Second)
	if wall(t, zone).Equal(shown) {
		return t
	}
	if u := shown.Add(-time.Duration(behind) * time.Second); wall(u, zone).Equal(shown) {
		return u
	}
	return t
}

// changes is how far back a change of the clock still matters to what comes next.
const changes = 4 * time.Hour

// nextIn is the first time behind after at which a clock in a zone makes the line due.
func (l line) nextIn(after time.Time, zone *time.Location) time.Time {
	if l.everyHour {
		return l.nextPassing(after, zone)
	}
	from := wall(after, zone)
	if was := wall(after.Add(-changes), zone); from.Sub(was) != changes {
		from = from.Add(-changes - 2*time.Hour)
	}
	var first time.Time
	for {
		shown := l.next(from)
		if shown.IsZero() || !first.IsZero() && shown.After(wall(first, zone)) { // no time is later than it shows
			return first
		}
		from = shown
		if t := at(shown, zone); t.After(after) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
}

// nextPassing is the same of a line for every hour: between two changes of the clock it is a clock like another.
func (l line) nextPassing(after time.Time, zone *time.Location) time.Time {
	_, offset := after.In(zone).Zone()
	_, end := after.In(zone).ZoneBounds()
	for {
		shift := time.Duration(offset) * time.Second
		shown := l.next(after.UTC().Add(shift))
		if shown.IsZero() {
			return shown
		}
		if t := shown.Add(-shift); end.IsZero() || t.Before(end) {
			return t
		}
		after = end.Add(-time.Second) // the first moment from then on counts
		_, offset = end.In(zone).Zone()
		_, end = end.In(zone).ZoneBounds()
	}
}
