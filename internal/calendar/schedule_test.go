package calendar

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/internal/calendar/calendartest"
)

func TestTimesOfTheTwoNights(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	some := func(n, most int) []int {
		list := random.Perm(most)[:n]
		slices.Sort(list)
		return list
	}
	lines := []calendartest.Line{{Minutes: []int{30}, Hours: []int{2}}, {Minutes: []int{0}, Hours: []int{0}}, {Minutes: []int{20, 40}, Hours: []int{2}}, {Minutes: []int{0, 45}, Hours: some(24, 24)}, {Minutes: []int{30}, Hours: []int{1, 2, 3}}}
	for range 12 {
		lines = append(lines, calendartest.Line{Minutes: some(1+random.Intn(4), 60), Hours: some(1+random.Intn(6), 24)})
	}
	times := 0
	for _, night := range calendartest.Nights() {
		zone, err := time.LoadLocation(night.Zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			sched, err := New(l.Cron(), night.Zone, nil)
			if err != nil {
				t.Fatal(err)
			}
			from, until := night.At.Add(-30*time.Hour), night.At.Add(30*time.Hour)
			want := l.Due(from, until, zone)
			var got []time.Time
			for at := sched.Next(from); !at.After(until); at = sched.Next(at) {
				got = append(got, at)
			}
			if !slices.EqualFunc(got, want, time.Time.Equal) {
				t.Errorf("%s, %s, %s:\n got %v\nwant %v", night.Zone, night.At, l.Cron(), shows(got, zone), shows(want, zone))
			}
			times += len(want)
			for range 20 { // whatever the moment it is asked at
				after := from.Add(time.Duration(random.Int63n(int64(until.Sub(from)))))
				if i := slices.IndexFunc(want, func(w time.Time) bool { return w.After(after) }); i >= 0 && !sched.Next(after).Equal(want[i]) {
					t.Errorf("%s, %s, after %v: %v, want %v", night.Zone, l.Cron(), after.In(zone), sched.Next(after).In(zone), want[i].In(zone))
				}
			}
		}
	}
	if times < 1000 {
		t.Errorf("%d times compared", times)
	}
}

func shows(list []time.Time, zone *time.Location) string {
	var b strings.Builder
	for _, at := range list {
		fmt.Fprintf(&b, " %s", at.In(zone).Format("02T15:04-0700"))
	}
	return b.String()
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name, cron, zone string
		blackouts        []string
		after            string
		want             []string
	}{
		{"each Monday", "0 6 * * 1", "Europe/Berlin", nil, "2026-11-29T12:00:00Z", []string{"2026-11-30T05:00:00Z", "2026-12-07T05:00:00Z"}},
		{"left out in March", "30 2 * * *", "Europe/Berlin", nil, "2027-03-27T12:00:00Z", []string{"2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"}},
		{"twice in October", "30 2 * * *", "Europe/Berlin", nil, "2027-10-30T12:00:00Z", []string{"2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"}},
		{"each hour in October", "30 * * * *", "Europe/Berlin", nil, "2027-10-31T00:00:00Z", []string{"2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"}},
		{"a Sunday is 0 and 7", "0 0 * * 7", "", nil, "2026-11-30T00:00:00Z", []string{"2026-12-06T00:00:00Z"}},
		{"a range to 7", "0 0 * * 6-7", "", nil, "2026-11-30T00:00:00Z", []string{"2026-12-05T00:00:00Z", "2026-12-06T00:00:00Z", "2026-12-12T00:00:00Z"}},
		{"words", "0 0 1 jan mon", "", nil, "2026-12-31T00:00:00Z", []string{"2027-01-01T00:00:00Z", "2027-01-04T00:00:00Z"}},
		{"@weekly", "@weekly", "UTC", nil, "2026-11-30T00:00:00Z", []string{"2026-12-06T00:00:00Z"}},
		{"29 February, over a century", "0 0 29 2 *", "", nil, "2096-03-01T00:00:00Z", []string{"2104-02-29T00:00:00Z"}},
		{"waits", "*/30 * * * *", "", []string{"mon 08:00-18:00"}, "2026-11-30T07:15:00Z", []string{"2026-11-30T07:30:00Z", "2026-11-30T18:00:00Z", "2026-11-30T18:30:00Z"}},
		{"waits, asked inside", "0 9 * * *", "", []string{"mon-fri 08:00-18:00"}, "2026-11-30T12:00:00Z", []string{"2026-11-30T18:00:00Z", "2026-12-01T18:00:00Z"}},
		{"over midnight", "0 1 * * *", "", []string{"22:00-06:00"}, "2026-11-30T12:00:00Z", []string{"2026-12-01T06:00:00Z"}},
		{"over midnight, asked behind it", "0 23 * * *", "", []string{"22:00-06:00"}, "2026-12-01T03:00:00Z", []string{"2026-12-01T06:00:00Z"}},
		{"one behind another", "0 9 * * *", "", []string{"08:00-10:00", "10:00-12:00", "11:30-13:00"}, "2026-11-30T10:30:00Z", []string{"2026-11-30T13:00:00Z", "2026-12-01T13:00:00Z"}},
		{"days of the calendar", "0 6 * * *", "Europe/Berlin", []string{"2026-12-20..2027-01-06"}, "2026-12-19T12:00:00Z", []string{"2027-01-06T23:00:00Z", "2027-01-07T05:00:00Z"}},
		{"a day and a night", "0 9 * * *", "", []string{"mon 08:00-08:00"}, "2026-11-29T12:00:00Z", []string{"2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z"}},
		{"whole days", "0 6 * * *", "", []string{"sat,sun"}, "2026-12-04T12:00:00Z", []string{"2026-12-07T00:00:00Z", "2026-12-07T06:00:00Z"}},
		{"over the end of the week", "0 6 * * *", "", []string{"fri-mon"}, "2026-12-03T12:00:00Z", []string{"2026-12-08T00:00:00Z"}},
	} {
		s, err := New(c.cron, c.zone, c.blackouts)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		at, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if at = s.Next(at); at.UTC().Format(time.RFC3339) != want {
				t.Errorf("%s: time %d is %s, want %s", c.name, i+1, at.UTC().Format(time.RFC3339), want)
				break
			}
		}
	}
}

func TestSince(t *testing.T) {
	for _, c := range []struct {
		name, cron string
		blackouts  []string
		missed     Missed
		last, now  string
		want       Due
		at         string
	}{
		{"not yet", "0 6 * * *", nil, Once, "2026-11-30T06:00:00Z", "2026-12-01T05:59:59Z", Due{}, ""},
		{"on time", "0 6 * * *", nil, Skip, "2026-11-30T06:00:00Z", "2026-12-01T06:00:20Z", Due{Start: true}, "2026-12-01T06:00:00Z"},
		{"dealt with", "0 6 * * *", nil, Once, "2026-12-01T06:00:00Z", "2026-12-01T06:00:20Z", Due{}, ""},
		{"away for three, made up for", "0 6 * * *", nil, Once, "2026-11-30T06:00:00Z", "2026-12-03T09:00:00Z", Due{Start: true, Missed: 3}, "2026-12-03T06:00:00Z"},
		{"away for three, left out", "0 6 * * *", nil, Skip, "2026-11-30T06:00:00Z", "2026-12-03T09:00:00Z", Due{Missed: 3}, "2026-12-03T06:00:00Z"},
		{"away for two, back on time", "0 6 * * *", nil, Skip, "2026-11-30T06:00:00Z", "2026-12-03T06:00:30Z", Due{Start: true, Missed: 2}, "2026-12-03T06:00:00Z"},
		{"away until a window", "0 6 * * *", []string{"08:00-18:00"}, Once, "2026-11-30T06:00:00Z", "2026-12-01T09:00:00Z", Due{Missed: 1, Wait: true}, "2026-12-01T06:00:00Z"},
		{"and when it ends", "0 6 * * *", []string{"08:00-18:00"}, Once, "2026-11-30T06:00:00Z", "2026-12-01T18:00:01Z", Due{Start: true, Missed: 1}, "2026-12-01T06:00:00Z"},
		{"left out in a window", "0 6 * * *", []string{"08:00-18:00"}, Skip, "2026-11-30T06:00:00Z", "2026-12-01T09:00:00Z", Due{Missed: 1}, "2026-12-01T06:00:00Z"},
		{"looked at in a window that began since", "59 7 * * *", []string{"08:00-18:00"}, Skip, "2026-11-30T18:00:00Z", "2026-12-01T08:00:10Z", Due{Missed: 1}, "2026-12-01T07:59:00Z"},
		{"moved by a window, on time", "0 9 * * *", []string{"08:00-18:00"}, Skip, "2026-11-30T18:00:00Z", "2026-12-01T18:00:10Z", Due{Start: true}, "2026-12-01T18:00:00Z"},
		{"a year of minutes", "* * * * *", nil, Once, "2025-11-30T06:00:00Z", "2026-11-30T06:00:00Z", Due{Start: true, Missed: mostMissed - 1}, "2026-11-30T06:00:00Z"},
		{"the clock went back", "0 6 * * *", nil, Once, "2026-12-05T06:00:00Z", "2026-12-01T06:00:00Z", Due{}, ""},
	} {
		s, err := New(c.cron, "", c.blackouts)
		if err != nil {
			t.Fatal(err)
		}
		last, err1 := time.Parse(time.RFC3339, c.last)
		now, err2 := time.Parse(time.RFC3339, c.now)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		got := s.Since(last, now, c.missed)
		at := ""
		if !got.At.IsZero() {
			at = got.At.UTC().Format(time.RFC3339)
		}
		got.At = time.Time{}
		if got != c.want || at != c.at {
			t.Errorf("%s: %+v at %q, want %+v at %q", c.name, got, at, c.want, c.at)
		}
	}
}

func TestWhatIsNoSchedule(t *testing.T) {
	for _, c := range []struct {
		cron, zone string
		blackouts  []string
		field      string
	}{
		{"", "", nil, "cron"}, {"0 6 * *", "", nil, "cron"}, {"0 6 * * * *", "", nil, "cron"}, {"60 6 * * *", "", nil, "cron"}, {"0 24 * * *", "", nil, "cron"},
		{"0 0 30 2 *", "", nil, "cron"}, {"@every 1h", "", nil, "cron"}, {"@reboot", "", nil, "cron"}, {"TZ=UTC 0 6 * * *", "", nil, "cron"}, {"TZ=UTC", "", nil, "cron"},
		{"0 6 * * 8", "", nil, "cron"}, {"0 6 * * 7-3", "", nil, "cron"}, {strings.Repeat("1,", 200) + "1 6 * * *", "", nil, "cron"},
		{"0 6 * * *", "Mars/Olympus", nil, "zone"}, {"0 6 * * *", "Local", nil, "zone"}, {"0 6 * * *", "../etc/passwd", nil, "zone"},
		{"0 6 * * *", "", []string{"sat", "noon"}, "blackouts[1]"}, {"0 6 * * *", "", []string{"08:00"}, "blackouts[0]"}, {"0 6 * * *", "", []string{"25:00-26:00"}, "blackouts[0]"},
		{"0 6 * * *", "", []string{"2026-12-20..2026-12-01"}, "blackouts[0]"}, {"0 6 * * *", "", []string{"mon 08:00-10:00 x"}, "blackouts[0]"}, {"0 6 * * *", "", []string{""}, "blackouts[0]"},
		{"0 6 * * *", "", []string{"mon-sun"}, "blackouts"}, {"0 6 * * *", "", slices.Repeat([]string{"sat"}, 51), "blackouts"},
	} {
		_, err := New(c.cron, c.zone, c.blackouts)
		var f *FieldError
		if !errors.As(err, &f) || f.Field != c.field {
			t.Errorf("%.40q %q %.3q: %v, want one of %s", c.cron, c.zone, c.blackouts, err, c.field)
		}
	}
}

// What people type is bounded in time and never the end of the process.
func FuzzSchedule(f *testing.F) {
	f.Add("30 2 * * 7", "Europe/Berlin", "mon-fri 08:00-18:00", int64(1_800_000_000))
	f.Add("@monthly", "America/New_York", "2026-12-20..2027-01-06", int64(0))
	f.Add("TZ=", "", "22:00-06:00", int64(-1))
	f.Fuzz(func(t *testing.T, cron, zone, blackout string, at int64) {
		s, err := New(cron, zone, []string{blackout})
		if err != nil {
			return
		}
		after := time.Unix(at%(1<<33), 0)
		if next := s.Next(after); !next.IsZero() && !next.After(after) {
			t.Errorf("%q in %q but %q: %v is not behind %v", cron, zone, blackout, next, after)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	s, err := New("30 2 * * 1", "Europe/Berlin", []string{"mon-fri 08:00-18:00", "2026-12-20..2027-01-06"})
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.Next(at)
	}
}
