package nmap

import (
	"io"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/report"
)

// run writes a run.
type run struct {
	report.Ignore
	document
}

func newRun(w io.Writer, o *report.Options) report.Handler {
	return &run{document: newDocument(w, o.Checks)}
}

// Begin remembers the header.
func (r *run) Begin(h *report.Header) error {
	r.tool, r.args, r.started = h.Tool, h.Targets, h.Started
	return nil
}

// Endpoint files one line under its host. A question never asked is no port.
func (r *run) Endpoint(l *report.Line) error {
	state, reason := stateOf(l)
	if state == "" {
		return nil
	}
	h, a := r.at(l.Endpoint, l.At, l.At.Add(l.Took))
	h.up = h.up || state != "filtered"
	if l.Name != "" && !slices.Contains(h.names, l.Name) {
		h.names = append(h.names, l.Name)
	}
	words := r.words(l.Check, l.Port, l.Facts)
	if a.state == "" || state == "open" {
		a.be(state, reason)
	}
	if a.service == "" || l.Outcome == signet.Answered {
		a.service = service(l, &words)
	}
	for i := range words.Host {
		if s := &words.Host[i]; h.scripts[s.ID] == "" && len(s.Entries) > 0 {
			h.scripts[s.ID] = string(appendScript(nil, s))
		}
	}
	for i := range words.Port {
		a.scripts = appendScript(a.scripts, &words.Port[i])
	}
	ours := judged(l)
	a.scripts = appendScript(a.scripts, &ours)
	return nil
}

// stateOf gives an outcome as nmap's state of a port and its reason.
func stateOf(l *report.Line) (state, reason string) {
	switch {
	case l.Reached() && l.Transport == signet.UDP:
		return "open", "udp-response"
	case l.Reached():
		return "open", "syn-ack"
	case l.Outcome == signet.Refused:
		return "closed", "conn-refused"
	case l.Outcome == signet.Silent:
		return "filtered", "no-response"
	}
	return "", ""
}

// Wants hosts, to know when nothing more comes of one.
func (r *run) Wants() report.Wants { return report.Wants{Hosts: true} }

// Host writes a host: nothing more comes of it.
func (r *run) Host(h *signet.Host) error { return r.leave(h.Address) }

// Left writes the host of an address.
func (r *run) Left(addr netip.Addr) error { return r.leave(addr) }

// End writes the document.
func (r *run) End(s *report.Summary) error {
	var failures []string
	if s.Interrupted {
		failures = append(failures, "interrupted")
	}
	return r.close(s.Ended, s.Coverage.Addresses, s.Coverage.Alive, append(failures, s.Missing()...)...)
}
