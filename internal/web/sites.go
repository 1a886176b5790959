package web

import (
	"context"
	"net/http"

	"signet/internal/desk"
)

// siteFields are what people say of a site.
type siteFields struct {
	Name     *string   `json:"name,omitempty"`
	Targets  *[]string `json:"targets,omitempty" doc:"addresses, CIDR blocks, ranges and host names"`
	Exclude  *[]string `json:"exclude,omitempty"`
	Checks   *[]string `json:"checks,omitempty" doc:"none: all that need no credential"`
	Depth    *string   `json:"depth,omitempty" enum:"handshake,anonymous,decoy"`
	Policy   *string   `json:"policy,omitempty" doc:"none: that of the settings"`
	Owner    *string   `json:"owner,omitempty"`
	Runner   *string   `json:"runner,omitempty" doc:"here"`
	Channels *[]string `json:"channels,omitempty"`

	Retention *desk.Retention `json:"retention,omitempty" doc:"of its runs: one goes once it is beyond both; nothing: as the settings say"`
}

// set writes what is said over a site.
func (f *siteFields) set(s *desk.Site) {
	for _, v := range []struct{ to, from *string }{{&s.Name, f.Name}, {&s.Depth, f.Depth}, {&s.Policy, f.Policy}, {&s.Owner, f.Owner}, {&s.Runner, f.Runner}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
	if f.Retention != nil {
		s.Retention = *f.Retention
	}
	for _, v := range []struct{ to, from *[]string }{{&s.Targets, f.Targets}, {&s.Exclude, f.Exclude}, {&s.Checks, f.Checks}, {&s.Channels, f.Channels}} {
		if v.from != nil {
			*v.to = *v.from
		}
	}
}

// addSites adds the routes of sites.
func (s *Server) addSites() {
	d := s.c.Desk
	add(s, "GET /api/v1/sites", does{id: "list-sites", summary: "Sites"}, func(ctx context.Context, in *Paging) (*listed[desk.Site], error) {
		return page(in, d.Sites(who(ctx)), func(v *desk.Site) string { return v.ID })
	})
	type newSite struct{ Body siteFields }
	add(s, "POST /api/v1/sites", does{id: "make-site", summary: "Make a site: name and targets at least", status: http.StatusCreated, errors: []int{409, 422}},
		func(ctx context.Context, in *newSite) (*made[desk.Site], error) {
			var v desk.Site
			in.Body.set(&v)
			v, err := d.PutSite(ctx, act(ctx), v, 0)
			return &made[desk.Site]{etag(v.Rev), base + "/sites/" + v.ID, v}, err
		})
	add(s, "GET /api/v1/sites/{id}", does{id: "read-site", summary: "One site"}, func(ctx context.Context, in *Of) (*one[desk.Site], error) {
		v, err := d.Site(who(ctx), in.ID)
		return &one[desk.Site]{etag(v.Rev), v}, err
	})
	type siteChange struct {
		Change
		Body siteFields
	}
	add(s, "PATCH /api/v1/sites/{id}", does{id: "change-site", summary: "Change a site", errors: []int{409, 412, 422}},
		func(ctx context.Context, in *siteChange) (*one[desk.Site], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			v, err := d.Site(who(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			if in.IfMatch == "" || in.IfMatch == "*" { // what is not said is as it was read: not as somebody wrote it since
				was = v.Rev
			}
			in.Body.set(&v)
			v, err = d.PutSite(ctx, act(ctx), v, was)
			err = s.refresh(ctx, err)
			return &one[desk.Site]{etag(v.Rev), v}, err
		})
	add(s, "DELETE /api/v1/sites/{id}", does{id: "remove-site", summary: "Remove a site; its runs stay", status: http.StatusNoContent, errors: []int{409, 412}}, s.shownRemoval(d.RemoveSite))
}
