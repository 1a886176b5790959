package http

import (
	"strings"

	"signet/internal/wire/http1"
)

// opening lists what every server is asked. WinRM's ports have one path; a port that proxies use is first asked as
// one, for a forward proxy is asked for nothing but a name that cannot exist.
func (iv *interview) opening() []row {
	switch {
	case iv.marks["winrm"] && !iv.subject.Options.HTTPThorough:
		return iv.rowsOf("winrm")
	case iv.marks["http-proxy"]:
		return iv.rowsOf("http-proxy")
	}
	return iv.everywhere()
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

// add queues rows that were not asked yet, one for each name of a CA where the row wants one.
func (iv *interview) add(rows []row) {
	for _, r := range rows {
		if !strings.Contains(r.path, "{ca}") {
			iv.addOne(r)
			continue
		}
		for _, name := range iv.subject.Options.CANames {
			one := r
			one.path = strings.ReplaceAll(r.path, "{ca}", escapeName(name))
			iv.addOne(one)
		}
	}
}

func (iv *interview) addOne(r row) {
	for _, p := range iv.pages {
		if p.row.path == r.path && p.row.method == r.method {
			return
		}
	}
	if _, err := http1.AppendRequest(nil, http1.Request{Method: r.method, Target: r.path, Host: "x"}); err != nil {
		iv.skipped = append(iv.skipped, "path "+r.path)
		return
	}
	p := &page{row: r}
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

// widen queues the paths of roles that have come to show.
func (iv *interview) widen() {
	if iv.isProxy() {
		return
	}
	if iv.marks["http-proxy"] {
		if !iv.asked("http://signet.invalid/") {
			iv.add(iv.rowsOf("http-proxy"))
			return
		}
		iv.add(iv.everywhere())
	}
	if iv.marks["winrm"] && !iv.subject.Options.HTTPThorough && iv.pages[0].row.role == "winrm" {
		return
	}
	rootLogon := iv.pages[0].wantsLogon()
	for _, r := range iv.table.rows {
		if iv.wanted(r, rootLogon) {
			iv.add([]row{r})
		}
	}
}

// wanted decides on a row by what has shown. Where "/" itself wants a logon, every path will: only marks of the
// role's own then count.
func (iv *interview) wanted(r row, rootLogon bool) bool {
	if r.role == "http-proxy" {
		return false
	}
	if iv.subject.Options.HTTPThorough {
		return true
	}
	if r.more {
		return iv.marks[r.role] || !rootLogon && iv.shows(r.role)
	}
	for _, m := range r.marks {
		if iv.marks[m] && (m == r.role || m == always || !rootLogon) {
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

func (iv *interview) asked(path string) bool {
	for _, p := range iv.pages {
		if p.row.path == path {
			return true
		}
	}
	return false
}
