package opengraph

import (
	"io"
	"strings"

	"signet"
	"signet/internal/report"
	"signet/internal/text"
)

// run writes every endpoint where something was there.
type run struct {
	report.Ignore
	graph
}

func newRun(w io.Writer, o *report.Options) report.Handler { return &run{graph: newGraph(w, o)} }

// Begin opens the document.
func (r *run) Begin(*report.Header) error { return r.open() }

// Endpoint adds an endpoint, its host the first time, and an edge for each rule that it breaks.
func (r *run) Endpoint(l *report.Line) error {
	if !l.Reached() {
		return nil
	}
	f := report.FactsOf(l)
	about := properties{}
	if f.NTLM != nil {
		about["os_version"], about["domain"] = text.Clean(f.NTLM.OSVersion), text.Clean(f.NTLM.DNSDomain)
	}
	host, err := r.host(l.Addr, f.HostName(l), about)
	if err != nil {
		return err
	}
	if f.NTLM != nil && f.NTLM.DNSComputer != "" {
		name := strings.ToUpper(text.Clean(f.NTLM.DNSComputer))
		if key := host + "\x00" + name; !r.named[key] {
			r.named[key] = true
			// By name alone: that the host calls itself so is all that was seen.
			if err := r.edge(edge{kindCallsItself, byID(host), end{"name", name, "Computer"}, properties{"from": l.Endpoint.String()}}); err != nil {
				return err
			}
		}
	}
	id, err := r.endpoint(host, l.Endpoint, l.Check, judged(l, &f))
	if err != nil {
		return err
	}
	for i := range l.Judgement.Findings {
		if err := r.breach(id, &l.Judgement.Findings[i], properties{}); err != nil {
			return err
		}
	}
	return nil
}

// judged is what was seen of an endpoint and what was made of it.
func judged(l *report.Line, f *report.Facts) properties {
	p := properties{"outcome": l.Outcome.String(), "verdict": l.Verdict.String(), "at": l.At.UTC().Format("2006-01-02T15:04:05Z")}
	if len(l.Because) > 0 {
		p["because"] = text.CleanAll(l.Because)
	}
	if len(l.Unasked) > 0 {
		p["unasked"] = text.CleanAll(l.Unasked)
	}
	for name, level := range map[string]signet.Level{"signing": f.Signing, "channel_binding": f.ChannelBinding, "epa": f.EPA, "nla": f.NLA} {
		if level != signet.Unknown {
			p[name] = level.String()
		}
	}
	if f.Dialect != "" {
		p["dialect"] = text.Clean(f.Dialect)
	}
	if o := f.SMB1.Offered; o != nil {
		p["smb1_offered"] = *o
	}
	return p
}

// End closes the document.
func (r *run) End(*report.Summary) error { return r.close() }
