package http

import (
	"net/netip"
	"strconv"
	"strings"

	"signet"
)

func itoa(n int) string { return strconv.Itoa(n) }

// hostField is the Host of a request to the endpoint: its name or address, the port unless it is the scheme's own.
func hostField(e signet.Endpoint, secure bool) string {
	host := e.Name
	if a, err := netip.ParseAddr(host); err == nil || host == "" {
		if err != nil {
			a = e.Addr
		}
		host = a.WithZone("").String()
		if a.Is6() && !a.Is4In6() {
			host = "[" + host + "]"
		}
	}
	if e.Port != standardPort(secure) {
		host += ":" + itoa(int(e.Port))
	}
	return host
}

func standardPort(secure bool) uint16 {
	if secure {
		return 443
	}
	return 80
}

// location is an absolute http or https URL taken apart as far as a redirect needs it.
type location struct {
	secure bool
	host   string // without brackets, lower case
	port   uint16
}

// parseLocation reads a Location value; ok is false for a relative one and for what is no HTTP URL.
func parseLocation(s string) (l location, ok bool) {
	scheme, rest, found := strings.Cut(s, "://")
	switch {
	case !found:
		return location{}, false
	case strings.EqualFold(scheme, "https"):
		l.secure = true
	case !strings.EqualFold(scheme, "http"):
		return location{}, false
	}
	authority, _, _ := strings.Cut(rest, "/")
	authority, _, _ = strings.Cut(authority, "?")
	authority, _, _ = strings.Cut(authority, "#")
	l.host, l.port = strings.ToLower(authority), standardPort(l.secure)
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		n, err := strconv.ParseUint(authority[i+1:], 10, 16)
		if err != nil || n == 0 {
			return location{}, false
		}
		l.host, l.port = strings.ToLower(authority[:i]), uint16(n)
	}
	l.host = strings.Trim(l.host, "[]")
	return l, l.host != ""
}

// sameHost says that a host of a Location is the endpoint's own: its name, or its address.
func sameHost(e signet.Endpoint, host string) bool {
	if e.Name != "" && strings.EqualFold(strings.TrimSuffix(e.Name, "."), strings.TrimSuffix(host, ".")) {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap() == e.Addr.WithZone("").Unmap()
}

// pathOf is the path of a Location, absolute or relative.
func pathOf(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return rest[i:]
		}
		return "/"
	}
	return s
}

// escapeName writes a CA's name as a path segment (RFC 3986 §3.3): IIS decodes it again.
func escapeName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
		}
	}
	return b.String()
}
