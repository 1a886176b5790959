package web

import (
	"context"
	"strconv"

	"signet/internal/desk"
)

// AuditEntry is an entry of the audit log.
type AuditEntry struct {
	desk.Entry
	Name string `json:"name,omitempty" doc:"of the actor, where it is still known"`
}

// Settings are what holds for all, and what the command line says that stands beside them.
type Settings struct {
	desk.Settings
	Audit *desk.Carrying `json:"audit_syslog,omitempty" doc:"how far the audit log was sent to the syslog that --audit-syslog names"`
}

// addSettings adds the routes of settings and of the audit log.
func (s *Server) addSettings() {
	d := s.c.Desk
	read := func() *one[Settings] {
		v := d.Settings()
		return &one[Settings]{etag(v.Rev), Settings{v, d.Carrying()}}
	}
	add(s, "GET /api/v1/settings", does{id: "read-settings", summary: "What holds for all"}, func(context.Context, *struct{}) (*one[Settings], error) { return read(), nil })
	type settingsChange struct {
		IfMatch string `header:"If-Match" doc:"ETag of the settings that are to be changed: 412 where they were changed since"`
		Body    struct {
			Policy *string `json:"policy,omitempty" doc:"judges what belongs to no site, and sites that name none; empty: that of the command line"`

			Retention *desk.Keeping `json:"retention,omitempty" doc:"what is kept; 0 bounds nothing"`
		}
	}
	add(s, "PATCH /api/v1/settings", does{id: "change-settings", summary: "Change what holds for all", errors: []int{412, 422}},
		func(ctx context.Context, in *settingsChange) (*one[Settings], error) {
			was, err := revision(in.IfMatch)
			if err != nil {
				return nil, err
			}
			v := d.Settings()
			if in.Body.Policy != nil {
				v.Policy = *in.Body.Policy
			}
			if in.Body.Retention != nil {
				v.Retention = *in.Body.Retention
			}
			if _, err := d.ChangeSettings(ctx, act(ctx), v, was); s.refresh(ctx, err) != nil {
				return nil, err
			}
			return read(), nil
		})

	add(s, "GET /api/v1/audit", does{id: "list-audit", summary: "The audit log, newest first"}, func(ctx context.Context, in *Paging) (*listed[AuditEntry], error) {
		most, err := in.most()
		if err != nil {
			return nil, err
		}
		before := uint64(0)
		if in.Cursor != "" {
			if before, err = strconv.ParseUint(in.Cursor, 10, 63); err != nil || before == 0 {
				return nil, query("cursor", "is none of this list")
			}
		}
		list, err := d.Audit(ctx, before, most)
		if err != nil {
			return nil, err
		}
		out := &listed[AuditEntry]{List[AuditEntry]{Items: []AuditEntry{}}}
		for _, e := range list {
			out.Body.Items = append(out.Body.Items, AuditEntry{e, d.NameOf(e.Actor)})
		}
		if n := len(list); n == most && list[n-1].Seq > 1 {
			out.Body.Next = new(strconv.FormatUint(list[n-1].Seq, 10))
		}
		return out, nil
	})
}
