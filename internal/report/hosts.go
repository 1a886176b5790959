package report

import (
	"strconv"

	"signet"
	"signet/internal/text"
)

// Wants hosts and paths, which have lines of their own.
func (j *JSONL) Wants() Wants { return Wants{Hosts: true, Paths: true} }

// Host writes a host line.
func (j *JSONL) Host(h *signet.Host) error {
	b := append(j.buf[:0], `{"kind":"host","run":`...)
	b = text.AppendJSONString(b, j.h.Run)
	b = append(b, ',')
	return j.line(appendHost(b, h))
}

// appendHost appends the members of a host, by hand for the same reason as endpoints; a test holds it to what the struct
// tags say.
func appendHost(b []byte, h *signet.Host) []byte {
	text := func(key, s string) {
		b = text.AppendJSONString(append(b, key...), s)
	}
	b = append(b, `"address":"`...)
	b = append(h.Address.AppendTo(b), '"')
	text(`,"name":`, h.Name)
	text(`,"domain":`, h.Domain)
	text(`,"forest":`, h.Forest)
	if h.SameAs.IsValid() {
		b = append(b, `,"same_as":"`...)
		b = append(h.SameAs.AppendTo(b), '"')
	}
	text(`,"os":`, h.OS)
	text(`,"os_version":`, h.OSVersion)
	text(`,"windows":`, h.Windows.String())
	b = strconv.AppendBool(append(b, `,"samba":`...), h.Samba)
	b = append(b, `,"roles":[`...)
	for i, r := range h.Roles {
		text(object(i, `"role":`), r.Role)
		b = strconv.AppendBool(append(b, `,"certain":`...), r.Certain)
		text(`,"because":`, r.Because)
		b = append(b, '}')
	}
	b = append(b, `],"names":[`...)
	for i, n := range h.Names {
		text(object(i, `"kind":`), n.Kind)
		text(`,"name":`, n.Name)
		b = appendStrings(append(b, `,"from":`...), n.From)
		b = append(b, '}')
	}
	b = appendStrings(append(b, `],"disagreements":`...), h.Disagreements)
	b = appendStrings(append(b, `,"products":`...), h.Products)
	if h.GUID != "" {
		text(`,"server_guid":`, h.GUID)
	}
	b = append(b, `,"endpoints":[`...)
	for i, e := range h.Endpoints {
		b = strconv.AppendUint(append(b, object(i, `"port":`)...), uint64(e.Port), 10)
		text(`,"transport":`, e.Transport)
		text(`,"check":`, e.Check)
		text(`,"outcome":`, e.Outcome.String())
		text(`,"verdict":`, e.Verdict.String())
		b = append(b, '}')
	}
	b = append(b, `],"findings":[`...)
	for i, f := range h.Findings {
		text(object(i, `"rule":`), f.Rule)
		text(`,"severity":`, f.Severity.String())
		text(`,"check":`, f.Check)
		b = strconv.AppendUint(append(b, `,"port":`...), uint64(f.Port), 10)
		text(`,"where":`, f.Where)
		b = append(b, '}')
	}
	return append(b, ']')
}

// object begins the i-th object of a list with a key.
func object(i int, key string) string {
	if i > 0 {
		return ",{" + key
	}
	return "{" + key
}

// Path writes a path line.
func (j *JSONL) Path(p *signet.Path) error {
	b := j.buf[:0]
	text := func(key, v string) {
		b = append(b, key...)
		b = text.AppendJSONString(b, v)
	}
	text(`{"kind":"path","run":`, j.h.Run)
	b = p.Target.Addr.AppendTo(append(b, `,"address":"`...))
	b = strconv.AppendUint(append(b, `","port":`...), uint64(p.Target.Port), 10)
	text(`,"transport":`, p.Target.Transport.String())
	if p.Target.Name != "" {
		text(`,"name":`, p.Target.Name)
	}
	text(`,"rule":`, p.Rule)
	text(`,"source":`, p.Source)
	b = strconv.AppendBool(append(b, `,"assumed":`...), p.Assumed)
	text(`,"state":`, p.State.String())
	text(`,"check":`, p.Check)
	text(`,"finding":`, p.Finding)
	text(`,"severity":`, p.Severity.String())
	b = strconv.AppendUint(append(b, `,"sources":`...), p.Sources, 10)
	b = append(b, `,"sample":[`...)
	for i, addr := range p.Sample {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(addr.AppendTo(append(b, '"')), '"')
	}
	b = append(b, ']')
	text(`,"because":`, p.Because)
	return j.line(b)
}

func (j *JSONL) object(v any) error {
	b := text.AppendJSON(j.buf[:0], v)
	j.buf = append(b, '\n')
	_, err := j.w.Write(j.buf)
	return err
}
