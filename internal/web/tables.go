package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/sheet"
)

// TableDone is what loading a table came to, or would come to.
type TableDone struct {
	Valid    bool       `json:"valid"`
	Problems []Lint     `json:"problems" nullable:"false" doc:"with one, nothing is loaded"`
	Made     int        `json:"made"`
	Changed  int        `json:"changed"`
	Kept     int        `json:"kept" doc:"lines that say what stands already"`
	Left     int        `json:"left" doc:"lines that were left out: their finding was changed since, or is not there"`
	Lines    []TableRow `json:"lines" nullable:"false" doc:"those that are not kept"`
}

// TableRow is what became of a line.
type TableRow struct {
	Line   int      `json:"line"`
	ID     string   `json:"id,omitempty"`
	What   string   `json:"what" doc:"the name of a site, the rule of an exception, the finding"`
	Does   string   `json:"does" enum:"make,change,changed-since,unknown"`
	Fields []string `json:"fields" nullable:"false" doc:"that change"`
}

const (
	mostLines = 10_000  // of a table
	mostTable = 8 << 20 // bytes of one
)

// wholeTable is the answer with a table.
type wholeTable struct {
	Kind string `header:"Content-Type"`
	Body []byte
}

func tableOf(head []string, rows [][]string) (*wholeTable, error) {
	var b bytes.Buffer
	if err := sheet.Write(&b, head, rows); err != nil {
		return nil, err
	}
	return &wholeTable{csvKind + "; charset=utf-8", b.Bytes()}, nil
}

// loader reads the rows of a table, and loads them or, dry, only tries.
type loader func(ctx context.Context, rows []sheet.Row, dry bool) (list []desk.Loaded, what func(int) string, problems []sheet.Problem, err error)

// addTable adds the routes by which a kind of thing is loaded from a table.
func (s *Server) addTable(kind, things string, head, required []string, load loader) {
	path := base + "/tables/" + kind
	done := func(dry bool) func(context.Context, *sent) (*struct{ Body TableDone }, error) {
		return func(ctx context.Context, in *sent) (*struct{ Body TableDone }, error) {
			if kind, _, _ := mime.ParseMediaType(in.kind); kind != csvKind {
				return nil, problem(http.StatusUnsupportedMediaType, "want text/csv")
			}
			var body any
			text, _, err := in.read(&body)
			if err != nil {
				return nil, err
			}
			rows, problems := sheet.Read(text, mostLines, head, required)
			var list []desk.Loaded
			var what func(int) string
			if len(problems) == 0 {
				list, what, problems, err = load(ctx, rows, dry)
			}
			if err != nil {
				return nil, err
			}
			for i := range list {
				if f, ok := errors.AsType[*desk.FieldError](list[i].Err); ok {
					problems = append(problems, rows[i].Wrong(strings.Split(f.Field, ".")[0], f.Text))
				}
			}
			out := TableDone{Valid: len(problems) == 0, Problems: []Lint{}, Lines: []TableRow{}}
			if !out.Valid {
				if !dry {
					return nil, mistakes(problems)
				}
				for _, p := range problems {
					out.Problems = append(out.Problems, Lint{p.Line, p.Column, p.Text, false})
				}
				return &struct{ Body TableDone }{out}, nil
			}
			for i, l := range list {
				switch l.Does {
				case desk.Keeps:
					out.Kept++
					continue
				case desk.Makes:
					out.Made++
				case desk.Changes:
					out.Changed++
				default:
					out.Left++
				}
				out.Lines = append(out.Lines, TableRow{rows[i].Line, l.ID, what(i), string(l.Does), orEmpty(l.Fields)})
			}
			return &struct{ Body TableDone }{out}, nil
		}
	}
	add(s, "POST "+path+"/preview", does{id: "preview-" + kind + "-table", summary: "What a table of " + things + " would come to: nothing is changed", errors: []int{413, 415, 422}}, done(true))
	add(s, "PUT "+path, does{id: "load-" + kind + "-table", summary: "Load a table of " + things + ": with a mistake, nothing of it", errors: []int{413, 415, 422}}, done(false))
	text := func() map[string]*huma.MediaType {
		return map[string]*huma.MediaType{csvKind: {Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	s.api.OpenAPI().Paths[path].Get.Responses["200"].Content = text()
	s.api.OpenAPI().Paths[path].Put.RequestBody = &huma.RequestBody{Required: true, Content: text()}
	s.api.OpenAPI().Paths[path+"/preview"].Post.RequestBody = &huma.RequestBody{Required: true, Content: text()}
}

// listOf are the words of a cell.
func listOf(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == ',' || r == ';' })
}

// version reads the revision of a cell; of none it is whatever stands.
func version(row *sheet.Row) (uint64, *sheet.Problem) {
	text := row.Get("version")
	if text == "" {
		return anyRev, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		p := row.Wrong("version", "is none that a table was written with")
		return 0, &p
	}
	return n, nil
}

// addTables adds the tables.
func (s *Server) addTables() {
	d := s.c.Desk
	sites := []string{"id", "version", "name", "targets", "exclude", "checks", "depth", "policy", "owner", "keep_runs", "keep_days"}
	add(s, "GET /api/v1/tables/sites", does{id: "read-sites-table", summary: "Sites as a table that can be loaded again"}, func(ctx context.Context, _ *struct{}) (*wholeTable, error) {
		var rows [][]string
		for _, v := range d.Sites(who(ctx)) {
			rows = append(rows, []string{v.ID, fmt.Sprint(v.Rev), v.Name, strings.Join(v.Targets, " "), strings.Join(v.Exclude, " "), strings.Join(v.Checks, " "), v.Depth, v.Policy, v.Owner, fmt.Sprint(v.Retention.Runs), fmt.Sprint(v.Retention.Days)})
		}
		return tableOf(sites, rows)
	})
	s.addTable("sites", "sites", sites, []string{"name"}, func(ctx context.Context, rows []sheet.Row, dry bool) ([]desk.Loaded, func(int) string, []sheet.Problem, error) {
		var lines []desk.SiteLine
		var problems []sheet.Problem
		for i := range rows {
			r := &rows[i]
			was, wrong := version(r)
			if wrong != nil {
				problems = append(problems, *wrong)
			}
			keep := map[string]int{}
			for _, name := range []string{"keep_runs", "keep_days"} {
				n, err := strconv.Atoi(r.Get(name))
				if err != nil && r.Get(name) != "" {
					problems = append(problems, r.Wrong(name, "is no number"))
				}
				keep[name] = n
			}
			lines = append(lines, desk.SiteLine{ID: r.Get("id"), Name: r.Get("name"), Was: was, Set: func(v *desk.Site) {
				for name, to := range map[string]*string{"depth": &v.Depth, "policy": &v.Policy, "owner": &v.Owner} {
					if r.Has(name) {
						*to = r.Get(name)
					}
				}
				for name, to := range map[string]*[]string{"targets": &v.Targets, "exclude": &v.Exclude, "checks": &v.Checks} {
					if r.Has(name) {
						*to = listOf(r.Get(name))
					}
				}
				for name, to := range map[string]*int{"keep_runs": &v.Retention.Runs, "keep_days": &v.Retention.Days} {
					if r.Has(name) {
						*to = keep[name]
					}
				}
			}})
		}
		if len(problems) > 0 {
			return nil, nil, problems, nil
		}
		list, err := d.LoadSites(ctx, act(ctx), lines, dry)
		if !dry {
			err = s.refresh(ctx, err)
		}
		return list, func(i int) string { return lines[i].Name }, nil, err
	})

	exceptions := []string{"id", "version", "rule", "scope", "site", "owner", "reason", "until", "state"}
	add(s, "GET /api/v1/tables/exceptions", does{id: "read-exceptions-table", summary: "Exceptions as a table that can be loaded again"}, func(ctx context.Context, _ *struct{}) (*wholeTable, error) {
		var rows [][]string
		names := map[string]string{}
		for _, v := range d.Sites(who(ctx)) {
			names[v.ID] = v.Name
		}
		for _, e := range d.Exceptions(who(ctx)) {
			rows = append(rows, []string{e.ID, fmt.Sprint(e.Rev), e.Rule, strings.Join(e.Scope, " "), names[e.Site], e.Owner, e.Reason, e.Until, string(e.State)})
		}
		return tableOf(exceptions, rows)
	})
	s.addTable("exceptions", "exceptions", exceptions, []string{"rule", "owner", "reason", "until"}, func(ctx context.Context, rows []sheet.Row, dry bool) ([]desk.Loaded, func(int) string, []sheet.Problem, error) {
		var lines []desk.ExceptionLine
		for i := range rows {
			r := &rows[i]
			was, wrong := version(r)
			if wrong != nil {
				return nil, nil, []sheet.Problem{*wrong}, nil
			}
			l := desk.ExceptionLine{ID: r.Get("id"), Was: was}
			l.Rule, l.Owner, l.Reason, l.Until = new(r.Get("rule")), new(r.Get("owner")), new(r.Get("reason")), new(r.Get("until"))
			if r.Has("scope") {
				l.Scope = new(desk.Terms(orEmpty(listOf(r.Get("scope")))))
			}
			if r.Has("site") {
				l.Site = new(r.Get("site"))
			}
			if state := r.Get("state"); state != "" {
				l.State = new(desk.ExceptionState(state))
			}
			lines = append(lines, l)
		}
		list, err := d.LoadExceptions(ctx, act(ctx), lines, dry)
		if !dry {
			err = s.refresh(ctx, err)
		}
		return list, func(i int) string { return *lines[i].Rule }, nil, err
	})
	s.addBoardTable()
}

// addBoardTable adds the board as a table.
func (s *Server) addBoardTable() {
	head := []string{"id", "version", "rule", "severity", "address", "port", "check", "where", "name", "state", "owner", "owner_by_rule", "ticket", "due", "comment"}
	add(s, "GET /api/v1/tables/findings", does{id: "read-findings-table", summary: "The board as a table that can be loaded again", errors: []int{422}}, func(ctx context.Context, in *BoardQuery) (*wholeTable, error) {
		f, err := in.filter()
		if err != nil {
			return nil, err
		}
		b := s.c.Hub.View(who(ctx)).Board
		if n := b.Count(&f); n > mostLines {
			return nil, problem(http.StatusUnprocessableEntity, fmt.Sprintf("%d findings are more than the %d lines that a table has: choose some by rule, severity, state, owner, site or q", n, mostLines))
		}
		var rows [][]string
		size := 0
		for cursor := ""; ; {
			page, err := b.Page(&f, cursor, mostPage)
			if err != nil {
				return nil, err
			}
			for i := range page.Items {
				r := &page.Items[i]
				said, given := s.c.Desk.Row(r.ID.String()), ""
				if r.ByRule {
					given = r.Owner
				}
				row := []string{r.ID.String(), fmt.Sprintf("%d-%s", said.Rev, r.State), r.Rule, r.Severity.String(), r.Endpoint.Addr.String(), fmt.Sprint(r.Endpoint.Port), r.Check, r.Where, r.Name, r.State.String(), said.Owner, given, said.Ticket, said.Due, said.Comment}
				for _, v := range row {
					size += len(v) + 3
				}
				rows = append(rows, row)
			}
			if size > mostTable {
				return nil, problem(http.StatusUnprocessableEntity, "the table would have more than 8 MiB: choose fewer findings")
			}
			if cursor = page.Next; cursor == "" {
				return tableOf(head, rows)
			}
		}
	})
	s.addTable("findings", "findings: what people say of them", head, []string{"id", "version"}, func(ctx context.Context, rows []sheet.Row, dry bool) ([]desk.Loaded, func(int) string, []sheet.Problem, error) {
		b := s.c.Hub.View(who(ctx)).Board
		list := make([]desk.Loaded, len(rows))
		var edits []desk.RowEdit
		var at []int // of edits: which rows they are
		var problems []sheet.Problem
		for i := range rows {
			r := &rows[i]
			number, state, ok := strings.Cut(r.Get("version"), "-")
			was, err := strconv.ParseUint(number, 10, 63)
			if !ok || err != nil {
				problems = append(problems, r.Wrong("version", "is none that a table was written with"))
				continue
			}
			id, known := estate.ParseID(r.Get("id"))
			row, there := b.Row(id)
			if !known || !there {
				list[i] = desk.Loaded{ID: r.Get("id"), Does: desk.Unknown}
				continue
			}
			e := desk.RowEdit{ID: row.ID.String(), Site: row.Site, Was: was}
			for name, to := range map[string]**string{"owner": &e.Owner, "ticket": &e.Ticket, "due": &e.Due, "comment": &e.Comment} {
				if r.Has(name) {
					*to = new(r.Get(name))
				}
			}
			if r.Has("state") && r.Get("state") != state { // somebody wrote another one into the table
				e.State = new(desk.RowWord(r.Get("state")))
			}
			edits, at = append(edits, e), append(at, i)
		}
		if len(problems) > 0 {
			return nil, nil, problems, nil
		}
		got, err := s.c.Hub.LoadRows(ctx, act(ctx), edits, dry)
		for i := range got {
			list[at[i]] = got[i]
		}
		return list, func(i int) string {
			return strings.TrimSpace(rows[i].Get("rule") + " " + rows[i].Get("address") + " " + rows[i].Get("where"))
		}, nil, err
	})
}

// BoardQuery says which findings are wanted.
type BoardQuery struct {
	Rule     string `query:"rule"`
	Severity string `query:"severity" doc:"one, or several with commas"`
	State    string `query:"state" doc:"one, or several with commas"`
	Owner    string `query:"owner"`
	Q        string `query:"q" doc:"in the name or address of the host, the rule, the check or the place"`
	Host     string `query:"host" doc:"ID of a host"`
	Site     string `query:"site" doc:"ID of a site"`
}

func (in *BoardQuery) filter() (f estate.RowFilter, err error) {
	f = estate.RowFilter{Q: in.Q, Rule: in.Rule, Owner: in.Owner}
	if f.Severities, err = severities(in.Severity); err != nil {
		return f, err
	}
	for _, word := range words(in.State) {
		state, ok := estate.ParseState(word)
		if !ok {
			return f, query("state", "there is no such state: want open, in-work, excepted, to-verify or closed")
		}
		f.States = append(f.States, state)
	}
	if in.Host != "" {
		var ok bool
		if f.Host, ok = estate.ParseID(in.Host); !ok {
			return f, query("host", "that is no ID of a host")
		}
	}
	if in.Site != "" {
		f.Sites = []string{in.Site}
	}
	return f, nil
}
