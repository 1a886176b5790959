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

// Bounds on how much is kept of one host.
const (
	maxNames    = 64
	maxProducts = 16
)

// folding is the view of a host while its parts are added one by one.
type folding struct {
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

// add folds one part.
func (d *folding) add(p *part) {
	d.ends, d.findings = append(d.ends, p.end), append(d.findings, p.findings...)
	if p.asked != "" {
		d.name(check.NameAlias.String(), p.asked, target)
	}
	port, id := p.port, &p.identity
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

// target is the source of a name that the user gave.
const target = "target"

func (d *folding) name(kind, name, from string) {
	d.names = put(d.names, signet.HostName{Kind: kind, Name: name}, from)
}

// put adds who said a name. Names differ without regard to case, as DNS and NetBIOS have it.
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

// role adds a role. A proof replaces a hint at the same role.
func (d *folding) role(role string, certain bool, because, port string) {
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

// host makes the view of what was added.
func (d *folding) host(addr netip.Addr) *signet.Host {
	h := &signet.Host{
		Address: addr, GUID: d.guid, Roles: d.roles, Names: d.names, Products: d.products,
		Endpoints: d.ends, Findings: d.findings, Disagreements: some(d.odd),
	}
	slices.SortFunc(h.Endpoints, func(a, b signet.HostEndpoint) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Check, b.Check))
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
	// In JSON an empty list is [], not null.
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

// system decides what the host runs.
func (d *folding) system(h *signet.Host) {
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
