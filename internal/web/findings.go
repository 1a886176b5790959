package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
)

// Finding is a row of the board: a rule that is, or was, broken at an endpoint.
type Finding struct {
	ID        string          `json:"id"`
	Rule      string          `json:"rule"`
	Title     string          `json:"title"`
	Severity  signet.Severity `json:"severity" enum:"info,low,medium,high,critical"`
	Address   netip.Addr      `json:"address"`
	Port      uint16          `json:"port"`
	Transport string          `json:"transport"`
	Name      string          `json:"name"`
	Check     string          `json:"check"`
	Where     string          `json:"where"`
	Verdict   signet.Verdict  `json:"verdict" doc:"of the endpoint, when the rule was last seen to be broken"`
	Because   []string        `json:"because" nullable:"false"`
	State     string          `json:"state" enum:"open,in-work,excepted,to-verify,closed"`
	Host      string          `json:"host,omitempty" doc:"ID of the host that has it now"`
	Site      string          `json:"site,omitempty" doc:"ID"`
	Run       string          `json:"run,omitempty" doc:"that saw it"`
	First     time.Time       `json:"first_seen"`
	Seen      time.Time       `json:"seen" doc:"when the rule was last seen to be broken"`
	Closed    *time.Time      `json:"closed,omitempty" doc:"when it was seen not to be"`
	Exception *Covering       `json:"exception,omitempty"`

	Owner   string `json:"owner"`
	ByRule  bool   `json:"owner_by_rule,omitempty" doc:"a rule of owners names the owner, and nobody named another"`
	Ticket  string `json:"ticket" doc:"an http or https URL"`
	Due     string `json:"due" doc:"a day, 2006-01-02"`
	Comment string `json:"comment"`
}

// Covering is the exception that covers a finding.
type Covering struct {
	Owner  string `json:"owner"`
	Reason string `json:"reason"`
	Until  string `json:"until"`
}

func (s *Server) shownRow(r *estate.Row) Finding {
	f := Finding{ID: r.ID.String(), Rule: r.Rule, Title: r.Title, Severity: r.Severity, Address: r.Endpoint.Addr, Port: r.Endpoint.Port, Transport: r.Endpoint.Transport.String(),
		Name: r.Name, Check: r.Check, Where: r.Where, Verdict: r.Verdict, Because: orEmpty(r.Because), State: r.State.String(), Site: r.Site, Run: r.Run,
		First: r.First, Seen: r.Seen, Closed: unlessZero(r.Closed)}
	if r.Host != (estate.ID{}) {
		f.Host = r.Host.String()
	}
	if e := r.Exception; e != nil {
		f.Exception = &Covering{e.Owner, e.Reason, e.Until}
	}
	said := s.c.Desk.Row(f.ID)
	f.Owner, f.ByRule, f.Ticket, f.Due, f.Comment = r.Owner, r.ByRule, said.Ticket, said.Due, said.Comment
	return f
}

// Said are the fields of a finding that people write.
type Said struct {
	Owner   *string `json:"owner,omitempty"`
	Ticket  *string `json:"ticket,omitempty" doc:"an http or https URL"`
	Due     *string `json:"due,omitempty" doc:"a day, 2006-01-02"`
	Comment *string `json:"comment,omitempty"`
	State   *string `json:"state,omitempty" doc:"open, in-work or to-verify, which is said to be mended: that a finding is excepted an exception says, that it is closed an observation"`
}

func (f *Said) edit(id string, was uint64) (desk.RowEdit, error) {
	e := desk.RowEdit{ID: id, Was: was, Owner: f.Owner, Ticket: f.Ticket, Due: f.Due, Comment: f.Comment}
	if f.State != nil {
		e.State = new(desk.RowWord(*f.State))
	}
	return e, nil
}

// addFindings adds the routes of the board.
func (s *Server) addFindings() {
	h := s.c.Hub
	type filter struct {
		Paging
		BoardQuery
	}
	add(s, "GET /api/v1/findings", does{id: "list-findings", summary: "The board, the severest first"}, func(ctx context.Context, in *filter) (*listed[Finding], error) {
		most, err := in.most()
		if err != nil {
			return nil, err
		}
		f, err := in.filter()
		if err != nil {
			return nil, err
		}
		got, err := h.View(who(ctx)).Board.Page(&f, in.Cursor, most)
		if err != nil {
			return nil, err
		}
		return turned(got, s.shownRow), nil
	})

	read := func(ctx context.Context, id string) (*one[Finding], error) {
		at, ok := estate.ParseID(id)
		if !ok {
			return nil, notFound()
		}
		r, ok := h.View(who(ctx)).Board.Row(at)
		if !ok {
			return nil, notFound()
		}
		return &one[Finding]{etag(s.c.Desk.Row(r.ID.String()).Rev), s.shownRow(&r)}, nil
	}
	add(s, "GET /api/v1/findings/{id}", does{id: "read-finding", summary: "One row of the board"}, func(ctx context.Context, in *Of) (*one[Finding], error) { return read(ctx, in.ID) })

	type change struct {
		Change
		Body Said
	}
	add(s, "PATCH /api/v1/findings/{id}", does{id: "change-finding", summary: "Say who owns a finding, and what becomes of it", errors: []int{412, 422}},
		func(ctx context.Context, in *change) (*one[Finding], error) {
			was, err := in.was()
			if err != nil {
				return nil, err
			}
			before, err := read(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			e, err := in.Body.edit(before.Body.ID, was)
			if err != nil {
				return nil, err
			}
			if err := h.Edit(ctx, act(ctx), []desk.RowEdit{e}); err != nil {
				return nil, err
			}
			return read(ctx, in.ID)
		})

	type bulk struct {
		Body struct {
			IDs []string `json:"ids" minItems:"1" maxItems:"500"`
			Said
		}
	}
	add(s, "PATCH /api/v1/findings", does{id: "change-findings", summary: "Say the same of several findings: of all of them or of none", status: http.StatusNoContent, errors: []int{404, 422}},
		func(ctx context.Context, in *bulk) (*nothing, error) {
			var edits []desk.RowEdit
			for _, id := range in.Body.IDs {
				before, err := read(ctx, id)
				if err != nil {
					return nil, err
				}
				was, err := in.Body.Said.edit(before.Body.ID, anyRev)
				if err != nil {
					return nil, err
				}
				edits = append(edits, was)
			}
			return nil, h.Edit(ctx, act(ctx), edits)
		})

	add(s, "POST /api/v1/findings/{id}/verify", does{id: "verify", summary: "Ask the endpoint of a finding again: a job", status: http.StatusAccepted, errors: []int{422, 503}},
		func(ctx context.Context, in *Of) (*launched, error) {
			at, ok := estate.ParseID(in.ID)
			if !ok {
				return nil, notFound()
			}
			return launch(h.Verify(ctx, act(ctx), at))
		})
}

// words are those of a parameter that is a list.
func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func severities(s string) (list []signet.Severity, err error) {
	for _, word := range words(s) {
		var v signet.Severity
		if v.UnmarshalText([]byte(word)) != nil {
			return nil, query("severity", "there is no such severity: want info, low, medium, high or critical")
		}
		list = append(list, v)
	}
	return list, nil
}

// turned is a page of an estate as the API shows it.
func turned[T, U any](p *estate.Page[T], show func(*T) U) *listed[U] {
	out := &listed[U]{List[U]{Items: make([]U, 0, len(p.Items))}}
	for i := range p.Items {
		out.Body.Items = append(out.Body.Items, show(&p.Items[i]))
	}
	if p.Next != "" {
		out.Body.Next = new(p.Next)
	}
	return out
}
