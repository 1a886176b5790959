package hub

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/calendar/calendartest"
	"signet/internal/check/all"
	"signet/internal/desk"
	"signet/internal/run"
	"signet/internal/store/sqlite"
)

// window is a blackout as the independent calculation reads it: hours of each day, or whole days of the week.
type window struct {
	text     string
	from, to int // minutes of the day
	days     []time.Weekday
}

func (w *window) holds(t time.Time, zone *time.Location) bool {
	local := t.In(zone)
	minute := local.Hour()*60 + local.Minute()
	switch {
	case w.days != nil:
		return slices.Contains(w.days, local.Weekday())
	case w.from < w.to:
		return minute >= w.from && minute < w.to
	}
	return w.from != w.to && (minute >= w.from || minute < w.to)
}

const (
	jobTime = 150 * time.Minute // that each job of the table takes
	step    = 5 * time.Minute   // between two looks at the clock; every line and window of the table begins and ends at one
)

// expected is what a schedule does from one time to another, by another road: step by step, as a line each.
func expected(l calendartest.Line, w *window, missed, overlap string, zone *time.Location, from, until time.Time, away func(time.Time) bool) (list []string) {
	due := map[time.Time]bool{}
	for _, t := range l.Due(from.Add(-72*time.Hour), until, zone) {
		for ; w.holds(t, zone); t = t.Add(time.Minute) {
		}
		if t.After(from) {
			due[t.UTC()] = true
		}
	}
	var came []time.Time // and were not dealt with
	var busy time.Time   // until then a job of the site is under way
	for now := from.Add(step).UTC(); !now.After(until); now = now.Add(step) {
		if due[now] {
			came = append(came, now)
		}
		if away(now) || len(came) == 0 {
			continue
		}
		newest := came[len(came)-1]
		late, did, n := now.Sub(newest) >= 90*time.Second, "started", len(came)
		switch {
		case w.holds(now, zone) && missed == "once":
			continue
		case w.holds(now, zone) || late && missed == "skip":
			did = "missed"
		case !late:
			n--
		}
		if did == "started" && overlap == "skip" && now.Before(busy) {
			did = "skipped"
		} else if did == "started" {
			busy = now.Add(jobTime)
		}
		list = append(list, fmt.Sprintf("%s %s, due %s, missed %d", now.Format("02T15:04"), did, newest.Format("02T15:04"), n))
		came = nil
	}
	return list
}

// TestTimetable holds what the clock does against an independent calculation (SIGNET_LONG: in eight zones and nights): lines of cron, on the nights on which clocks
// change, in and out of windows, with nobody there for hours and for one time alone, with jobs that take longer than the next time is away.
func TestTimetable(t *testing.T) {
	lines := []calendartest.Line{{Minutes: []int{30}, Hours: []int{2}}, {Minutes: []int{0, 40}, Hours: []int{1, 2, 3, 9, 23}}, {Minutes: []int{15}, Hours: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}}}
	windows := []window{{}, {text: "08:00-18:00", from: 8 * 60, to: 18 * 60}, {text: "20:30-05:00", from: 20*60 + 30, to: 5 * 60}, {text: "sun", days: []time.Weekday{time.Sunday}}}
	told, kinds := 0, map[string]int{}
	nights, before, behind := calendartest.Nights()[:2], 12*time.Hour, 14*time.Hour
	if os.Getenv("SIGNET_LONG") != "" {
		nights, before, behind = calendartest.Nights()[:8], 20*time.Hour, 26*time.Hour
	}
	for _, night := range nights {
		zone, err := time.LoadLocation(night.Zone)
		if err != nil {
			t.Fatal(err)
		}
		from, until := night.At.Add(-before), night.At.Add(behind)
		away := func(now time.Time) bool { // for a few minutes, from before a window into it, and from before the change for five hours
			since := now.Sub(night.At)
			return since >= -9*time.Hour && since < -9*time.Hour+20*time.Minute || since >= -7*time.Hour && since < -4*time.Hour || since >= -30*time.Minute && since < 270*time.Minute
		}
		h, c := unworked(t, from)
		type row struct {
			desk.Schedule
			want, got []string
		}
		var table []*row
		for _, l := range lines {
			for _, w := range windows {
				for _, missed := range []string{"once", "skip"} {
					for _, overlap := range []string{"skip", "queue"} {
						site, err := h.Desk.PutSite(t.Context(), act(), desk.Site{Name: fmt.Sprint("site ", len(table)), Targets: []string{"127.9.46.1"}, Checks: []string{"rdp"}}, 0)
						if err != nil {
							t.Fatal(err)
						}
						s := desk.Schedule{Site: site.ID, Cron: l.Cron(), Zone: night.Zone, Missed: missed, Overlap: overlap}
						if w.text != "" {
							s.Blackouts = []string{w.text}
						}
						if s, err = h.Desk.PutSchedule(t.Context(), act(), s, 0); err != nil {
							t.Fatal(err)
						}
						table = append(table, &row{Schedule: s, want: expected(l, &w, missed, overlap, zone, from, until, away)})
					}
				}
			}
		}
		known := map[string]*timed{}
		for now := from.Add(step).UTC(); !now.After(until); now = now.Add(step) {
			c.at.Store(&now)
			for _, j := range h.Desk.Jobs(system()) {
				if !j.State.Ended() && now.Sub(j.Queued) >= jobTime {
					if _, err := h.Desk.MoveJob(t.Context(), j.ID, func(j *desk.Job) { j.State = desk.Done }); err != nil {
						t.Fatal(err)
					}
				}
			}
			if away(now) {
				clear(known) // another process comes
				continue
			}
			h.tick(t.Context(), known)
			for _, r := range table {
				s, err := h.Desk.Schedule(system(), r.ID)
				if err != nil {
					t.Fatal(err)
				}
				if k := s.Last; k.At.Equal(now) {
					r.got = append(r.got, fmt.Sprintf("%s %s, due %s, missed %d", now.Format("02T15:04"), k.Did, k.Due.UTC().Format("02T15:04"), k.Missed))
					kinds[k.Did]++
				}
			}
		}
		for _, r := range table {
			if !slices.Equal(r.got, r.want) {
				t.Errorf("%s at %v, %s but %q, missed %s, overlap %s:\n%s\nwant\n%s", night.Zone, night.At, r.Cron, r.Blackouts, r.Missed, r.Overlap, strings.Join(r.got, "\n"), strings.Join(r.want, "\n"))
			}
			told += len(r.want)
		}
	}
	if told < 500 || kinds["started"] < 100 || kinds["skipped"] < 50 || kinds["missed"] < 50 {
		t.Errorf("%d things compared, %v", told, kinds)
	}
}

// unworked is a hub that does nothing by itself, and its clock.
func unworked(t *testing.T, at time.Time) (*Hub, *hands) {
	t.Helper()
	c := &hands{}
	c.at.Store(&at)
	st, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	d, err := desk.Open(t.Context(), st, desk.Config{Policies: []string{"baseline"}, Checks: []string{"rdp"}, Now: c.now, CheckSchedule: CheckSchedule})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	e := &run.Env{Checks: all.Checks(), Tool: "signet/test"}
	if e.Limits, err = e.NewLimits(t.Context(), run.Limits{Allow: []string{"127.9.46.0/24"}, Depth: signet.Anonymous, Rate: 500}); err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), Config{Env: e, Store: st, Desk: d, Now: c.now, Warn: func(s string) { t.Error(s) }})
	if err != nil {
		t.Fatal(err)
	}
	return h, c
}
