package signon

import (
	"fmt"
	"slices"
	"strings"

	"signet/internal/desk"
)

// Grant gives a group of the provider's a role, at some sites or everywhere.
type Grant struct {
	Group string
	desk.Grant
}

// ParseGrant reads GROUP=ROLE, or GROUP=ROLE:SITE,SITE. A group may have = in its name, as those of a directory do.
func ParseGrant(s string) (Grant, error) {
	at := strings.LastIndexByte(s, '=')
	if at < 1 {
		return Grant{}, fmt.Errorf("%.200q is not GROUP=ROLE, nor GROUP=ROLE:SITE,SITE", s)
	}
	g := Grant{Group: s[:at]}
	role, sites, limited := strings.Cut(s[at+1:], ":")
	if err := g.Role.UnmarshalText([]byte(role)); err != nil {
		return Grant{}, fmt.Errorf("%.40q is no role: want viewer, operator or admin", role)
	}
	if !limited {
		return g, nil
	}
	for _, site := range strings.Split(sites, ",") {
		if site = strings.TrimSpace(site); site == "" { // not: every site
			return Grant{}, fmt.Errorf("%.200q names a site without a name", s)
		}
		g.Sites = append(g.Sites, site)
	}
	return g, nil
}

// granted are the grants of somebody's groups.
func granted(all []Grant, groups []string) (list []desk.Grant) {
	for _, g := range all {
		if slices.Contains(groups, g.Group) {
			list = append(list, g.Grant)
		}
	}
	return list
}
