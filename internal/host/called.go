package host

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// call decides what the host is called.
func (d *folding) call(h *signet.Host) {
	dns := d.agreed(h, check.NameDNS)
	netbios := d.agreed(h, check.NameNetBIOS)
	h.Name = cmp.Or(dns, netbios, d.first(check.NameAlias))
	h.Forest = d.agreed(h, check.NameForest)
	// A computer in no domain gives its own name for that of its domain ([MS-NLMP] 2.2.2.1 with 3.2.5.1.2).
	domain, short := d.agreed(h, check.NameDomain), d.agreed(h, check.NameNetBIOSDomain)
	if !strings.EqualFold(domain, dns) {
		h.Domain = domain
	}
	if h.Domain == "" && !strings.EqualFold(short, netbios) {
		h.Domain = short
	}
	d.asked(h, dns)
}

// asked adds a disagreement where the host calls itself otherwise than it was asked.
func (d *folding) asked(h *signet.Host, dns string) {
	if dns == "" {
		return
	}
	for _, n := range d.names {
		if n.Kind != check.NameAlias.String() || !slices.Equal(n.From, []string{target}) || strings.EqualFold(n.Name, dns) {
			continue
		}
		short, _, _ := strings.Cut(dns, ".")
		if strings.EqualFold(n.Name, short) {
			continue
		}
		h.Disagreements = append(h.Disagreements, fmt.Sprintf("asked as %s, it calls itself %s: an alias, or another host behind the address", n.Name, dns))
	}
}

// agreed is the name of a kind that most sources give; a rootDSE counts more than all others. Where sources disagree, a
// disagreement is added.
func (d *folding) agreed(h *signet.Host, kind check.NameKind) string {
	var said []signet.HostName
	for _, n := range d.names {
		if n.Kind == kind.String() {
			said = append(said, n)
		}
	}
	if len(said) == 0 {
		return ""
	}
	slices.SortStableFunc(said, func(a, b signet.HostName) int { return weight(b) - weight(a) })
	if len(said) > 1 {
		var parts []string
		for _, n := range said {
			parts = append(parts, n.Name+" ("+strings.Join(n.From, ", ")+")")
		}
		h.Disagreements = append(h.Disagreements, label(kind)+": "+strings.Join(parts, ", "))
	}
	return said[0].Name
}

func weight(n signet.HostName) int {
	w := len(n.From)
	if slices.ContainsFunc(n.From, func(s string) bool { return strings.HasSuffix(s, " rootdse") }) {
		w += 100
	}
	return w
}

func label(kind check.NameKind) string {
	switch kind {
	case check.NameDNS:
		return "DNS name"
	case check.NameNetBIOS:
		return "NetBIOS name"
	case check.NameDomain:
		return "domain"
	case check.NameNetBIOSDomain:
		return "NetBIOS domain"
	case check.NameForest:
		return "forest"
	}
	return "name"
}

func (d *folding) first(kind check.NameKind) string {
	for _, n := range d.names {
		if n.Kind == kind.String() {
			return n.Name
		}
	}
	return ""
}
