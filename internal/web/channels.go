package web

import (
	"context"
	"net/http"
	"time"

	"signet/internal/desk"
)

// channelFields are what people say of a channel. A secret is never shown again.
type channelFields struct {
	Kind     *string   `json:"kind,omitempty" enum:"webhook,slack,mail,syslog"`
	Name     *string   `json:"name,omitempty"`
	URL      *string   `json:"url,omitempty" doc:"https://… · mailto:a@x,b@y (by --smtp) or smtp://user@server/?from=…&to=… · syslog://host:514, syslogs://host:6514"`
	Secret   *string   `json:"secret,omitempty" doc:"of a webhook whsec_… (Standard Webhooks), of mail the user's password; empty: none"`
	Template *string   `json:"template,omitempty" doc:"of a webhook: its body, as JSON in the language of text/template; empty: the usual one"`
	Sites    *[]string `json:"sites,omitempty" doc:"IDs or names of those that it serves; none, and no site names it: all"`
	Digest   *string   `json:"digest,omitempty" doc:"a line of cron: what came since is one message then; empty: each at once"`
	Zone     *string   `json:"zone,omitempty" doc:"of the digest"`
	Paused   *bool     `json:"paused,omitempty"`
}

// set writes what is said over a channel.
func (f *channelFields) set(c *desk.Channel) {
	for _, v := range []struct{ to, from *string }{{&c.Kind, f.Kind}, {&c.Name, f.Name}, {&c.URL, f.URL}, {&c.Template, f.Template}, {&c.Digest, f.Digest}, {&c.Zone, f.Zone}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	if f.Sites != nil {
		c.Sites = *f.Sites
	}
	if f.Paused != nil {
		c.Paused = *f.Paused
	}
}

// channel is one as it is shown.
type channel struct {
	desk.Channel
	Waiting int       `json:"waiting" doc:"messages that were not taken yet"`
	Failed  int       `json:"failed" doc:"messages that were not taken for a day"`
	Last    *lastSent `json:"last,omitempty" doc:"how sending went the last time since the server began"`
}

type lastSent struct {
	At     time.Time `json:"at"`
	OK     bool      `json:"ok"`
	Status string    `json:"status"`
	TookMS int64     `json:"took_ms"`
}

func (s *Server) channel(c desk.Channel) channel {
	c.URL = c.ShownURL()
	out := channel{Channel: c}
	for _, l := range s.c.Hub.Outbox.Letters(c.ID) {
		if l.Failed {
			out.Failed++
		} else {
			out.Waiting++
		}
	}
	if sent, ok := s.c.Hub.Outbox.Last(c.ID); ok {
		out.Last = &lastSent{sent.At, sent.OK, sent.Status, sent.Took.Milliseconds()}
	}
	return out
}

// letter is a message that was not taken yet.
type letter struct {
	ID     string    `json:"id" doc:"as the other side sees it"`
	Kind   string    `json:"kind"`
	Title  string    `json:"title"`
	Made   time.Time `json:"made"`
	Tries  int       `json:"tries"`
	Next   time.Time `json:"next"`
	Held   bool      `json:"held" doc:"for the next digest"`
	Failed bool      `json:"failed"`
	Why    string    `json:"why,omitempty" doc:"of the last try"`
}

// addChannels adds the routes of channels.
func (s *Server) addChannels() {
	d := s.c.Desk
	add(s, "GET /api/v1/channels", does{id: "list-channels", summary: "Channels, and how they are"}, func(ctx context.Context, in *Paging) (*listed[channel], error) {
		list := []channel{}
		for _, c := range d.Channels(who(ctx)) {
			list = append(list, s.channel(c))
		}
		return page(in, list, func(c *channel) string { return c.ID })
	})
	type newChannel struct{ Body channelFields }
	add(s, "POST /api/v1/channels", does{id: "make-channel", summary: "Have messages sent somewhere", status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *newChannel) (*made[channel], error) {
			var c desk.Channel
			in.Body.set(&c)
			c, err := d.PutChannel(ctx, act(ctx), c, in.Body.Secret, 0)
			if err != nil {
				return nil, err
			}
			return &made[channel]{etag(c.Rev), base + "/channels/" + c.ID, s.channel(c)}, nil
		})
	add(s, "GET /api/v1/channels/{id}", does{id: "read-channel", summary: "One channel"}, func(ctx context.Context, in *Of) (*one[channel], error) {
		c, err := d.Channel(who(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &one[channel]{etag(c.Rev), s.channel(c)}, nil
	})
	type channelChange struct {
		Change
		Body channelFields
	}
	add(s, "PATCH /api/v1/channels/{id}", does{id: "change-channel", summary: "Change a channel; a secret that is not given stays", errors: []int{409, 412, 422}},
		func(ctx context.Context, in *channelChange) (*one[channel], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			c, err := d.Channel(who(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			if was == anyRev { // what is not said is as it was read: not as somebody wrote it since
				was = c.Rev
			}
			c.URL = "" // stays as it is
			in.Body.set(&c)
			if c, err = d.PutChannel(ctx, act(ctx), c, in.Body.Secret, was); err != nil {
				return nil, err
			}
			s.c.Hub.Outbox.Wake()
			return &one[channel]{etag(c.Rev), s.channel(c)}, nil
		})
	add(s, "DELETE /api/v1/channels/{id}", does{id: "remove-channel", summary: "Remove a channel, and what waits for it", status: http.StatusNoContent, errors: []int{409, 412}}, removal(d.RemoveChannel))

	type tested struct {
		Body struct {
			OK     bool   `json:"ok"`
			Status string `json:"status" doc:"the code that was answered, or why none was"`
			TookMS int64  `json:"took_ms"`
		}
	}
	add(s, "POST /api/v1/channels/{id}/test", does{id: "test-channel", summary: "Send a message that says that it is a test"}, func(ctx context.Context, in *Of) (*tested, error) {
		r, ok, err := s.c.Hub.TestChannel(ctx, act(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		out := &tested{}
		out.Body.OK, out.Body.Status, out.Body.TookMS = ok, r.Status, r.Took.Milliseconds()
		return out, nil
	})
	type letters struct {
		Of
		Paging
	}
	add(s, "GET /api/v1/channels/{id}/messages", does{id: "list-messages", summary: "Messages of a channel that wait or failed, the newest first"}, func(ctx context.Context, in *letters) (*listed[letter], error) {
		if _, err := d.Channel(who(ctx), in.ID); err != nil {
			return nil, err
		}
		list := []letter{}
		for _, l := range s.c.Hub.Outbox.Letters(in.ID) {
			list = append(list, letter{l.Message.ID, string(l.Message.Kind), l.Message.Title, l.Made, l.Tries, l.Next, l.Held, l.Failed, l.Why})
		}
		return pageBehind(&in.Paging, list, func(l *letter) string { return l.ID })
	})
}
