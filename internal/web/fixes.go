package web

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"signet"
	"signet/internal/report"
	"signet/internal/run"
)

// Fix is what closes a rule, and where that is to be done.
type Fix struct {
	Rule    string    `json:"rule"`
	Title   string    `json:"title"`
	Setting string    `json:"setting" doc:"the fix in one line of Markdown"`
	Advice  []Section `json:"advice" nullable:"false" doc:"what signet explain prints"`
	Formats []string  `json:"formats" nullable:"false" doc:"of its script"`
	Closes  *Step     `json:"closes,omitempty" doc:"what it closes, all sites together; left out where it is no work"`
	Places  []Broken  `json:"places" nullable:"false" doc:"where the rule is broken and nobody accepts it: the first 500"`
	All     int       `json:"all" doc:"how many places there are"`
}

// Section is one heading and its Markdown.
type Section struct {
	Heading string `json:"heading"`
	Text    string `json:"text"`
}

// Broken is a place where a rule is broken.
type Broken struct {
	Address  netip.Addr      `json:"address"`
	Port     uint16          `json:"port"`
	Name     string          `json:"name"`
	Host     string          `json:"host" doc:"ID"`
	Where    string          `json:"where"`
	Severity signet.Severity `json:"severity" enum:"info,low,medium,high,critical"`
}

// Impact is what the fix of a rule would do to a host: a line of kind impact.
type Impact struct {
	Rule    string     `json:"rule"`
	Address netip.Addr `json:"address"`
	Name    string     `json:"name"`
	Impact  string     `json:"impact" enum:"would break,not known,fine"`
	Because string     `json:"because"`
}

func shownStep(t *report.Step) Step {
	return Step{t.Rule, t.Title, t.Severity, t.Fix, t.Exposed, t.Other, t.Open, t.Conditional, t.Unknown}
}

// longImpact is how long it may take to judge who would break: it reads runs.
const longImpact = 5 * time.Minute

// addFixes adds the routes of fixes, and of whom they would break.
func (s *Server) addFixes() {
	h := s.c.Hub
	add(s, "GET /api/v1/fixes", does{id: "list-fixes", summary: "What to do, in the order of work"}, func(ctx context.Context, in *Paging) (*listed[Step], error) {
		var list []Step
		for _, t := range h.View(who(ctx)).Overview().Steps {
			list = append(list, shownStep(&t))
		}
		return pageBehind(in, list, func(t *Step) string { return t.Rule })
	})
	type asked struct {
		Of
		Site string `query:"site" doc:"ID or name of a site; none: all"`
	}
	add(s, "GET /api/v1/fixes/{id}", does{id: "read-fix", summary: "What closes a rule, what may break, how to check it, and where it is to be done"}, func(ctx context.Context, in *asked) (*struct{ Body Fix }, error) {
		places, err := h.Broken(who(ctx), in.ID, in.Site)
		if err != nil {
			return nil, err
		}
		a, _ := h.Env.Advice(in.ID)
		out := Fix{Rule: in.ID, Title: a.Title, Setting: a.Setting, Advice: []Section{}, Formats: run.FixFormats(), Places: []Broken{}, All: len(places)}
		for _, x := range a.Sections {
			out.Advice = append(out.Advice, Section{x.Heading, x.Body})
		}
		for i := range places[:min(len(places), mostPage)] {
			b := &places[i]
			out.Places = append(out.Places, Broken{b.Endpoint.Addr, b.Endpoint.Port, b.Name, b.Host.String(), b.Where, b.Severity})
		}
		steps := h.View(who(ctx)).Overview().Steps
		if at := slices.IndexFunc(steps, func(t report.Step) bool { return t.Rule == in.ID }); at >= 0 {
			out.Closes = new(shownStep(&steps[at]))
		}
		return &struct{ Body Fix }{out}, nil
	})
	s.addScript()
	s.addImpact()
}

func (s *Server) addScript() {
	type asked struct {
		Of
		Site   string `query:"site" doc:"ID or name of a site; none: all"`
		Format string `query:"format" doc:"a word of signet fix --format; powershell where nothing is said"`
	}
	type script struct {
		Kind        string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Body        []byte
	}
	const path = "/api/v1/fixes/{id}/script"
	add(s, "GET "+path, does{id: "write-script", summary: "The script of a fix, as signet fix prints it. Nothing runs it", errors: []int{422}}, func(ctx context.Context, in *asked) (*script, error) {
		format := in.Format
		if format == "" {
			format = "powershell"
		}
		if run.FixFormat(format) != nil {
			return nil, problem(http.StatusUnprocessableEntity, "format: there is no such format", &huma.ErrorDetail{Location: "query.format", Message: "there is no such format"})
		}
		text, _, err := s.c.Hub.Fix(who(ctx), in.ID, in.Site, format)
		if err != nil {
			return nil, err
		}
		ends := map[string]string{"powershell": ".ps1", "ansible": ".yml", "reg": ".reg", "smb.conf": ".smb.conf", "csv": ".csv"}[format]
		return &script{"text/plain; charset=utf-8", `attachment; filename="signet-fix-` + in.ID + ends + `"`, text}, nil
	})
	s.api.OpenAPI().Paths[path].Get.Responses["200"].Content = map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}
}

func (s *Server) addImpact() {
	type asked struct {
		Of
		Paging
		Site   string `query:"site" doc:"ID or name of a site; none: all"`
		Impact string `query:"impact" doc:"would break, not known or fine alone"`
	}
	type sums struct {
		WouldBreak int      `json:"would_break"`
		NotKnown   int      `json:"not_known"`
		Fine       int      `json:"fine"`
		Servers    int      `json:"servers" doc:"hosts that were seen as such"`
		Clients    int      `json:"clients" doc:"hosts that were seen as such: what the others do as clients is not known"`
		Watch      string   `json:"watch" doc:"where a step of auditing shows more"`
		Items      []Impact `json:"items" nullable:"false"`
		Next       *string  `json:"next" nullable:"true"`
	}
	add(s, "GET /api/v1/fixes/{id}/impact", does{id: "read-impact", summary: "Whom a fix would break, as signet impact tells it: of a large estate it takes some time"}, func(ctx context.Context, in *asked) (*struct{ Body sums }, error) {
		most, err := in.most()
		if err != nil {
			return nil, err
		}
		skip := 0
		if in.Cursor != "" {
			if skip, err = strconv.Atoi(in.Cursor); err != nil || skip < 0 {
				return nil, query("cursor", "is none of this list")
			}
		}
		patiently(ctx, longImpact)
		of, all, err := s.c.Hub.Impact(ctx, who(ctx), in.ID, in.Site)
		if err != nil {
			return nil, err
		}
		out := sums{len(of.Breaks), len(of.NotKnown), len(of.Fine), all.Servers, all.Clients, of.Watch, []Impact{}, nil}
		known, n := in.Impact == "", 0
		for _, st := range of.Standings() {
			if in.Impact != "" && st.Of.String() != in.Impact {
				continue
			}
			known = true
			for _, one := range st.Hosts {
				if n++; n <= skip {
					continue
				}
				if len(out.Items) == most {
					out.Next = new(strconv.Itoa(n - 1))
					break
				}
				out.Items = append(out.Items, Impact{in.ID, one.Addr, one.Name, st.Of.String(), one.Because})
			}
			if out.Next != nil {
				break
			}
		}
		if !known {
			return nil, query("impact", "want would break, not known or fine")
		}
		return &struct{ Body sums }{out}, nil
	})
}
