package front

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies are those whose X-Forwarded headers count.
type proxies []netip.Prefix

func (p proxies) has(a netip.Addr) bool {
	for _, one := range p {
		if one.Contains(a) {
			return true
		}
	}
	return false
}

// forwarded is what proxies say of a request.
type forwarded struct {
	client netip.Addr
	https  bool
	host   string
}

// of reads who sent a request, and how. Each proxy writes behind what it was sent, so that the right end alone is theirs: the client
// is the first from there that is no proxy, and what stands before is hearsay.
func (p proxies) of(r *http.Request) forwarded {
	f := forwarded{client: peer(r.RemoteAddr), https: r.TLS != nil, host: r.Host}
	if !p.has(f.client) {
		return f
	}
	if last := values(r.Header, "X-Forwarded-Proto"); len(last) > 0 {
		f.https = strings.EqualFold(last[len(last)-1], "https")
	}
	if last := values(r.Header, "X-Forwarded-Host"); len(last) > 0 {
		f.host = last[len(last)-1]
	}
	list := values(r.Header, "X-Forwarded-For")
	for i := len(list) - 1; i >= 0 && p.has(f.client); i-- {
		a, err := netip.ParseAddr(strings.Trim(list[i], "[]"))
		if err != nil {
			if ap, err := netip.ParseAddrPort(list[i]); err == nil {
				a = ap.Addr()
			} else {
				break
			}
		}
		f.client = a.Unmap().WithZone("")
	}
	return f
}

// values are the elements of a header that is a list, of however many lines.
func values(h http.Header, name string) []string {
	var out []string
	for _, line := range h.Values(name) {
		for v := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}

// peer is the address of a connection's other end.
func peer(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
