// Package calendartest calculates when something is due by another road than the calendar, and knows the nights on which clocks change.
package calendartest

import (
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // tests run where no zones are installed, too
)

// Line is a line of cron with the days left open, as minutes and hours: what the independent calculation reads.
type Line struct{ Minutes, Hours []int }

// Cron is the line as crontab(5) has it.
func (l Line) Cron() string {
	join := func(list []int) string {
		var out []string
		for _, n := range list {
			out = append(out, strconv.Itoa(n))
		}
		return strings.Join(out, ",")
	}
	hours := join(l.Hours)
	if len(l.Hours) == 24 {
		hours = "*"
	}
	return join(l.Minutes) + " " + hours + " * * *"
}

// Due gives the times behind from, until the other one, by another road: it looks at every minute that passes, what the clock shows then, and at every minute of every day's
// wall, whether the clock ever shows it.
func (l Line) Due(from, until time.Time, zone *time.Location) []time.Time {
	var out []time.Time
	shown := map[string]bool{}
	add := func(t time.Time) {
		if t.After(from) && !t.After(until) && !slices.ContainsFunc(out, t.Equal) {
			out = append(out, t)
		}
	}
	begin, end := from.Add(-48*time.Hour).Truncate(time.Minute), until.Add(48*time.Hour)
	for t := begin; t.Before(end); t = t.Add(time.Minute) {
		local := t.In(zone)
		face := local.Format("2006-01-02 15:04")
		first := !shown[face]
		shown[face] = true
		if slices.Contains(l.Minutes, local.Minute()) && slices.Contains(l.Hours, local.Hour()) && (first || len(l.Hours) == 24) {
			add(t)
		}
	}
	if len(l.Hours) < 24 { // what no clock shows: the offset of a day before
		for wall := begin.Add(24 * time.Hour); wall.Before(end.Add(-24 * time.Hour)); wall = wall.Add(time.Minute) {
			if !slices.Contains(l.Minutes, wall.Minute()) || !slices.Contains(l.Hours, wall.Hour()) || shown[wall.Format("2006-01-02 15:04")] {
				continue
			}
			_, offset := wall.Add(-24 * time.Hour).In(zone).Zone()
			add(wall.Add(-time.Duration(offset) * time.Second))
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// Night is one in which the clocks of a zone change.
type Night struct {
	Zone string
	At   time.Time // about the change
}

// Nights gives some, of every kind.
func Nights() (list []Night) {
	for _, n := range []struct{ zone, at string }{
		{"Europe/Berlin", "2027-03-28T01:00:00Z"}, {"Europe/Berlin", "2027-10-31T01:00:00Z"},
		{"America/New_York", "2027-03-14T07:00:00Z"}, {"America/New_York", "2027-11-07T06:00:00Z"},
		{"Australia/Lord_Howe", "2027-10-02T15:30:00Z"}, {"Australia/Lord_Howe", "2027-04-03T15:00:00Z"}, // half an hour
		{"America/Sao_Paulo", "2018-11-04T03:00:00Z"}, {"America/Sao_Paulo", "2018-02-18T02:00:00Z"}, // at midnight
		{"Pacific/Apia", "2011-12-30T10:00:00Z"},      // a whole day left out
		{"Asia/Kathmandu", "2027-03-28T01:00:00Z"},    // never changes
		{"Africa/Casablanca", "2027-02-07T02:00:00Z"}, // the other way round
	} {
		at, err := time.Parse(time.RFC3339, n.at)
		if err != nil {
			panic(err)
		}
		list = append(list, Night{n.zone, at})
	}
	return list
}
