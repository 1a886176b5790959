package names

import (
	"strings"

	"signet/internal/check"
)

// identify says what a host calls itself where names are asked for. A name of the form x.local is multicast DNS's own
// and nothing that a domain gave.
func identify(f *Facts) check.Identity {
	var id check.Identity
	switch f.Protocol {
	case nbns:
		id.AddName(check.NameNetBIOS, f.Name, "nbstat")
		id.AddName(check.NameNetBIOSDomain, f.Domain, "nbstat")
	case llmnr, mdns:
		if strings.Contains(f.Name, ".") && !strings.HasSuffix(strings.TrimSuffix(strings.ToLower(f.Name), "."), ".local") {
			id.AddName(check.NameDNS, f.Name, f.Protocol)
		} else {
			id.AddName(check.NameAlias, f.Name, f.Protocol)
		}
	}
	return id
}
