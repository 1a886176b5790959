package pages

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/estate"
	"signet/internal/store"
	"signet/internal/text"
)

// hostsPage is hosts, the worst first.
type hostsPage struct {
	Filter      filter
	Hosts       []hostShown
	Total, All  int
	Roles       []string
	Rules       []string
	Next, First string
}

func (*hostsPage) title() string { return "Hosts" }

// hostShown is a host as it is listed.
type hostShown struct {
	estate.Host
	Name   string
	Roles  []string
	Worst  string // severity of the worst finding; "": there is none
	OnSite []string
	Count  int // of its findings that are neither closed nor accepted
}

func (p *Pages) hosts(a *ask) (any, error) {
	out := &hostsPage{Filter: filter{Q: a.q.Get("q"), Verdict: a.q.Get("verdict"), Role: a.q.Get("role"), Rule: a.q.Get("rule")}, Roles: check.Roles()}
	f := estate.HostFilter{Q: out.Filter.Q, Role: out.Filter.Role, Rule: out.Filter.Rule}
	if s := out.Filter.Verdict; s != "" {
		var v signet.Verdict
		if v.UnmarshalText([]byte(s)) != nil {
			return nil, badQuery("verdict: there is no such verdict.")
		}
		f.Verdicts = []signet.Verdict{v}
	}
	v := p.Hub.View(a.who)
	got, err := v.HostsPage(&f, a.q.Get("cursor"), pageRows)
	if err != nil {
		return nil, err
	}
	out.All, out.Total = v.Hosts(), v.CountHosts(&f)
	for _, g := range v.Board.Groups(&estate.RowFilter{}) {
		out.Rules = append(out.Rules, g.Rule)
	}
	slices.Sort(out.Rules)
	names := p.siteNames(a)
	ids := make([]estate.ID, len(got.Items))
	for i := range got.Items {
		ids[i] = got.Items[i].ID
	}
	counts := v.Board.ByHost(&estate.RowFilter{States: stillBroken()}, ids)
	for i := range got.Items {
		out.Hosts = append(out.Hosts, shownHost(&got.Items[i], names))
		out.Hosts[i].Count = counts[i]
	}
	out.Next, out.First = pager(a.q, got.Next)
	return out, nil
}

func shownHost(h *estate.Host, names map[string]string) hostShown {
	out := hostShown{Host: *h, Name: text.Clean(h.Name)}
	for _, r := range h.Roles {
		out.Roles = append(out.Roles, text.Clean(r.Role)+text.Either(r.Certain, "", "?"))
	}
	worst := signet.Info
	for _, f := range h.Findings {
		if worst = max(worst, f.Severity); out.Worst == "" || f.Severity == worst {
			out.Worst = worst.String()
		}
	}
	for _, s := range h.Sites {
		if n := names[s]; n != "" {
			out.OnSite = append(out.OnSite, n)
		}
	}
	return out
}

// hostPage is one host: what it is, where it stands open, and what became of it.
type hostPage struct {
	hostShown
	Rows     []row
	Timeline []dayEvents
	Next     string
}

func (h *hostPage) title() string { return cmp.Or(h.Name, h.Address.String()) }

func (p *Pages) hostOf(a *ask) (*estate.Host, *estate.ID, error) {
	id, ok := estate.ParseID(a.PathValue("id"))
	if ok {
		if h, known := p.Hub.View(a.who).Host(id); known {
			return &h, &id, nil
		}
	}
	return nil, nil, store.NoDocument("host", a.PathValue("id"))
}

func (p *Pages) host(a *ask) (any, error) {
	h, id, err := p.hostOf(a)
	if err != nil {
		return nil, err
	}
	names := p.siteNames(a)
	out := &hostPage{hostShown: shownHost(h, names)}
	board := p.Hub.View(a.who).Board
	for after := ""; ; {
		got, err := board.Page(&estate.RowFilter{Host: *id}, after, estate.MostPage)
		if err != nil {
			return nil, err
		}
		for i := range got.Items {
			out.Rows = append(out.Rows, p.row(a, &got.Items[i], names))
		}
		if after = got.Next; after == "" {
			break
		}
	}
	open := 0
	for i := range out.Rows {
		r := &out.Rows[i]
		if r.State == estate.Open || r.State == estate.InWork {
			open++
		}
	}
	if out.Timeline, err = p.timeline(a, h, names); err != nil {
		return nil, err
	}
	switch {
	case open > 0:
		out.Next = "Begin with the first finding below: its page says which setting closes it."
	case h.Verdict == signet.Undetermined:
		out.Next = "Something could not be told. The evidence of an endpoint says what it answered; a deeper scan may decide it."
	default:
		out.Next = "Nothing to mend here by what was asked."
	}
	return out, nil
}

// evidencePage is what was exchanged with one endpoint of a host.
type evidencePage struct {
	Host     *estate.Host
	Name     string
	Port     uint16
	Check    string
	Found    *signet.Observation // nil: no run that is stored has it
	Facts    string
	Run      string
	Messages []signet.Exchange
}

func (e *evidencePage) title() string {
	return "Evidence of port " + strconv.Itoa(int(e.Port)) + " of " + cmp.Or(e.Name, e.Host.Address.String())
}

// evidence shows an endpoint as the newest run that asked it stored it.
func (p *Pages) evidence(a *ask) (any, error) {
	h, _, err := p.hostOf(a)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(a.q.Get("port"), 10, 16)
	if err != nil {
		return nil, badQuery("port: that is none.")
	}
	out := &evidencePage{Host: h, Name: text.Clean(h.Name), Port: uint16(port), Check: a.q.Get("check")}
	list, err := p.Hub.Evidence(a.Context(), a.who, h, func(port uint16, check string) bool { return port == out.Port && check == out.Check })
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		out.Found, out.Run = list[0].Observation, list[0].Run
	}
	if o := out.Found; o != nil {
		if o.Facts != nil {
			var b bytes.Buffer
			if json.Indent(&b, o.Facts.AppendJSON(nil), "", "  ") == nil {
				for line := range strings.Lines(b.String()) {
					out.Facts += text.Visible(strings.TrimRight(line, "\n")) + "\n"
				}
			}
		}
		out.Messages = o.Trace
	}
	return out, nil
}

// etag names a revision, as the API does.
func etag(rev uint64) string { return `"` + strconv.FormatUint(rev, 10) + `"` }
