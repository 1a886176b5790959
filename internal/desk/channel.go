package desk

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"signet/internal/store"
)

// Channel is where messages go. Its URL and secret are sealed where they are stored.
type Channel struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Name      string    `json:"name"` // no two have names that differ in case alone
	URL       string    `json:"url"`
	HasSecret bool      `json:"has_secret"`
	Template  string    `json:"template,omitempty"`
	Sites     []string  `json:"sites"`            // IDs of those that it serves; empty: see Serves
	Digest    string    `json:"digest,omitempty"` // a line of cron: what came since is one message then; empty: each at once
	Zone      string    `json:"zone,omitempty"`   // of the digest
	Paused    bool      `json:"paused"`
	Created   time.Time `json:"created"`
	Rev       uint64    `json:"-"`
}

// channel is one as it is stored: the URL of Channel is empty.
type channel struct {
	Channel
	SealedURL    string `json:"sealed_url"`
	SealedSecret string `json:"sealed_secret,omitempty"`
}

// ShownURL is where the channel leads, for those who may see it: of a chat the URL is the secret, and only its host is shown.
func (c *Channel) ShownURL() string {
	if c.Kind != "slack" {
		return c.URL
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// Sealer seals a secret for the place that it belongs to, and opens it there.
type Sealer interface {
	Seal(place, secret string) string
	Open(place, sealed string) (string, error)
}

// ErrNoKey is of a desk without a Sealer, which keeps no secrets.
var ErrNoKey = errors.New("there is no key to seal secrets with")

const (
	mostChannels = 200
	mostTemplate = 16 << 10
)

func urlPlace(id string) string    { return "channel/" + id + "/url" }
func secretPlace(id string) string { return "channel/" + id + "/secret" }

// opened is a channel with its URL, and its secret.
func (d *Desk) opened(k kept[channel]) (c Channel, secret string, err error) {
	c = k.v.Channel
	c.Rev = k.rev
	if d.config.Sealer == nil {
		return c, "", ErrNoKey
	}
	if c.URL, err = d.config.Sealer.Open(urlPlace(k.id), k.v.SealedURL); err == nil && k.v.SealedSecret != "" {
		secret, err = d.config.Sealer.Open(secretPlace(k.id), k.v.SealedSecret)
	}
	return c, secret, err
}

// Channels lists them, by ID, for whoever may see them. One whose URL cannot be opened has none.
func (d *Desk) Channels(w Who) []Channel {
	if !Allow(w, Inspect, "") {
		return nil
	}
	var list []Channel
	for _, k := range d.channels.list() {
		c, _, _ := d.opened(k)
		list = append(list, c)
	}
	return list
}

// Channel gives one.
func (d *Desk) Channel(w Who, id string) (Channel, error) {
	k, err := d.channels.get(id)
	if err == nil && !Allow(w, Inspect, "") {
		err = store.NoDocument("channel", id)
	}
	if err != nil {
		return Channel{}, err
	}
	c, _, _ := d.opened(k)
	return c, nil
}

// OpenChannel gives one with its secret, for this process alone.
func (d *Desk) OpenChannel(id string) (Channel, string, error) {
	k, err := d.channels.get(id)
	if err != nil {
		return Channel{}, "", err
	}
	return d.opened(k)
}

// PutChannel makes a channel (of no ID), or changes the one of that ID, which stands at revision was, into what is given. A nil secret stays as
// it is; so does an empty URL.
func (d *Desk) PutChannel(ctx context.Context, act Act, c Channel, secret *string, was uint64) (Channel, error) {
	if !Allow(act.Who, Administer, "") {
		return Channel{}, ErrForbidden
	}
	if d.config.Sealer == nil {
		return Channel{}, ErrNoKey
	}
	err := d.change(ctx, act, func(p *plan) error {
		var before kept[channel]
		word := ""
		action := "channel.change"
		if c.ID == "" {
			if len(d.channels.list()) >= mostChannels {
				return ErrTooMany
			}
			var err error
			if c.ID, err = d.newID(); err != nil {
				return err
			}
			c.Created, action = p.now, "channel.create"
		} else {
			var err error
			if before, err = d.channels.at(c.ID, was); err != nil {
				return err
			}
			old, kept, err := d.opened(before)
			if err != nil && (c.URL == "" || before.v.SealedSecret != "" && secret == nil) {
				return wrong("url", "cannot be read any more (%v): write it, and the secret, anew", err)
			}
			c.URL, c.Created, word = cmp.Or(c.URL, old.URL), before.v.Created, kept
		}
		if secret != nil {
			word = *secret
		}
		if err := d.checkChannel(&c, word); err != nil {
			return err
		}
		stored := channel{Channel: c, SealedURL: d.config.Sealer.Seal(urlPlace(c.ID), c.URL)}
		if stored.HasSecret = word != ""; stored.HasSecret {
			stored.SealedSecret = d.config.Sealer.Seal(secretPlace(c.ID), word)
		}
		stored.URL = ""
		p.note(action, c.ID, "kind", c.Kind)
		return d.channels.put(p, c.ID, before.rev, stored)
	})
	if err != nil {
		return Channel{}, err
	}
	return d.Channel(System(), c.ID)
}

// checkChannel checks what a channel says.
func (d *Desk) checkChannel(c *Channel, secret string) (err error) {
	if c.Name, err = named("name", c.Name, mostName); err != nil {
		return err
	}
	if other, taken := d.channels.find(func(v *channel) bool { return folded(v.Name) == folded(c.Name) }); taken && other.id != c.ID {
		return wrong("name", "is another channel's")
	}
	if c.Sites, err = d.siteIDs(c.Sites); err != nil {
		return err
	}
	if len(c.Template) > mostTemplate {
		return wrong("template", "has more than %d bytes", mostTemplate)
	}
	c.URL = strings.TrimSpace(c.URL)
	if d.config.CheckChannel != nil {
		return d.config.CheckChannel(c, secret)
	}
	return nil
}

// RemoveChannel removes one that no site names.
func (d *Desk) RemoveChannel(ctx context.Context, act Act, id string, was uint64) error {
	if !Allow(act.Who, Administer, "") {
		return ErrForbidden
	}
	return d.change(ctx, act, func(p *plan) error {
		k, err := d.channels.at(id, was)
		if err != nil {
			return err
		}
		// The site would else be served by those that serve all.
		if s, ok := d.sites.find(func(s *Site) bool { return slices.Contains(s.Channels, id) }); ok {
			return inUse("the site " + s.v.Name)
		}
		if _, ok := d.schedules.find(func(s *Schedule) bool { return slices.Contains(s.To, id) }); ok {
			return inUse("a schedule of reports")
		}
		d.channels.remove(p, id, k.rev)
		p.note("channel.remove", id)
		return nil
	})
}

// channelIDs are the IDs of channels that are given by ID or by name, in order.
func (d *Desk) channelIDs(channels []string) ([]string, error) {
	ids := []string{}
	for _, c := range channels {
		k, err := d.channels.get(c)
		if err != nil {
			var ok bool
			if k, ok = d.channels.find(func(v *channel) bool { return folded(v.Name) == folded(c) }); !ok {
				return nil, wrong("channels", "there is no channel %.40q", c)
			}
		}
		if !slices.Contains(ids, k.id) {
			ids = append(ids, k.id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Serving are the channels that messages of a site go to, by ID, those that are paused left out. A channel serves the sites that it names and
// those that name it; all, and what belongs to no site (""), where neither is so.
func (d *Desk) Serving(site string) []Channel {
	var by, all []Channel
	named := map[string]bool{} // by any site
	for _, s := range d.sites.list() {
		for _, c := range s.v.Channels {
			named[c] = true
		}
	}
	own, _ := d.sites.get(site)
	for _, k := range d.channels.list() {
		c, _, _ := d.opened(k)
		switch {
		case c.Paused:
		case site != "" && (slices.Contains(c.Sites, site) || slices.Contains(own.v.Channels, c.ID)):
			by = append(by, c)
		case len(c.Sites) == 0 && !named[c.ID]:
			all = append(all, c)
		}
	}
	return append(by, all...)
}
