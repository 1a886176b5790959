package web

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"signet"
	"signet/internal/desk"
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

// Event is one thing that became of a host: of a finding, which it names then, or of an endpoint between two runs, which it names.
type Event struct {
	At       time.Time        `json:"at"`
	Change   string           `json:"change" enum:"appeared,closed,said,worsened,newly-asked,undetermined,not-asked,vanished,improved" doc:"said: somebody gave the finding an owner, a ticket, a day or a state; of an endpoint a word of signet diff"`
	Finding  string           `json:"finding,omitempty" doc:"ID; none: it is told of an endpoint, and appeared is that something is there"`
	Rule     string           `json:"rule,omitempty"`
	Severity *signet.Severity `json:"severity,omitempty"`
	Port     uint16           `json:"port"`
	Check    string           `json:"check"`
	Where    string           `json:"where,omitempty"`

	Owner  *string       `json:"owner,omitempty"`
	Ticket *string       `json:"ticket,omitempty"`
	Due    *string       `json:"due,omitempty"`
	State  *desk.RowWord `json:"state,omitempty"`

	Run     string          `json:"run,omitempty" doc:"that saw the change"`
	OldRun  string          `json:"old_run,omitempty" doc:"that it is compared with"`
	Verdict *signet.Verdict `json:"verdict,omitempty"`
	Gained  []string        `json:"gained,omitempty" doc:"rules that it breaks since"`
	Lost    []string        `json:"lost,omitempty" doc:"rules that it broke before"`
}

func shownEvent(e *hub.Event) Event {
	if r := e.Row; r != nil {
		out := Event{At: e.At, Change: "appeared", Finding: r.ID.String(), Rule: r.Rule, Severity: &r.Severity, Port: r.Endpoint.Port, Check: r.Check, Where: r.Where}
		switch n := e.Said; {
		case e.Closed:
			out.Change = "closed"
		case n != nil:
			out.Change, out.Owner, out.Ticket, out.Due, out.State = "said", n.Owner, n.Ticket, n.Due, n.State
		}
		return out
	}
	c := e.Change
	out := Event{At: e.At, Change: c.Kind.String(), Port: c.Endpoint().Port, Check: c.Check, Run: c.Set.Run, OldRun: c.Set.Before, Verdict: new(c.Verdict())}
	for i := range c.Gained {
		out.Gained = append(out.Gained, c.Gained[i].Rule)
	}
	for i := range c.Lost {
		out.Lost = append(out.Lost, c.Lost[i].Rule)
	}
	return out
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
	add(s, "GET /api/v1/hosts/{id}/timeline", does{id: "read-timeline", summary: "What became of a host, the newest first: of its findings, and from run to run"}, func(ctx context.Context, in *timeline) (*listed[Event], error) {
		v, err := find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		events, err := h.Timeline(ctx, who(ctx), &v)
		if err != nil {
			return nil, err
		}
		list := []Event{}
		for i := range events {
			list = append(list, shownEvent(&events[i]))
		}
		return pageBehind(&in.Paging, list, func(e *Event) string {
			return strings.Join([]string{e.At.UTC().Format(time.RFC3339Nano), e.Change, e.Finding, e.Run, e.Check, strconv.Itoa(int(e.Port))}, " ")
		})
	})
}
