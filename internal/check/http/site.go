package http

import (
	"slices"
	"strings"

	"signet"
	"signet/internal/wire/http1"
)

// knowsName notes a name that this address may have a site under: of its certificate, or of a redirect.
func (iv *interview) knowsName(name string) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(iv.names) >= mostNames || !strings.Contains(name, ".") || strings.ContainsAny(name, "*/ :@_") || isAddress(name) ||
		iv.excluded(name) || sameHost(iv.subject.Endpoint, name) || slices.Contains(iv.names, name) {
		return
	}
	iv.names = append(iv.names, name)
}

// knowsCertificate notes the names of a certificate.
func (iv *interview) knowsCertificate(t *signet.TLS) {
	for _, name := range t.Names {
		iv.knowsName(name)
	}
	iv.knowsName(commonName(t.Subject))
	for _, name := range []string{commonName(t.Issuer), commonName(t.Subject)} {
		// What looks like a host is no CA.
		if name != "" && !strings.Contains(name, ".") && len(iv.authorities) < mostAuthorities && !slices.Contains(iv.authorities, name) {
			iv.authorities = append(iv.authorities, name)
		}
	}
}

// commonName is the CN of a distinguished name as x509 prints it.
func commonName(dn string) string {
	for part := range strings.SplitSeq(dn, ",") {
		if cn, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return strings.ReplaceAll(cn, `\`, "")
		}
	}
	return ""
}

// nobody says that every page that answered of the site that was asked for does not exist: the name, or the address in
// its place, may have no site.
func (iv *interview) nobody() bool {
	asked := false
	for _, p := range iv.pages {
		if p.resp == nil || p.row.role == "winrm" || p.host != "" || strings.HasPrefix(p.row.path, "http://") {
			continue
		}
		switch p.resp.Status {
		case 400, 404, 421:
			asked = true
		default:
			return false
		}
	}
	return asked
}

// managed says that WinRM answers: http.sys has no site there, and needs none.
func (iv *interview) managed() bool {
	return slices.ContainsFunc(iv.pages, func(p *page) bool { return p.row.role == "winrm" && !p.gone() })
}

// sites asks once by each name that this address is known to have, where it has no site for the one it was asked by:
// "/" first, and where that is there, everything.
func (iv *interview) sites() {
	if iv.site != "" || !iv.nobody() {
		return
	}
	if !iv.named {
		iv.named = true
		secure := iv.mode == overTLS
		for _, name := range iv.names {
			if port := iv.subject.Endpoint.Port; port != standardPort(secure) {
				name += ":" + itoa(int(port))
			}
			iv.enqueue(&page{row: row{method: "GET", path: "/"}, host: name})
		}
		return
	}
	for _, p := range iv.pages {
		if p.host == "" || p.resp == nil || p.resp.Status == 400 || p.resp.Status == 404 || p.resp.Status == 421 {
			continue
		}
		iv.site = p.host
		for _, r := range iv.everywhere() {
			if iv.requests+len(iv.queue) < ordinaryRequests || iv.hinted() {
				iv.add([]row{r})
			}
		}
		return
	}
}

// noSite recognises the page of a web server's kernel or of an ingress that has no site for the name it was asked by. What
// stands behind another name was not asked then.
func noSite(r *http1.Response) bool {
	if r.Status != 404 && r.Status != 400 && r.Status != 421 {
		return false
	}
	body := strings.ToLower(string(r.Body))
	for _, words := range []string{
		"http error 404. the requested resource is not found", // http.sys without a site
		"bad request - invalid hostname",                      // http.sys, by name
		"default backend - 404",                               // ingress-nginx
		"no route matched with those values",                  // Kong
	} {
		if strings.Contains(body, words) {
			return true
		}
	}
	// Traefik, and every Go server, of which one with a page elsewhere is told by that page.
	return strings.TrimSpace(body) == "404 page not found"
}
