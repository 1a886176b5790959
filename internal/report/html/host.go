package html

import (
	"cmp"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
	"signet/internal/text"
)

// host is what the page says of one host. Texts are clean and shared.
type host struct {
	addr             netip.Addr
	rank             int // its risk, once it is whole
	name, os, domain string
	roles            []string
	ends             []endpoint
}

type endpoint struct {
	port      uint16
	transport signet.Transport
	outcome   signet.Outcome
	verdict   signet.Verdict
	accepted  bool // exceptions cover all that would have to be fixed
	check     string
	failure   string
	because   []string
	unasked   []string
	findings  []finding
	trace     []exchange
}

type finding struct {
	rule, title, where string
	severity           signet.Severity
	because            []string
}

// exchange is an exchange as hexadecimal, cut.
type exchange struct{ note, sent, received string }

// verdict is the worst of the host's endpoints.
func (h *host) verdict() signet.Verdict {
	v := signet.Unseen
	for i := range h.ends {
		v = v.Worse(h.ends[i].verdict)
	}
	return v
}

// accepted tells whether exceptions cover every endpoint by which the host is exposed.
func (h *host) accepted() bool {
	return h.verdict() == signet.Exposed && !slices.ContainsFunc(h.ends, func(e endpoint) bool { return e.verdict == signet.Exposed && !e.accepted })
}

// severity is the worst of its findings; info for none.
func (h *host) severity() signet.Severity {
	worst := signet.Info
	for i := range h.ends {
		for j := range h.ends[i].findings {
			worst = max(worst, h.ends[i].findings[j].severity)
		}
	}
	return worst
}

// risk orders hosts by verdict, then by severity.
func (h *host) risk() int { return -10*h.verdict().Rank() + int(h.severity()) }

// before orders hosts by risk, then by address.
func (h *host) before(o *host) int {
	return cmp.Or(cmp.Compare(o.rank, h.rank), h.addr.Compare(o.addr))
}

// least is less than what a host takes on the page: its texts may be there already.
func (h *host) least() int {
	n := 30 + 2*len(h.roles)
	for i := range h.ends {
		e := &h.ends[i]
		n += 14 + 2*len(e.because)
		for j := range e.findings {
			n += 10 + 2*len(e.findings[j].because)
		}
	}
	return n
}

// proof is how many bytes of evidence a host has.
func (h *host) proof() int {
	n := 0
	for i := range h.ends {
		for _, x := range h.ends[i].trace {
			n += len(x.sent) + len(x.received)
		}
	}
	return n
}

// roleWords names a role as people write it.
func roleWords(role string) string {
	switch role {
	case check.RoleADFS:
		return "AD FS"
	case check.RoleCAWeb:
		return "certificate enrolment (web)"
	case check.RoleExchange:
		return "Exchange"
	case check.RoleMECM:
		return "Configuration Manager"
	case check.RoleNAS:
		return "NAS"
	case check.RoleRDGateway:
		return "RD Gateway"
	case check.RoleReporting:
		return "Reporting Services"
	case check.RoleSharePoint:
		return "SharePoint"
	case check.RoleSkype:
		return "Skype for Business"
	case check.RoleSQLServer:
		return "SQL Server"
	case check.RoleWSUS:
		return "WSUS"
	}
	return strings.ReplaceAll(text.Clean(role), "-", " ")
}

// mostEvidence is how many bytes of each direction of an exchange are shown.
const mostEvidence = 384

// evidence is bytes in hexadecimal, the beginning of them where they are many.
func evidence(b []byte) string {
	if len(b) <= mostEvidence {
		return hex.EncodeToString(b)
	}
	return hex.EncodeToString(b[:mostEvidence]) + " … " + text.Count(uint64(len(b)-mostEvidence), "byte more", "bytes more")
}
