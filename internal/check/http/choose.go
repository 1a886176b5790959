package http

import (
	"encoding/hex"
	"slices"
	"strings"

	"signet/internal/wire/http1"
)

// ordinaryRequests is the budget of a server that hints at nothing: what is asked of the paths of table.spare, and what
// redirects lead to, ends there.
const ordinaryRequests = 16

// opening lists what every server is asked. A port that has a role of its own is asked for that first, and for the rest
// all the same.
func (iv *interview) opening() []row {
	rows := iv.everywhere()
	if iv.marks["winrm"] {
		rows = append(iv.rowsOf("winrm"), rows...)
		if iv.subject.Options.Quick {
			return rows[:1]
		}
	}
	if iv.marks["http-proxy"] && !iv.subject.Options.Quick {
		rows = append(rows, iv.rowsOf("http-proxy")...)
	}
	return rows
}

func (iv *interview) everywhere() []row {
	rows := []row{{method: "GET", path: "/"}}
	if iv.subject.Options.Quick {
		return rows
	}
	for _, r := range iv.table.rows {
		if r.marks[0] == always && !r.more {
			rows = append(rows, r)
		}
	}
	for _, p := range iv.subject.Options.HTTPPaths {
		if !strings.HasPrefix(p, "/") {
			p = "/" + p
		}
		rows = append(rows, row{method: "GET", path: p})
	}
	return rows
}

func (iv *interview) rowsOf(role string) []row {
	var rows []row
	for _, r := range iv.table.rows {
		if r.role == role {
			rows = append(rows, r)
		}
	}
	return rows
}

// add queues rows that were not asked yet of the site that answers, one for each name of a CA where the row wants one.
func (iv *interview) add(rows []row) {
	for _, r := range rows {
		if !strings.Contains(r.path, "{ca}") {
			iv.addOne(r)
			continue
		}
		for _, name := range iv.caNames() {
			one := r
			one.path = strings.ReplaceAll(r.path, "{ca}", escapeName(name))
			iv.addOne(one)
		}
	}
}

func (iv *interview) addOne(r row) {
	host := iv.site
	if strings.HasPrefix(r.path, "http://") {
		host = ""
	}
	for _, p := range iv.pages {
		if p.row.path == r.path && p.row.method == r.method && p.host == host && p.carried == "" {
			return
		}
	}
	if _, err := http1.AppendRequest(nil, http1.Request{Method: r.method, Target: r.path, Host: "x"}); err != nil {
		if what := "path " + r.path; !slices.Contains(iv.skipped, what) {
			iv.skipped = append(iv.skipped, what)
		}
		return
	}
	iv.enqueue(&page{row: r, host: host})
}

func (iv *interview) enqueue(p *page) {
	iv.pages = append(iv.pages, p)
	iv.queue = append(iv.queue, p)
}

// windows says that the server looks like IIS, or that a CA shows: then NTLM may be taken without a word of it. A CA
// shows where an enrolment page is there and other enrolment paths are not: such a server does not answer all alike.
func (iv *interview) windows() bool {
	if iv.marks["iis"] || iv.marks["adcs"] {
		return true
	}
	page, missing := false, false
	for _, p := range iv.pages {
		if p.resp == nil || !strings.HasPrefix(p.row.role, "adcs-") {
			continue
		}
		if p.proven || p.offers("NTLM") || p.offers("Negotiate") {
			return true
		}
		page = page || p.resp.Status == 200 && strings.HasSuffix(p.row.path, ".asp")
		missing = missing || p.gone()
	}
	return page && missing
}

// widen queues what comes next where nothing is left to ask: the paths of roles that have come to show, where pages send
// a browser on, other sites of this address, a path that cannot exist to compare with, and at last the roles that
// nothing hints at. Each step waits for the answers of the one before.
func (iv *interview) widen() {
	for _, step := range []func(){iv.byMarks, iv.follow, iv.sites, iv.compareWith, iv.spare} {
		if step(); len(iv.queue) > 0 {
			return
		}
	}
}

func (iv *interview) byMarks() {
	alike := iv.alike()
	for _, r := range iv.table.rows {
		if iv.wanted(r, alike) {
			iv.add([]row{r})
		}
	}
}

// alike says that every path wants a logon: the one that cannot exist does, or, before it was asked, "/".
func (iv *interview) alike() bool {
	first := false
	for _, p := range iv.pages {
		switch {
		case p.resp == nil:
		case p.row.role == absent:
			return p.wantsLogon()
		case p.row.path == "/" && p.row.method == "GET" && p.hops == 0:
			first = p.wantsLogon()
		}
	}
	return first
}

// absent is the role of the path that cannot exist. It is asked only to compare others with.
const absent = "no-such-page"

// compareWith asks for a path that cannot exist where "/" or a page of a role wants a logon: whether every page does decides what
// the role's page says of the role.
func (iv *interview) compareWith() {
	if iv.compared {
		return
	}
	for _, p := range iv.pages {
		if (p.row.role != "" || p.row.path == "/") && !strings.HasPrefix(p.row.path, "http://") && p.wantsLogon() {
			iv.compared = true
			var b [8]byte
			iv.subject.Options.Random(b[:])
			iv.enqueue(&page{row: row{method: "GET", path: "/" + hex.EncodeToString(b[:]), role: absent}, host: iv.site})
			return
		}
	}
}

// spare asks what nothing hints at, for as long as the budget lasts. Where everything wants a logon, a role does not
// show by its path.
func (iv *interview) spare() {
	if iv.alike() {
		return
	}
	for _, r := range iv.table.spare {
		if iv.requests+len(iv.queue) >= ordinaryRequests {
			return
		}
		iv.add([]row{r})
	}
}

// wanted decides on a row by what has shown. Where every path wants a logon, only marks of the role's own count.
func (iv *interview) wanted(r row, alike bool) bool {
	if r.role == "http-proxy" {
		return iv.marks["http-proxy"] || iv.gateway
	}
	if iv.subject.Options.HTTPThorough {
		return true
	}
	if r.more {
		return iv.marks[r.role] || !alike && iv.shows(r.role)
	}
	for _, m := range r.marks {
		if m == always && strings.Contains(r.path, "{ca}") && !iv.certain() && iv.requests+len(iv.queue) >= ordinaryRequests {
			return false
		}
		if iv.marks[m] && (m == r.role || m == always || !alike) {
			return true
		}
	}
	return false
}

// shows says that a path of the role wants a logon.
func (iv *interview) shows(role string) bool {
	for _, p := range iv.pages {
		if p.row.role == role && !p.row.more && p.wantsLogon() {
			return true
		}
	}
	return false
}
