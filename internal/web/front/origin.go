package front

import (
	"net/http"
	"strings"
)

// CrossOrigin tells whether a request that changes something was sent by a page of another origin: another host, port or scheme. What is no
// browser sends no Origin, and is none.
func CrossOrigin(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return false
	}
	if http.NewCrossOriginProtection().Check(r) != nil {
		return true
	}
	// The standard library compares hosts, and lets a page of http://HOST write to https://HOST.
	for _, origin := range r.Header.Values("Origin") {
		if !strings.EqualFold(origin, Of(r.Context()).Origin) {
			return true
		}
	}
	return false
}

// Local is a path of this server, or "/": a link that leads elsewhere after a log-on would be somebody's who wants the password again.
func Local(to string) string {
	if len(to) == 0 || to[0] != '/' || len(to) > 2000 || len(to) > 1 && (to[1] == '/' || to[1] == '\\') {
		return "/"
	}
	for _, c := range []byte(to) {
		if c < 0x21 || c == '\\' || c > 0x7e {
			return "/"
		}
	}
	return to
}
