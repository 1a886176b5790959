package line

import (
	"time"

	"signet"
	"signet/internal/text"
)

// AppendHost appends a host line. A test holds it to the struct tags of signet.Host.
func AppendHost(b []byte, run string, h *signet.Host) []byte {
	b = appendText(b, `{"kind":"host","run":`, run)
	b = appendAddr(b, `,"address":`, h.Address)
	b = appendText(b, `,"name":`, h.Name)
	b = appendText(b, `,"domain":`, h.Domain)
	b = appendText(b, `,"forest":`, h.Forest)
	if h.SameAs.IsValid() {
		b = appendAddr(b, `,"same_as":`, h.SameAs)
	}
	b = appendText(b, `,"os":`, h.OS)
	b = appendText(b, `,"os_version":`, h.OSVersion)
	b = appendWord(b, `,"windows":`, h.Windows.String())
	b = appendBool(b, `,"samba":`, h.Samba)
	b = append(b, `,"roles":[`...)
	for i, r := range h.Roles {
		b = appendText(b, object(i, `"role":`), r.Role)
		b = appendBool(b, `,"certain":`, r.Certain)
		b = append(appendText(b, `,"because":`, r.Because), '}')
	}
	b = append(b, `],"names":[`...)
	for i, n := range h.Names {
		b = appendText(b, object(i, `"kind":`), n.Kind)
		b = appendText(b, `,"name":`, n.Name)
		b = append(appendStrings(b, `,"from":`, n.From), '}')
	}
	b = appendStrings(b, `],"disagreements":`, h.Disagreements)
	b = appendStrings(b, `,"products":`, h.Products)
	if h.GUID != "" {
		b = appendText(b, `,"server_guid":`, h.GUID)
	}
	b = append(b, `,"endpoints":[`...)
	for i, e := range h.Endpoints {
		b = appendCount(b, object(i, `"port":`), uint64(e.Port))
		b = appendText(b, `,"transport":`, e.Transport)
		b = appendText(b, `,"check":`, e.Check)
		b = appendWord(b, `,"outcome":`, e.Outcome.String())
		b = append(appendWord(b, `,"verdict":`, e.Verdict.String()), '}')
	}
	b = append(b, `],"findings":[`...)
	for i, f := range h.Findings {
		b = appendText(b, object(i, `"rule":`), f.Rule)
		b = appendWord(b, `,"severity":`, f.Severity.String())
		b = appendText(b, `,"check":`, f.Check)
		b = appendCount(b, `,"port":`, uint64(f.Port))
		b = append(appendText(b, `,"where":`, f.Where), '}')
	}
	return append(b, "]}"...)
}

// AppendPath appends a path line. A test holds it to the struct tags of signet.Path.
func AppendPath(b []byte, run string, p *signet.Path) []byte {
	b = appendText(b, `{"kind":"path","run":`, run)
	b = appendAddr(b, `,"address":`, p.Target.Addr)
	b = appendCount(b, `,"port":`, uint64(p.Target.Port))
	b = appendWord(b, `,"transport":`, p.Target.Transport.String())
	if p.Target.Name != "" {
		b = appendText(b, `,"name":`, p.Target.Name)
	}
	b = appendText(b, `,"rule":`, p.Rule)
	b = appendText(b, `,"source":`, p.Source)
	b = appendBool(b, `,"assumed":`, p.Assumed)
	b = appendWord(b, `,"state":`, p.State.String())
	b = appendText(b, `,"check":`, p.Check)
	b = appendText(b, `,"finding":`, p.Finding)
	b = appendWord(b, `,"severity":`, p.Severity.String())
	b = appendCount(b, `,"sources":`, p.Sources)
	b = append(b, `,"sample":[`...)
	for i, addr := range p.Sample {
		key := ","
		if i == 0 {
			key = ""
		}
		b = appendAddr(b, key, addr)
	}
	return append(appendText(b, `],"because":`, p.Because), '}')
}

// AppendClient appends a client line.
func AppendClient(b []byte, run string, c *signet.Client) []byte {
	return text.AppendJSON(b, struct {
		Kind string  `json:"kind"`
		Run  string  `json:"run"`
		At   rounded `json:"at"`
		*signet.Client
	}{kindClient, run, rounded(c.At), c})
}

// rounded is a time that is written to the millisecond.
type rounded time.Time

// MarshalJSON writes the time in quotes.
func (t rounded) MarshalJSON() ([]byte, error) { return appendTime(nil, "", time.Time(t)), nil }
