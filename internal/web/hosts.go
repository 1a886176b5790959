package web

import (
	"context"
	"time"

	"signet"
	"signet/internal/estate"
)

// Host is a host of the estate: the fields of a host line, and what the estate says of it.
type Host struct {
	ID      string         `json:"id"`
	Verdict signet.Verdict `json:"verdict" doc:"of its worst endpoint"`
	signet.Host
	Excepted int       `json:"excepted" doc:"findings that somebody accepted"`
	Seen     time.Time `json:"seen" doc:"when it was asked last"`
	Sites    []string  `json:"sites" nullable:"false" doc:"IDs of those that speak of it"`
	Runs     []string  `json:"runs" nullable:"false" doc:"that its endpoints are known from"`
}

func shownHost(h *estate.Host) Host {
	out := Host{ID: h.ID.String(), Verdict: h.Verdict, Host: h.Host, Excepted: h.Excepted, Seen: h.Seen, Sites: []string{}, Runs: orEmpty(h.Runs)}
	for _, s := range h.Sites {
		if s != "" {
			out.Sites = append(out.Sites, s)
		}
	}
	return out
}

// Event is one thing that became of a host.
type Event struct {
	At       time.Time       `json:"at"`
	Change   string          `json:"change" enum:"appeared,closed"`
	Finding  string          `json:"finding" doc:"ID"`
	Rule     string          `json:"rule"`
	Severity signet.Severity `json:"severity"`
	Port     uint16          `json:"port"`
	Check    string          `json:"check"`
	Where    string          `json:"where"`
}

// addHosts adds the routes of hosts.
func (s *Server) addHosts() {
	h := s.c.Hub
	type filter struct {
		Paging
		Q       string `query:"q" doc:"in a name or the address"`
		Verdict string `query:"verdict" doc:"one, or several with commas"`
		Role    string `query:"role" doc:"that it is known for certain to play"`
		Rule    string `query:"rule" doc:"that a finding of it breaks"`
	}
	add(s, "GET /api/v1/hosts", does{id: "list-hosts", summary: "Hosts, the worst first"}, func(ctx context.Context, in *filter) (*listed[Host], error) {
		most, err := in.most()
		if err != nil {
			return nil, err
		}
		f := estate.HostFilter{Q: in.Q, Role: in.Role, Rule: in.Rule}
		for _, word := range words(in.Verdict) {
			var v signet.Verdict
			if v.UnmarshalText([]byte(word)) != nil {
				return nil, query("verdict", "there is no such verdict: want exposed, guarded, unseen or undetermined")
			}
			f.Verdicts = append(f.Verdicts, v)
		}
		got, err := h.View(who(ctx)).HostsPage(&f, in.Cursor, most)
		if err != nil {
			return nil, err
		}
		return turned(got, shownHost), nil
	})
	find := func(ctx context.Context, id string) (estate.Host, error) {
		at, ok := estate.ParseID(id)
		if !ok {
			return estate.Host{}, notFound()
		}
		v, ok := h.View(who(ctx)).Host(at)
		if !ok {
			return estate.Host{}, notFound()
		}
		return v, nil
	}
	add(s, "GET /api/v1/hosts/{id}", does{id: "read-host", summary: "One host"}, func(ctx context.Context, in *Of) (*struct{ Body Host }, error) {
		v, err := find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &struct{ Body Host }{shownHost(&v)}, nil
	})
	type timeline struct {
		Of
		Paging
	}
	add(s, "GET /api/v1/hosts/{id}/timeline", does{id: "read-timeline", summary: "What became of a host's findings, the newest first"}, func(ctx context.Context, in *timeline) (*listed[Event], error) {
		v, err := find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.timeline(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		return pageBehind(&in.Paging, list, func(e *Event) string { return e.At.UTC().Format(time.RFC3339Nano) + " " + e.Finding + " " + e.Change })
	})
}
