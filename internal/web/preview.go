package web

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"signet"
	"signet/internal/desk"
	"signet/internal/estate"
	"signet/internal/hub"
	"signet/internal/report"
)

// Preview is what the text of a policy would change.
type Preview struct {
	Valid    bool     `json:"valid" doc:"the text can be saved: its problems are warnings alone"`
	Problems []Lint   `json:"problems" nullable:"false"`
	Sites    []string `json:"sites" nullable:"false" doc:"IDs of those that it would judge"`
	NoSite   bool     `json:"no_site" doc:"it would judge what belongs to no site, too"`
	Change   *Shift   `json:"change,omitempty" doc:"left out where the text is not valid, or only its problems were asked for"`
}

// Lint is what is wrong at a place of the text, or deserves a look.
type Lint struct {
	Line    int    `json:"line" doc:"from 1"`
	Column  int    `json:"column" doc:"from 1"`
	Text    string `json:"text"`
	Warning bool   `json:"warning" doc:"the policy works all the same"`
}

// Shift is what moves in the whole estate.
type Shift struct {
	Before  Judged      `json:"before"`
	After   Judged      `json:"after"`
	Opened  int         `json:"opened" doc:"findings that come"`
	Closed  int         `json:"closed" doc:"findings that go: their rule is off then, or an exception covers them"`
	Raised  int         `json:"raised" doc:"findings that become severer"`
	Lowered int         `json:"lowered" doc:"findings that become less severe"`
	Rules   []RuleShift `json:"rules" nullable:"false" doc:"those of which anything moves"`
	Rows    []RowShift  `json:"rows" nullable:"false" doc:"the worst 100 findings that move"`
}

// Judged is what a policy comes to.
type Judged struct {
	Severities map[string]uint64 `json:"severities" doc:"findings"`
	Excepted   int               `json:"excepted" doc:"what exceptions cover"`
	FailOn     string            `json:"fail_on" enum:"none,info,low,medium,high,critical" doc:"the highest --fail-on by which a report of all this would exit 3"`
}

// RuleShift is what moves of a rule.
type RuleShift struct {
	Rule    string `json:"rule"`
	Opened  int    `json:"opened"`
	Closed  int    `json:"closed"`
	Raised  int    `json:"raised"`
	Lowered int    `json:"lowered"`
}

// RowShift is a finding that moves.
type RowShift struct {
	Rule     string           `json:"rule"`
	Address  netip.Addr       `json:"address"`
	Port     uint16           `json:"port"`
	Name     string           `json:"name"`
	Host     string           `json:"host" doc:"ID"`
	Where    string           `json:"where"`
	Before   *signet.Severity `json:"before,omitempty" doc:"left out: it is no finding"`
	After    *signet.Severity `json:"after,omitempty" doc:"left out: it would be none"`
	Excepted bool             `json:"excepted" doc:"an exception would cover it"`
}

func judged(s *report.Severities, excepted int) Judged {
	out := Judged{Severities: map[string]uint64{}, Excepted: excepted, FailOn: "none"}
	for v := signet.Info; v <= signet.Critical; v++ {
		out.Severities[v.String()] = s[v]
	}
	if v, any := estate.Worst(s); any {
		out.FailOn = v.String()
	}
	return out
}

func shownPreview(p *hub.Preview) Preview {
	out := Preview{Valid: p.Valid, Problems: []Lint{}, Sites: []string{}}
	for _, x := range p.Problems {
		out.Problems = append(out.Problems, Lint{x.Line, x.Column, x.Text, x.Warning})
	}
	for _, s := range p.Sites {
		if s == "" {
			out.NoSite = true
			continue
		}
		out.Sites = append(out.Sites, s)
	}
	if s := p.Shift; s != nil {
		c := &Shift{Before: judged(&s.Before, s.Excepted[0]), After: judged(&s.After, s.Excepted[1]), Opened: s.Opened, Closed: s.Closed, Raised: s.Raised, Lowered: s.Lowered, Rules: []RuleShift{}, Rows: []RowShift{}}
		for _, r := range s.Rules {
			c.Rules = append(c.Rules, RuleShift(r))
		}
		for _, r := range s.Rows {
			c.Rows = append(c.Rows, RowShift{r.Rule, r.Endpoint.Addr, r.Endpoint.Port, r.Name, r.Host.String(), r.Where, r.Before, r.After, r.Excepted})
		}
		out.Change = c
	}
	return out
}

// addPreviews adds the routes that try a policy before it is saved, and that compare its versions.
func (s *Server) addPreviews() {
	type body struct {
		YAML  *string  `json:"yaml,omitempty" doc:"the text; none: as the policy stands"`
		Sites []string `json:"sites,omitempty" maxItems:"1000" doc:"IDs or names of those that it is to judge; none: those that it judges now"`
		Lint  bool     `json:"lint,omitempty" doc:"only what is wrong with the text"`
	}
	preview := func(ctx context.Context, name string, in *body) (*struct{ Body Preview }, error) {
		if in.Lint && in.YAML != nil {
			problems, valid := s.c.Hub.Lint(*in.YAML)
			return &struct{ Body Preview }{shownPreview(&hub.Preview{Problems: problems, Valid: valid})}, nil
		}
		p, err := s.c.Hub.Preview(ctx, who(ctx), name, in.YAML, in.Sites)
		if err != nil {
			return nil, err
		}
		return &struct{ Body Preview }{shownPreview(p)}, nil
	}
	type one struct {
		Of
		Body body
	}
	add(s, "POST /api/v1/policies/{id}/preview", does{id: "preview-policy", summary: "What a text would change if it were the policy's: nothing is saved", errors: []int{413, 422}},
		func(ctx context.Context, in *one) (*struct{ Body Preview }, error) {
			return preview(ctx, in.ID, &in.Body)
		})
	type fresh struct{ Body body }
	add(s, "POST /api/v1/policies/preview", does{id: "preview-new-policy", summary: "What a text would change if it judged everything, or some sites: nothing is saved", errors: []int{404, 413, 422}},
		func(ctx context.Context, in *fresh) (*struct{ Body Preview }, error) {
			if in.Body.YAML == nil {
				return nil, field(http.StatusUnprocessableEntity, "yaml", "is missing")
			}
			return preview(ctx, "", &in.Body)
		})
	type versions struct {
		Of
		Old int `query:"old" required:"true" doc:"a version"`
		New int `query:"new" doc:"a version; none: the newest"`
	}
	type compared struct {
		Old  int    `json:"old"`
		New  int    `json:"new"`
		Diff string `json:"diff" doc:"unified; empty where they are the same"`
	}
	add(s, "GET /api/v1/policies/{id}/diff", does{id: "diff-policy", summary: "What is different between two versions of a policy"}, func(ctx context.Context, in *versions) (*struct{ Body compared }, error) {
		list, err := s.c.Desk.PolicyVersions(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, notFound()
		}
		newest := slices.MaxFunc(list, func(a, b desk.Policy) int { return cmp.Compare(a.Version, b.Version) }).Version
		out := compared{Old: in.Old, New: cmp.Or(in.New, newest)}
		var texts [2]string
		for i, v := range []int{out.Old, out.New} {
			at := slices.IndexFunc(list, func(p desk.Policy) bool { return p.Version == v })
			if at < 0 {
				return nil, problem(http.StatusNotFound, "there is no such version", &huma.ErrorDetail{Location: "query." + [2]string{"old", "new"}[i], Message: "there is no such version"})
			}
			texts[i] = list[at].YAML
		}
		out.Diff = hub.DiffText(in.ID, out.Old, out.New, texts[0], texts[1])
		return &struct{ Body compared }{out}, nil
	})
}
