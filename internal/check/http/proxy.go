package http

import (
	"slices"
	"strings"

	"signet/internal/wire/http1"
)

// maybeProxy looks for a forward proxy: one that shows is asked for nothing else, one that may be is asked first.
func (iv *interview) maybeProxy() bool {
	rest := iv.queue
	switch {
	case iv.proxy:
		return false
	case iv.isProxy():
		iv.proxy = true
		iv.queue = nil
		iv.add(iv.rowsOf("http-proxy"))
		// What a proxy answers to the request of a page is no page: it is asked by the name that cannot exist alone.
		iv.pages = slices.DeleteFunc(iv.pages, func(p *page) bool { return !strings.HasPrefix(p.row.path, "http://") })
		return true
	case refusesPath(iv.pages[0].row, iv.pages[0].resp) && !iv.asked("http://signet.invalid/"):
		iv.queue = nil
		iv.add(iv.rowsOf("http-proxy"))
		iv.queue = append(iv.queue, rest...)
		return true
	}
	return false
}

// refusesPath: a 400 to the simplest of requests may come from a proxy that wants a whole URL.
func refusesPath(r row, answer *http1.Response) bool {
	return r.path == "/" && answer != nil && answer.Status == 400
}

// isProxy says that the endpoint answered as a forward proxy does, rather than only listening where proxies do.
func (iv *interview) isProxy() bool {
	return iv.proxy || slices.ContainsFunc(iv.pages, func(p *page) bool { return p.resp != nil && isProxy(p.row, p.resp) })
}

// setsBack says that after this answer the rest of a batch is not sent, because a proxy may be what answers.
func setsBack(r row, answer *http1.Response) bool {
	return isProxy(r, answer) || refusesPath(r, answer)
}

// isProxy tells a forward proxy by its answer: it wants its own credentials, it found no URL to fetch in an ordinary
// request, or it tried to fetch the one that cannot exist.
func isProxy(r row, answer *http1.Response) bool {
	if answer.Status == 407 {
		return true
	}
	if strings.HasPrefix(r.path, "http://") {
		return answer.Header.Values("Via") != nil || answer.Header.Values("X-Squid-Error") != nil ||
			answer.Status >= 502 && answer.Status <= 504
	}
	why := answer.Header.Get("X-Squid-Error")
	return strings.HasPrefix(why, "ERR_INVALID_URL") || strings.HasPrefix(why, "ERR_INVALID_REQ")
}
