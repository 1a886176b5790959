package http

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"

	"signet/internal/wire/http1"
)

// gateway says that what answered a request for a page may be a proxy: an error of a kind that gateways give, with a sign
// of one. It adds a question, the one for a name that cannot exist, and takes none away.
func gateway(r row, answer *http1.Response) bool {
	if strings.HasPrefix(r.path, "http://") {
		return false
	}
	switch answer.Status {
	case 407:
		return true
	case 400, 403, 404, 405, 501, 502, 503, 504:
	default:
		return false
	}
	for _, field := range []string{"Via", "X-Squid-Error", "Proxy-Connection", "X-BlueCoat-Via", "Proxy-Authenticate"} {
		if answer.Header.Values(field) != nil {
			return true
		}
	}
	body := bytes.ToLower(answer.Body)
	for _, word := range []string{"proxy", "squid", "blue coat", "bluecoat", "symantec", "zscaler", "forcepoint", "websense", "ironport", "web gateway", "fortigate", "gateway"} {
		if bytes.Contains(body, []byte(word)) {
			return true
		}
	}
	return false
}

// inflate unpacks what was kept of a body that came as gzip though nobody asked for that. What is cut off is read up to
// the cut.
func inflate(r *http1.Response) {
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") && !bytes.HasPrefix(r.Body, []byte{0x1f, 0x8b}) {
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err != nil {
		return
	}
	if plain, _ := io.ReadAll(io.LimitReader(z, int64(limits().Keep))); len(plain) > 0 {
		r.Body = plain
	}
}

// wantsCertificate says that an error names a client certificate as what is missing, as nginx does under 400 and IIS
// under 403.7.
func wantsCertificate(r *http1.Response) bool {
	body := bytes.ToLower(r.Body)
	return r.Status >= 400 && (bytes.Contains(body, []byte("client certificate")) || bytes.Contains(body, []byte("ssl certificate")))
}
