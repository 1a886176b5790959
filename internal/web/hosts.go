package web

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"signet"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/line"
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

// EndpointLine is an endpoint line of a report, with its transcript.
type EndpointLine []byte

// MarshalJSON gives the line as it is.
func (l EndpointLine) MarshalJSON() ([]byte, error) { return l, nil }

// Schema says what is in it for whoever reads evidence; what facts hold is the check's to say.
func (EndpointLine) Schema(huma.Registry) *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	octets := &huma.Schema{Type: huma.TypeString, Pattern: "^([0-9a-f]{2})*$", Description: "hexadecimal"}
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "a line of kind endpoint, as signet report -o jsonl --trace prints it",
		Required: []string{"run", "at", "address", "port", "transport", "check", "outcome", "verdict", "facts"},
		Properties: map[string]*huma.Schema{
			"run": text, "at": {Type: huma.TypeString, Format: "date-time"}, "address": text, "port": {Type: huma.TypeInteger}, "transport": text, "check": text, "outcome": text, "verdict": text,
			"facts": {Type: huma.TypeObject, AdditionalProperties: true},
			"trace": {Type: huma.TypeArray, Description: "what was sent and received, in order", Items: &huma.Schema{Type: huma.TypeObject, Required: []string{"note", "sent", "received"},
				Properties: map[string]*huma.Schema{"note": {Type: huma.TypeString, Description: "what the exchange is"}, "sent": octets, "received": octets}}},
		}}
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
	type evidence struct {
		Of
		Paging
		Port  uint32 `query:"port" maximum:"65535" doc:"one port alone"`
		Check string `query:"check" doc:"one check alone"`
	}
	add(s, "GET /api/v1/hosts/{id}/evidence", does{id: "read-evidence", summary: "The endpoints of a host with their facts and every byte that was exchanged, as the newest run that asked them stored them"},
		func(ctx context.Context, in *evidence) (*listed[EndpointLine], error) {
			v, err := find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := h.Evidence(ctx, who(ctx), &v, func(port uint16, check string) bool {
				return (in.Port == 0 || in.Port == uint32(port)) && (in.Check == "" || in.Check == check)
			})
			if err != nil {
				return nil, err
			}
			got, err := page(&in.Paging, list, func(e *hub.Evidence) string { return fmt.Sprintf("%05d %s %s", e.Port, e.Check, e.Transport) })
			if err != nil {
				return nil, err
			}
			out := &listed[EndpointLine]{List[EndpointLine]{Items: []EndpointLine{}, Next: got.Body.Next}}
			for _, e := range got.Body.Items {
				out.Body.Items = append(out.Body.Items, line.AppendEndpoint(nil, e.Run, e.Observation, &line.Judged{Judgement: &e.Judgement, Trace: true}))
			}
			return out, nil
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
