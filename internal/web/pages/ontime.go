package pages

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"signet/internal/desk"
	"signet/internal/hub"
	"signet/internal/notify"
	"signet/internal/outbox"
)

// schedulesPage is what is done on time.
type schedulesPage struct {
	Schedules []scheduleShown
	Sites     []desk.Site // that who asks may have asked on time
	Site      string      // that the form begins with
	Allow     bool        // something may be launched at all
	NoBackup  string      // why this server writes no backups
	Mail      bool        // mail goes out to any address
	Whole     bool        // who asks may have reports of all sent
}

func (*schedulesPage) title() string { return "Schedules" }

// scheduleShown is a schedule, and when it is due.
type scheduleShown struct {
	desk.Schedule
	SiteName string
	Next     []time.Time
	May      bool
	To       []string // names and addresses that a report goes to
	Waiting  int      // messages of it that were not taken yet
	Failed   int      // that were not taken for a day
	Why      string   // of the last of them
}

// Of is what is done, for people.
func (s scheduleShown) Of() string {
	switch {
	case s.Kind == desk.BackupKind:
		return "backups"
	case s.Kind == desk.ReportKind && s.Site == "":
		return "reports of all sites"
	case s.Kind == desk.ReportKind:
		return "reports of " + s.SiteName
	}
	return s.SiteName
}

// Well tells whether the last time went as it should.
func (s scheduleShown) Well() bool {
	return s.Last.Did == "started" || s.Last.Did == "sent" || s.Last.Did == "written" && s.Last.Why == ""
}

// ETag names the revision of the schedule.
func (s scheduleShown) ETag() string { return etag(s.Rev) }

// nextShown is how many times of a schedule are shown.
const nextShown = 5

func (p *Pages) schedules(a *ask) (any, error) {
	out := &schedulesPage{Site: a.q.Get("site"), Allow: len(p.limits().Allow) > 0, NoBackup: p.Hub.Means.WhyNoBackup(), Mail: p.Hub.Means.Mail, Whole: desk.Allow(a.who, desk.Launch, "")}
	names := p.siteNames(a)
	for _, s := range p.Desk.Schedules(a.who) {
		v := scheduleShown{Schedule: s, SiteName: names[s.Site], Next: hub.Next(&s, p.Hub.Now(), nextShown), May: desk.AllowSchedule(a.who, desk.Launch, &s)}
		for _, to := range s.To {
			if c, err := p.Desk.Channel(a.who, to); err == nil {
				to = c.Name
			} else if !strings.Contains(to, "@") {
				to = "a channel"
			}
			v.To = append(v.To, to)
		}
		for _, l := range p.Hub.Reports(&s) {
			if v.Why = cmp.Or(v.Why, l.Why); l.Failed {
				v.Failed++
			} else {
				v.Waiting++
			}
		}
		out.Schedules = append(out.Schedules, v)
	}
	slices.SortFunc(out.Schedules, func(x, y scheduleShown) int { return compareFolded(x.Of(), y.Of()) })
	for _, s := range p.Desk.Sites(a.who) {
		if desk.Allow(a.who, desk.Launch, s.ID) {
			out.Sites = append(out.Sites, s)
		}
	}
	return out, nil
}

// channelsPage is where messages go.
type channelsPage struct {
	Channels []channelShown
	Sites    []desk.Site
	Kinds    []string
}

func (*channelsPage) title() string { return "Channels" }

// channelShown is a channel, and how it is.
type channelShown struct {
	desk.Channel
	On      []string // names of the sites that it names
	Letters []outbox.Letter
	Waiting int
	Failed  int
	Last    *outbox.Sent
}

// ETag names the revision of the channel.
func (c channelShown) ETag() string { return etag(c.Rev) }

// mostLetters is how many messages of a channel are shown.
const mostLetters = 10

func (p *Pages) channels(a *ask) (any, error) {
	out := &channelsPage{Sites: p.Desk.Sites(a.who), Kinds: notify.Kinds()}
	names := p.siteNames(a)
	for _, c := range p.Desk.Channels(a.who) {
		v := channelShown{Channel: c, On: named(c.Sites, names), Letters: p.Hub.Outbox.Letters(c.ID)}
		for _, l := range v.Letters {
			if l.Failed {
				v.Failed++
			} else {
				v.Waiting++
			}
		}
		v.Letters = v.Letters[:min(len(v.Letters), mostLetters)]
		if last, ok := p.Hub.Outbox.Last(c.ID); ok {
			v.Last = &last
		}
		out.Channels = append(out.Channels, v)
	}
	slices.SortFunc(out.Channels, func(x, y channelShown) int { return compareFolded(x.Name, y.Name) })
	return out, nil
}
