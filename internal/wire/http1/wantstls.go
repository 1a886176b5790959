package http1

import (
	"strconv"
	"strings"
)

// WantsTLS recognises the answer of a web server whose port speaks TLS to a request in plain text: an error that speaks
// of TLS. It says so in whatever words: Apache ("speaking plain HTTP to an SSL-enabled server port"), nginx and its
// descendants ("The plain HTTP request was sent to HTTPS port", under 400 or 497), Go ("Client sent an HTTP request to an
// HTTPS server") and Webmin ("This web server is running in SSL mode") are known, and others say it their own way, so
// that the words count and not the sentence. A page that is no error may speak of TLS for any reason: see SaysTLS.
// IIS is said to have no such page: http.sys closes the connection [U].
func WantsTLS(r *Response) bool {
	if r == nil {
		return false
	}
	switch r.Status {
	case 426:
		return r.Header.hasToken("Upgrade", "TLS/1.0") || r.Header.hasToken("Upgrade", "TLS/1.2") || speaksOfTLS(r)
	case 400, 497, 505:
		return speaksOfTLS(r)
	}
	return strings.Contains(asciiLower(string(r.Body)), "running in ssl mode")
}

// SaysTLS says that an answer of whatever status asks for TLS, though perhaps on another port: IIS under "require SSL"
// answers 403.4 in this way.
func SaysTLS(r *Response) bool {
	if r == nil || r.Status < 400 || !speaksOfTLS(r) {
		return false
	}
	words := asciiLower(string(r.Body) + " " + r.Reason)
	for _, w := range []string{"require", "must", "secured with", "instead", "only"} {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}

// speaksOfTLS looks for the word in the reason and in the kept body, addresses left out: those are links.
func speaksOfTLS(r *Response) bool {
	text := asciiLower(r.Reason + " " + string(r.Body))
	text = strings.ReplaceAll(text, "https:", " ")
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c < 'a' || c > 'z' }) {
		switch word {
		case "https", "ssl", "tls":
			return true
		}
	}
	return false
}

// PointsTo says that the body links to https on that port, which must not be the one that links leave out.
func PointsTo(r *Response, port uint16) bool {
	if r == nil || port == 443 {
		return false
	}
	text, want := asciiLower(string(r.Body)), ":"+strconv.Itoa(int(port))
	for {
		_, rest, ok := strings.Cut(text, "https://")
		if !ok {
			return false
		}
		text = rest
		authority := rest
		if end := strings.IndexAny(rest, "/?#\"'<> \t\r\n"); end >= 0 {
			authority = rest[:end]
		}
		if strings.HasSuffix(authority, want) {
			return true
		}
	}
}
