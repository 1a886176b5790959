package hub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"signet/internal/desk"
	"signet/internal/notify"
	"signet/internal/outbox"
	"signet/internal/store"
)

// Report is what a report says.
type Report struct {
	Lead  string   // one sentence
	Lines []string // what else is to be said before anybody opens the file: a line each
	File  notify.File
}

// reports is what the names of readers begin with: where the outbox brings the reports of a schedule. Behind it stands the schedule's ID and, of
// one that is read by a channel, that.
const reports = "report/"

// mostAttached is how large the file of a report may be, as most mail servers take it once it is written in base64.
const mostAttached = 4 << 20

// firstReport is how far back the first report of a schedule goes.
const firstReport = 30 * 24 * time.Hour

// longestWait is for how long a report waits for what changed in the run that it comes after to be known.
const longestWait = 10 * time.Minute

// recipients are the addresses and the channels that a report goes to.
func recipients(s *desk.Schedule) (addresses, channels []string) {
	for _, to := range s.To {
		if strings.Contains(to, "@") {
			addresses = append(addresses, to)
		} else {
			channels = append(channels, to)
		}
	}
	return addresses, channels
}

func mailto(addresses []string) string {
	var list []string
	for _, a := range addresses {
		list = append(list, url.PathEscape(a))
	}
	return "mailto:" + strings.Join(list, ",")
}

// checkRecipients tells whether mail goes to the addresses of a report: a *desk.FieldError.
func checkRecipients(s *desk.Schedule) error {
	addresses, _ := recipients(s)
	for _, a := range addresses {
		c := notify.Channel{Kind: notify.MailKind, URL: mailto([]string{a})}
		if c.Check() != nil || strings.ContainsAny(a, ",<>") {
			return &desk.FieldError{Field: "to", Text: fmt.Sprintf("%.60q is no mail address", a)}
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	c := notify.Channel{Kind: notify.MailKind, URL: mailto(addresses)}
	if c.Check() != nil {
		return &desk.FieldError{Field: "to", Text: "the addresses are too long together: make a second schedule"}
	}
	return nil
}

// readers are where the reports of a schedule are brought. Channels that do not serve its site any more, or are paused, are not among them.
func (h *Hub) readers(s *desk.Schedule) (list []string) {
	addresses, channels := recipients(s)
	if len(addresses) > 0 {
		list = append(list, reports+s.ID)
	}
	for _, c := range h.Desk.Serving(s.Site) {
		if slices.Contains(channels, c.ID) {
			list = append(list, reports+s.ID+"/"+c.ID)
		}
	}
	return list
}

// reader is who reads what is brought to a name, without what all of them begin with: addresses, or a channel. The error is outbox.ErrNoChannel
// where nobody is to read it any more.
func (h *Hub) reader(name string) (addresses []string, channel string, err error) {
	id, channel, _ := strings.Cut(name, "/")
	s, err := h.Desk.Schedule(system(), id)
	if err != nil {
		return nil, "", outbox.ErrNoChannel
	}
	addresses, channels := recipients(&s)
	if channel == "" && len(addresses) > 0 || slices.Contains(channels, channel) && slices.Contains(h.readers(&s), reports+name) {
		return addresses, channel, nil
	}
	if c, _, err := h.Desk.OpenChannel(channel); err == nil && c.Paused && slices.Contains(channels, channel) {
		return nil, "", errors.New("it is paused")
	}
	return nil, "", outbox.ErrNoChannel
}

// Reports are the messages of a schedule that were not taken yet, the newest first.
func (h *Hub) Reports(s *desk.Schedule) (list []outbox.Letter) {
	_, channels := recipients(s)
	list = h.Outbox.Letters(reports + s.ID)
	for _, c := range channels {
		list = append(list, h.Outbox.Letters(reports+s.ID+"/"+c)...)
	}
	slices.SortFunc(list, func(a, b outbox.Letter) int { return strings.Compare(b.ID, a.ID) })
	return list
}

// askedWhole are the jobs that asked a whole site and came to their end, by site, in the order of their end.
func (h *Hub) askedWhole() map[string][]desk.Job {
	by := map[string][]desk.Job{}
	for _, j := range h.Desk.Jobs(system()) {
		if j.State == desk.Done && j.Site != "" && !h.verifies(&j) {
			by[j.Site] = append(by[j.Site], j)
		}
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b desk.Job) int { return a.Ended.Compare(b.Ended) })
	}
	return by
}

// reportAfter sends the report that comes after the jobs of its site, one for all that ended since the last one, and says before when nothing
// is to be done about it again.
func (h *Hub) reportAfter(ctx context.Context, s *desk.Schedule, ran []desk.Job, now time.Time) time.Time {
	if len(ran) == 0 || !ran[len(ran)-1].Ended.After(s.Until) {
		return now.Add(lookEvery)
	}
	j := ran[len(ran)-1]
	if !h.changes.knows(j.Run) && now.Sub(j.Ended) < longestWait { // what changed by it
		return now.Add(time.Second)
	}
	return h.report(ctx, s, now, j.Ended, desk.Kept{Due: j.Ended, At: now, Job: j.ID})
}

// report has a report that is due sent, which deals with the times of its schedule until then, and says before when nothing is to be done again.
func (h *Hub) report(ctx context.Context, s *desk.Schedule, now, until time.Time, did desk.Kept) time.Time {
	soon := now.Add(lookEvery)
	if slices.ContainsFunc(h.Reports(s), func(l outbox.Letter) bool { return !l.Failed }) {
		if s.Overlap == "queue" {
			return soon
		}
		did.Did, did.Why = "skipped", "the report before it was not taken yet"
		return h.passed(ctx, s, until, did)
	}
	to := h.readers(s)
	m, err := h.reportOf(ctx, s, now)
	switch {
	case ctx.Err() != nil:
		return soon
	case err != nil:
		h.Warn(fmt.Sprintf("schedule %s: no report was made: %v", s.ID, err))
		did.Did, did.Why = "failed", err.Error()
		return h.passed(ctx, s, until, did)
	case len(to) == 0:
		did.Did, did.Why = "failed", "none of the channels that it goes to serves the site"
		return h.passed(ctx, s, until, did)
	}
	edits, letters, err := h.Outbox.Post(*m, to, nil)
	var revs []uint64
	if err == nil {
		did.Did = "sent"
		revs, err = h.Desk.ReportScheduled(ctx, s, until, h.toldUntil(now), did, edits...)
	}
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrUnknown) {
			h.Warn(fmt.Sprintf("schedule %s: the report is sent later: %v", s.ID, err))
		}
		return soon
	}
	h.Outbox.Posted(letters, revs)
	return now
}

// toldUntil is when the report after one that is made now begins: a job under way may have seen already what is shown once it has ended.
func (h *Hub) toldUntil(now time.Time) time.Time {
	for _, j := range h.Desk.Jobs(system()) {
		if !j.State.Ended() && !j.Began.IsZero() && j.Began.Before(now) {
			now = j.Began
		}
	}
	return now.UTC().Truncate(time.Second)
}

var errSample = errors.New("what is shown is the sample, and nothing in it is real")

// reportOf makes the message of a report.
func (h *Hub) reportOf(ctx context.Context, s *desk.Schedule, now time.Time) (*notify.Message, error) {
	if h.Means.Report == nil {
		return nil, errors.New("this server makes no reports")
	}
	if h.View(system()).Sample {
		return nil, errSample
	}
	since := s.Done
	if since.IsZero() {
		since = now.Add(-firstReport)
	}
	r, err := h.Means.Report(ctx, s.Site, since, s.Format)
	if err != nil {
		return nil, err
	}
	m := &notify.Message{At: now.UTC().Truncate(time.Second), Kind: notify.Report, Title: "Report: " + r.Lead, Site: h.siteName(s.Site),
		Link: h.page("/reports/board", "site", s.Site, "since", since.UTC().Format(time.DateOnly))}
	lines := r.Lines
	if len(r.File.Body) > mostAttached {
		lines = append([]string{fmt.Sprintf("The report has %d MiB, too much for a mail: the link leads to it.", len(r.File.Body)>>20)}, lines...)
	} else {
		m.Files = []notify.File{r.File}
	}
	for _, line := range lines[:min(len(lines), notify.MostRows)] {
		m.Rows = append(m.Rows, notify.Row{Text: line})
	}
	m.More = max(len(lines)-notify.MostRows, 0)
	return m, nil
}
