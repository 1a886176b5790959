package host

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// Bounds on what one host may make its view hold.
const (
	maxNames    = 64
	maxProducts = 16
	maxOdd      = 32
)

// draft is a host whose questions are still under way.
type draft struct {
	addr     netip.Addr
	names    []signet.HostName
	roles    []signet.HostRole
	versions []signet.HostName // Name is the version
	products []string
	guid     string
	windows  []string // who says that it is Windows
	samba    []string
	ends     []signet.HostEndpoint
	findings []signet.HostFinding
	odd      []string // what sources say against each other
}

// add folds one observation.
func (d *draft) add(o *signet.Observation, j *signet.Judgement, id *check.Identity) {
	d.ends = append(d.ends, signet.HostEndpoint{Port: o.Port, Transport: o.Transport.String(), Check: o.Check, Outcome: o.Outcome, Verdict: j.Verdict})
	d.findings = AppendFindings(d.findings, o, j)
	if o.Name != "" {
		d.name(check.NameAlias.String(), o.Name, target)
	}
	port := o.PortString()
	for _, n := range id.Names {
		d.name(n.Kind.String(), n.Name, port+" "+n.From)
	}
	if id.OSVersion != "" {
		d.versions = put(d.versions, signet.HostName{Name: id.OSVersion}, port+" ntlm")
	}
	for _, p := range id.Products {
		if len(d.products) < maxProducts && !slices.Contains(d.products, p) {
			d.products = append(d.products, p)
		}
	}
	for _, r := range id.Roles {
		d.role(r.Role, r.Certain, r.Because, port)
	}
	if d.guid == "" {
		d.guid = id.GUID
	}
	if id.Windows == signet.Yes {
		d.windows = append(d.windows, port)
	}
	if id.Samba {
		d.samba = append(d.samba, port)
	}
}

// AppendFindings appends the findings of an observation as its host has them.
func AppendFindings(list []signet.HostFinding, o *signet.Observation, j *signet.Judgement) []signet.HostFinding {
	for i := range j.Findings {
		f := &j.Findings[i]
		list = append(list, signet.HostFinding{Rule: f.Rule, Severity: f.Severity, Check: o.Check, Port: o.Port, Where: f.Where})
	}
	return list
}

// target is the source of a name that the user gave.
const target = "target"

func (d *draft) name(kind, name, from string) {
	d.names = put(d.names, signet.HostName{Kind: kind, Name: name}, from)
}

// put files a name under who said it. Names differ without regard to case, as DNS and NetBIOS have it.
func put(list []signet.HostName, n signet.HostName, from string) []signet.HostName {
	for i := range list {
		if list[i].Kind == n.Kind && strings.EqualFold(list[i].Name, n.Name) {
			if !slices.Contains(list[i].From, from) {
				list[i].From = append(list[i].From, from)
			}
			return list
		}
	}
	if len(list) >= maxNames {
		return list
	}
	n.From = []string{from}
	return append(list, n)
}

// role files a role; what proves it replaces what hints at it.
func (d *draft) role(role string, certain bool, because, port string) {
	because = "port " + port + ": " + because
	for i := range d.roles {
		if d.roles[i].Role == role {
			if certain && !d.roles[i].Certain {
				d.roles[i].Certain, d.roles[i].Because = true, because
			}
			return
		}
	}
	d.roles = append(d.roles, signet.HostRole{Role: role, Certain: certain, Because: because})
}

// host is what the draft comes to.
func (d *draft) host() *signet.Host {
	h := &signet.Host{
		Address: d.addr, GUID: d.guid, Roles: d.roles, Names: d.names, Products: d.products,
		Endpoints: d.ends, Findings: d.findings, Disagreements: some(d.odd),
	}
	slices.SortFunc(h.Endpoints, func(a, b signet.HostEndpoint) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Check, b.Check))
	})
	d.call(h)
	d.system(h)
	slices.SortStableFunc(h.Roles, func(a, b signet.HostRole) int {
		if a.Certain != b.Certain {
			if a.Certain {
				return -1
			}
			return 1
		}
		return slices.Index(check.Roles(), a.Role) - slices.Index(check.Roles(), b.Role)
	})
	// An empty list is a list.
	h.Roles, h.Names, h.Products = some(h.Roles), some(h.Names), some(h.Products)
	h.Endpoints, h.Findings = some(h.Endpoints), some(h.Findings)
	return h
}

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// call decides what the host is called.
func (d *draft) call(h *signet.Host) {
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

// asked says where a host does not answer to the name under which it was asked.
func (d *draft) asked(h *signet.Host, dns string) {
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

// agreed is the name of a kind that most sources give, rootDSE before the others; where they disagree, that is said.
func (d *draft) agreed(h *signet.Host, kind check.NameKind) string {
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

func (d *draft) first(kind check.NameKind) string {
	for _, n := range d.names {
		if n.Kind == kind.String() {
			return n.Name
		}
	}
	return ""
}

// system decides what the host runs.
func (d *draft) system(h *signet.Host) {
	slices.SortStableFunc(d.versions, func(a, b signet.HostName) int { return len(b.From) - len(a.From) })
	if len(d.versions) > 0 {
		h.OSVersion = d.versions[0].Name
	}
	if len(d.versions) > 1 {
		var parts []string
		for _, v := range d.versions {
			parts = append(parts, v.Name+" ("+strings.Join(v.From, ", ")+")")
		}
		h.Disagreements = append(h.Disagreements, "version: "+strings.Join(parts, ", "))
	}
	h.Samba = len(d.samba) > 0
	switch {
	case len(d.windows) > 0 && h.Samba:
		h.Disagreements = append(h.Disagreements, fmt.Sprintf("port %s answers as Windows and port %s as Samba: more than one host may stand behind the address", d.windows[0], d.samba[0]))
		return
	case h.Samba:
		h.Windows, h.OS = signet.No, "Samba"
		for _, p := range d.products {
			if strings.HasPrefix(p, "Samba ") && !strings.HasPrefix(p, "Samba Team") {
				h.OS = p
			}
		}
		return
	case len(d.windows) == 0:
		return
	}
	h.Windows, h.OS = signet.Yes, System(h.OSVersion)
	b, ok := find(h.OSVersion)
	if !ok || len(d.versions) > 1 {
		return
	}
	role, word := check.RoleServer, "a server"
	switch {
	case b.edition == either:
		return
	case b.edition == client:
		role, word = check.RoleWorkstation, "a client"
	}
	h.Roles = append(h.Roles, signet.HostRole{Role: role, Certain: !b.unverified, Because: "build " + h.OSVersion + " is " + word + "'s alone"})
}
