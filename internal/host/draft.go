package host

import (
	"cmp"
	"net/netip"
	"slices"

	"signet"
	"signet/internal/check"
)

// draft is a host of which more observations may come.
type draft struct {
	addr  netip.Addr
	parts []part
	odd   []string // what sources say against each other
}

// maxOdd bounds draft.odd.
const maxOdd = 32

// part is what one endpoint said.
type part struct {
	rank     int // place of the check in the list: who speaks for the whole host comes first
	end      signet.HostEndpoint
	port     string
	asked    string // the name under which it was asked
	identity check.Identity
	findings []signet.HostFinding
}

// add keeps what one observation says until all have come: the order in which they come makes no difference.
func (d *draft) add(rank int, o *signet.Observation, j *signet.Judgement, id check.Identity) {
	d.parts = append(d.parts, part{
		rank: rank, port: o.PortString(), asked: o.Name, identity: id, findings: AppendFindings(nil, o, j),
		end: signet.HostEndpoint{Port: o.Port, Transport: o.Transport.String(), Check: o.Check, Outcome: o.Outcome, Verdict: j.Verdict},
	})
}

// host makes the view of the host.
func (d *draft) host() *signet.Host {
	slices.SortStableFunc(d.parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.end.Port, b.end.Port), cmp.Compare(a.end.Transport, b.end.Transport), cmp.Compare(a.asked, b.asked))
	})
	f := folding{odd: d.odd}
	for i := range d.parts {
		f.add(&d.parts[i])
	}
	return f.host(d.addr)
}

// AppendFindings appends the findings of an observation as its host has them.
func AppendFindings(list []signet.HostFinding, o *signet.Observation, j *signet.Judgement) []signet.HostFinding {
	for i := range j.Findings {
		f := &j.Findings[i]
		list = append(list, signet.HostFinding{Rule: f.Rule, Severity: f.Severity, Check: o.Check, Port: o.Port, Where: f.Where})
	}
	return list
}
