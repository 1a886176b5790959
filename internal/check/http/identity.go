package http

import (
	"fmt"
	"slices"
	"strings"

	"signet"
	"signet/internal/check"
)

// identify says what a web server shows of its host.
func identify(f *Facts) check.Identity {
	var id check.Identity
	id.AddNTLM(f.NTLM)
	id.AddTLS(f.TLS)
	id.AddProduct(f.Server)
	lower := strings.ToLower(f.Server)
	if strings.Contains(lower, "microsoft-iis") || strings.Contains(lower, "microsoft-httpapi") {
		id.Windows = signet.Yes
	}
	website := false
	for i := range f.Paths {
		p := &f.Paths[i]
		website = website || p.Status != 0 && p.Role != "winrm" && p.Role != "http-proxy"
		role, ok := hostRole(p.Role)
		if !ok || slices.ContainsFunc(id.Roles, func(h check.RoleHint) bool { return h.Role == role }) {
			continue
		}
		if wantsLogon(p) && !f.everywhere(p) {
			id.AddRole(role, p.NTLM == OfferProven, fmt.Sprintf("%s answers %d and wants a logon", p.Path, p.Status))
		}
	}
	if website && !f.nobodyHome() {
		id.AddRole(check.RoleWebServer, true, "it answers HTTP")
	}
	return id
}

// wantsLogon says that a path is there: what does not exist asks nobody to log on, unless every path does.
func wantsLogon(p *Path) bool {
	return p.Role != absent && (p.Status == 401 || p.Status == 407 || p.NTLM == OfferProven || p.NTLM == OfferAnnounced || p.Negotiate != NegotiateAbsent)
}

// hostRole is the part that a host plays where a role's path is its own.
func hostRole(role string) (string, bool) {
	switch role {
	case "adcs-web-enrolment", "adcs-ndes", "adcs-cep", "adcs-ces":
		return check.RoleCAWeb, true
	case "exchange":
		return check.RoleExchange, true
	case "mecm":
		return check.RoleMECM, true
	case "wsus":
		return check.RoleWSUS, true
	case "adfs":
		return check.RoleADFS, true
	case "sharepoint":
		return check.RoleSharePoint, true
	case "ssrs":
		return check.RoleReporting, true
	case "rd-gateway":
		return check.RoleRDGateway, true
	case "skype":
		return check.RoleSkype, true
	case "http-proxy":
		return check.RoleWebProxy, true
	}
	return "", false
}
