package pages_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"signet/internal/check/checktest"
)

const nlaRule = "rdp-nla-not-required"

// walk gives every element of a page.
func walk(t *testing.T, page string, see func(*html.Node)) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			see(n)
		}
	}
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// clean fails on whatever the policy for contents would refuse, on an element that a name made, and on a page that is hard to use.
func clean(t *testing.T, path, page string) (links []string) {
	t.Helper()
	ids, count := map[string]bool{}, map[string]int{}
	labels := map[string]bool{}
	walk(t, page, func(n *html.Node) {
		if v, ok := attr(n, "for"); ok {
			labels[v] = true
		}
	})
	walk(t, page, func(n *html.Node) {
		count[n.Data]++
		_, counted := attr(n, "data-count")
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "srcdoc":
				t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("%s: two elements have the id %s", path, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href" && counted && strings.Contains(path, "?"): // filters of filters: each is followed by itself
			case (a.Key == "href" || a.Key == "src" || a.Key == "action") && n.Data != "link" && n.Data != "script":
				u, err := url.Parse(a.Val)
				if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" || strings.HasPrefix(a.Val, "#ZgotmplZ") {
					t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
				} else if u.Scheme == "" && a.Key == "href" && u.Path != "" {
					links = append(links, a.Val)
				}
			case (a.Key == "href" || a.Key == "src") && !strings.HasPrefix(a.Val, "/"):
				t.Errorf("%s loads %s", path, a.Val)
			case a.Key == "href" || a.Key == "src":
				links = append(links, a.Val)
			}
		}
		id, _ := attr(n, "id")
		kind, _ := attr(n, "type")
		_, named := attr(n, "aria-label")
		inLabel := n.Parent != nil && n.Parent.Data == "label"
		if slices.Contains([]string{"input", "select", "textarea"}, n.Data) && kind != "hidden" && !named && !inLabel && !labels[id] {
			t.Errorf("%s: a field without a label: %v", path, n.Attr)
		}
		if method, _ := attr(n, "method"); n.Data == "form" && method == "post" {
			if _, ok := attr(n, "action"); ok {
				t.Errorf("%s: a form that posts by itself", path)
			}
		}
		if slices.Contains([]string{"style", "iframe", "object", "embed", "img", "base"}, n.Data) {
			t.Errorf("%s: <%s>", path, n.Data)
		}
	})
	if count["script"] != 1 || count["h1"] != 1 || count["main"] != 1 {
		t.Errorf("%s: %d scripts, %d h1, %d main", path, count["script"], count["h1"], count["main"])
	}
	return links
}

// crawl opens every page that links lead to, and gives their texts by path.
func (c *caller) crawl(base string) map[string]string {
	c.t.Helper()
	seen := map[string]string{}
	todo := []string{base + "/"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if _, ok := seen[path]; ok {
			continue
		}
		if !strings.HasPrefix(path, base+"/") {
			c.t.Errorf("a link leads to %s, out of the server's path", path)
			continue
		}
		status, header, text := c.do("GET", strings.TrimPrefix(path, base), nil)
		seen[path] = text
		if status != http.StatusOK {
			c.t.Errorf("GET %s: %d", path, status)
			continue
		}
		if !strings.HasPrefix(header.Get("Content-Type"), "text/html") || strings.HasPrefix(path, base+"/api/") || header.Get("Content-Disposition") != "" {
			continue
		}
		if !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self'; style-src 'self'") {
			c.t.Errorf("%s: %s", path, header.Get("Content-Security-Policy"))
		}
		kinds := map[string]int{} // of each kind of page some are enough
		for _, l := range clean(c.t, path, text) {
			if strings.HasPrefix(l, "?") {
				l = strings.SplitN(path, "?", 2)[0] + l
			}
			l, _, _ = strings.Cut(l, "#")
			kind := strings.Join(strings.SplitN(strings.TrimPrefix(l, base), "/", 3)[:2], "/")
			if kinds[kind]++; kinds[kind] <= 12 || kinds[kind]%9 == 0 {
				todo = append(todo, l)
			}
		}
	}
	return seen
}

// TestEveryLink: everything that an administrator can click leads to a page that is there, below a sub-path, and no page holds what the
// browser is told to refuse, though every name in it is hostile.
func TestEveryLink(t *testing.T) {
	const evil = `\"'><script>alert(1)</script><img src=x onerror=alert(2)>`
	s := serve(t, "http://tools.example/signet", "127.9.7.1", "127.9.7.2")
	server := checktest.ServeDesktop(t, "127.9.7.1")
	c := s.admin(t)
	empty := c.crawl("/signet")
	if !strings.Contains(empty["/signet/"], "Nothing has been asked yet") || !strings.Contains(empty["/signet/"], "Start the first scan") {
		t.Errorf("the first page of an empty server: %s", empty["/signet/"])
	}
	c.sample("dc1.lab.example", evil, "DC1", "<b>DC1", "Signet lab CA", evil, `"signet/sample"`, `"<script>tool</script>"`, `"baseline/1"`, `"<i>policy"`)
	site := c.call("POST", "sites", m{"name": "<script>site</script>", "targets": []string{"127.9.7.1"}, "checks": []string{"rdp"}, "owner": "<u>owner"})["id"].(string)
	c.scan(m{"site": site})
	for _, mended := range []bool{false, true, false} {
		server.Mended.Store(mended)
		c.scan(m{"site": site})
	}
	gone := m{"targets": []string{"127.9.7.2"}, "checks": []string{"rdp"}}
	t.Run("while a second one answers", func(t *testing.T) {
		checktest.ServeDesktop(t, "127.9.7.2")
		c.scan(gone)
	})
	c.scan(gone)
	c.call("POST", "exceptions", m{"rule": nlaRule, "scope": []string{"127.9.7.1"}, "owner": "<b>x", "reason": "<script>why</script>", "until": "2100-01-01"})
	c.call("POST", "policies", m{"name": "ours", "yaml": "extends: baseline\n# </textarea><script>1</script>\n"})
	c.call("POST", "schedules", m{"site": site, "cron": "0 6 * * 1", "zone": "Europe/Berlin", "blackouts": []string{"sat,sun"}})
	c.call("POST", "channels", m{"kind": "webhook", "name": "<script>ch</script>", "url": "https://soc.example/?a=%3Cscript%3E", "template": `{"text": "{{.Title}}"}`})
	c.call("POST", "tokens", m{"name": "<script>t</script>", "role": "viewer"})
	c.call("POST", "users", m{"name": "<script>u</script>", "password": password, "role": "operator"})
	row := c.call("GET", "findings?rule="+nlaRule, nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	c.call("PATCH", "findings/"+row, m{"owner": "<script>o</script>", "ticket": "https://t.example/?a=%3Cscript%3E", "comment": "</textarea><script>c</script>", "due": "2020-01-01"})
	c.call("PUT", "owners", m{"rules": []m{{"match": "127.20.4.0/24", "owner": "Desk team"}, {"match": "0.0.0.0/0", "owner": "Desk team"}}})
	c.call("POST", "findings/"+row+"/verify", nil)

	seen := c.crawl("/signet")
	if len(seen) < 60 {
		t.Errorf("only %d pages were found", len(seen))
	}
	for _, path := range []string{"/board", "/board/" + row, "/hosts", "/paths", "/fixes", "/fixes/" + nlaRule, "/fixes/" + nlaRule + "/impact", "/changes", "/reports/board", "/runs", "/diff", "/jobs", "/sites", "/sites/" + site, "/owners", "/schedules", "/channels", "/exceptions", "/policies", "/policies/ours", "/policies/baseline", "/users", "/tokens", "/audit", "/settings", "/me"} {
		if _, ok := seen["/signet"+path]; !ok {
			t.Errorf("no link leads to %s", path)
		}
	}
	all := ""
	kinds := map[string]bool{}
	for path, text := range seen {
		all += text
		for _, k := range []string{"/evidence?", "/paths?rule=", "subnet=", "/runs/", "/diff?", "/hosts/", "format=html"} {
			kinds[k] = kinds[k] || strings.Contains(path, k)
		}
	}
	if len(kinds) != 7 || slices.Contains([]bool{kinds["/evidence?"], kinds["/paths?rule="], kinds["subnet="], kinds["/runs/"], kinds["/diff?"], kinds["/hosts/"], kinds["format=html"]}, false) {
		t.Errorf("kinds of pages that were found: %v", kinds)
	}
	for _, want := range []string{"&lt;script&gt;alert(1)", "&lt;script&gt;site", "&lt;script&gt;o&lt;", "&lt;/textarea&gt;&lt;script&gt;c", "&lt;script&gt;why", "overdue", `class="trend"`, "03 00 00 13 0e d0 00 00", `rel="noopener noreferrer"`} {
		if !strings.Contains(all, want) {
			t.Errorf("no page shows %s", want)
		}
	}
	counted := []string{"/", "/board", "/changes", "/exceptions", "/fixes", "/fixes/" + nlaRule, "/hosts", "/owners", "/sites", "/sites/" + site}
	got := c.counts("/signet", append(slices.Clone(counted), slices.Sorted(maps.Keys(seen))...))
	for _, path := range counted {
		if !slices.Contains(got, path) {
			t.Errorf("no count at %s leads to a list", path)
		}
	}
	if said := s.said.text(); said != "" {
		t.Errorf("the log: %s", said)
	}
}

// calls are what the forms of a page would call.
func calls(t *testing.T, page string) (list []string) {
	t.Helper()
	walk(t, page, func(n *html.Node) {
		for _, name := range []string{"data-call", "data-upload"} {
			if v, ok := attr(n, name); ok {
				list = append(list, strings.SplitN(v, "/", 2)[0])
			}
		}
	})
	slices.Sort(list)
	return slices.Compact(list)
}

// TestWhoSees: each role is shown what it may see, and offered what it may do.
func TestWhoSees(t *testing.T) {
	s := serve(t, "", "127.9.8.0/24")
	checktest.ServeDesktop(t, "127.9.8.1")
	checktest.ServeDesktop(t, "127.9.8.2")
	admin := s.admin(t)
	one := admin.call("POST", "sites", m{"name": "site-one", "targets": []string{"127.9.8.1"}, "checks": []string{"rdp"}})["id"].(string)
	two := admin.call("POST", "sites", m{"name": "site-two", "targets": []string{"127.9.8.2"}, "checks": []string{"rdp"}})["id"].(string)
	admin.scan(m{"site": one})
	other := admin.scan(m{"site": two})
	row := ""
	for _, r := range admin.call("GET", "findings", nil)["items"].([]any) {
		if r := r.(map[string]any); r["address"] == "127.9.8.2" {
			row = r["id"].(string)
		}
	}
	host := admin.call("GET", "hosts?q=127.9.8.2", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	admin.call("PATCH", "findings/"+row, m{"owner": "owner-of-two"})

	closed := []string{"/policies", "/policies/baseline", "/users", "/tokens", "/audit", "/settings"}
	nobody := s.nobody(t)
	for _, path := range append([]string{"/", "/board", "/hosts/" + host, "/me"}, closed...) {
		if status, h, _ := nobody.do("GET", path, nil); status != http.StatusSeeOther || h.Get("Location") != "/login?to="+url.QueryEscape(path) {
			t.Errorf("nobody at %s: %d, to %s", path, status, h.Get("Location"))
		}
	}
	viewer, operator := admin.user("vera", "viewer"), admin.user("otto", "operator")
	limited := admin.user("lisa", "operator", one)
	for name, c := range map[string]*caller{"viewer": viewer, "operator": operator, "limited": limited} {
		for _, path := range closed {
			if status, _, text := c.do("GET", path, nil); status != http.StatusForbidden || strings.Contains(text, "vera") && name != "viewer" {
				t.Errorf("%s at %s: %d", name, path, status)
			}
		}
	}
	may := map[string]bool{"DELETE session": true, "POST me": true, "DELETE me": true}
	for path, page := range viewer.crawl("") {
		if strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/assets/") {
			continue
		}
		if strings.Contains(strings.ReplaceAll(page, "by ada", ">ada<"), ">ada<") {
			t.Errorf("a viewer reads who did something at %s", path)
		}
		for _, call := range calls(t, page) {
			if !may[call] {
				t.Errorf("a viewer is offered %s at %s", call, path)
			}
		}
	}
	if got := calls(t, operator.page("/board")); !slices.Equal(got, []string{"DELETE session", "PATCH findings", "POST findings"}) {
		t.Errorf("an operator may %v on the board", got)
	}
	operator.call("POST", "exceptions", m{"rule": nlaRule, "scope": []string{"127.9.8.2"}, "owner": "otto", "reason": "it goes in spring", "until": "2100-01-01"})
	if got := calls(t, admin.page("/exceptions")); !slices.Equal(got, []string{"DELETE exceptions", "DELETE session", "PATCH exceptions", "POST exceptions"}) {
		t.Errorf("an admin may %v with exceptions", got)
	}
	if got := calls(t, viewer.page("/exceptions")); !slices.Equal(got, []string{"DELETE session"}) {
		t.Errorf("a viewer may %v with exceptions", got)
	}
	if got := calls(t, operator.page("/exceptions")); !slices.Equal(got, []string{"DELETE exceptions", "DELETE session", "POST exceptions"}) {
		t.Errorf("an operator may %v with exceptions", got)
	}
	for path, page := range limited.crawl("") {
		for _, secret := range []string{"127.9.8.2", "site-two", two, other, row, host, "owner-of-two"} {
			if strings.Contains(page, secret) && !strings.HasPrefix(path, "/assets/") {
				t.Errorf("who sees site-one alone reads %s at %s", secret, path)
			}
		}
	}
	for _, path := range []string{"/hosts/" + host, "/hosts/" + host + "/evidence?port=3389&check=rdp", "/board/" + row, "/runs/" + other, "/sites/" + two, "/diff?old=" + other + "&new=" + other, "/nothing", "/hosts/1", "/board/" + strings.Repeat("0", 32)} {
		if status, _, text := limited.do("GET", path, nil); status != http.StatusNotFound || !strings.Contains(text, "<h1>") {
			t.Errorf("who sees site-one alone at %s: %d", path, status)
		}
	}
	ours := admin.call("POST", "exceptions", m{"rule": nlaRule, "site": "site-one", "owner": "owner-of-one", "reason": "it goes in spring", "until": "2100-01-01"})["id"].(string)
	admin.call("POST", "exceptions", m{"rule": nlaRule, "site": "site-two", "owner": "owner-of-two", "reason": "it stays", "until": "2100-01-01"})
	boss := admin.user("bea", "admin", one)
	limited.call("POST", "exceptions", m{"rule": nlaRule, "site": "site-one", "owner": "lisa", "reason": "perhaps", "until": "2100-01-01"})
	for name, c := range map[string]*caller{"operator": limited, "admin": boss} {
		page := c.page("/exceptions")
		if !strings.Contains(page, "owner-of-one") || !strings.Contains(page, "perhaps") || strings.Contains(page, "owner-of-two") || strings.Contains(page, "otto") || strings.Contains(page, "site-two") || strings.Contains(page, `<option value="">`) {
			t.Errorf("what the %s of site-one reads of exceptions: %s", name, page)
		}
		want := map[string][]string{"operator": {"DELETE exceptions", "DELETE session", "POST exceptions"}, "admin": {"DELETE exceptions", "DELETE session", "PATCH exceptions", "POST exceptions"}}[name]
		if got := calls(t, page); !slices.Equal(got, want) {
			t.Errorf("the %s of site-one may %v with exceptions", name, got)
		}
		if n := strings.Count(page, `data-call="DELETE exceptions/`+ours); n != map[string]int{"operator": 0, "admin": 1}[name] {
			t.Errorf("what an admin approved the %s may remove %d times", name, n)
		}
	}
	if link := "/exceptions?rule=" + nlaRule + "&amp;scope=127.9.8.1&amp;site=" + one + "#new"; !strings.Contains(limited.page("/board"), link) || strings.Contains(operator.page("/board"), "&amp;site="+one) {
		t.Errorf("a row of site-one does not lead to %s: %s", link, limited.page("/board"))
	}
	if page := limited.page("/exceptions?rule=" + nlaRule + "&scope=127.9.8.1&site=" + one); !strings.Contains(page, `<option value="`+one+`" selected>`) {
		t.Errorf("the form does not begin with the site: %s", page)
	}
	for page, want := range map[string]bool{admin.page("/board?exception=" + ours): true, admin.page("/board?exception=" + ours + "&site=" + two): false, limited.page("/board?exception=" + ours): true} {
		if strings.Contains(page, "127.9.8.1:3389") != want || strings.Contains(page, "127.9.8.2:3389") {
			t.Errorf("what an exception of site-one covers: %s", page)
		}
	}
	if page := admin.page("/policies/baseline"); strings.Count(page, "The same for runs of the site") != 2 || strings.Count(page, "owner-of-one") != 1 {
		t.Errorf("the policy as a file for each site: %s", page)
	}
	if status, h, text := viewer.do("POST", "/board", nil); status != http.StatusMethodNotAllowed || h.Get("Allow") == "" || !strings.Contains(text, "script") {
		t.Errorf("a form that is sent without a script: %d %s", status, text)
	}
	for _, path := range []string{"/board?severity=worst", "/board?state=lost", "/board?cursor=x", "/hosts?verdict=good", "/runs?cursor=x", "/changes?cursor=x", "/changes?since=x", "/changes?kind=x", "/paths?subnet=x", "/hosts/" + host + "/evidence?port=x"} {
		if status, _, _ := admin.do("GET", path, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestFilters: filters stand in the address, and pages of a list follow each other.
func TestFilters(t *testing.T) {
	s := serve(t, "")
	c := s.admin(t)
	c.sample()
	if page := c.page("/"); !strings.Contains(page, "accept relayed logons") || !strings.Contains(page, "What to do first") {
		t.Errorf("overview: %s", page)
	}
	rows := func(path, what string) (list []string) {
		walk(t, c.page(path), func(n *html.Node) {
			if href, ok := attr(n, "href"); ok && n.Data == "a" && strings.HasPrefix(href, what) && len(href) == len(what)+32 {
				list = append(list, href)
			}
		})
		return list
	}
	seen := map[string]bool{}
	for path := "/board"; path != ""; {
		got := rows(path, "/board/")
		for _, r := range got {
			if seen[r] {
				t.Errorf("%s is listed twice", r)
			}
			seen[r] = true
		}
		next := ""
		walk(t, c.page(path), func(n *html.Node) {
			if v, _ := attr(n, "rel"); v == "next" {
				next, _ = attr(n, "href")
			}
		})
		if path = next; path != "" && len(got) != 50 {
			t.Errorf("a page of %d", len(got))
		}
	}
	if all := len(c.call("GET", "findings?limit=500", nil)["items"].([]any)); all != len(seen) || all < 60 {
		t.Errorf("the board's pages list %d findings of %d", len(seen), all)
	}
	for path, call := range map[string]string{"/board?severity=critical": "findings?limit=500&severity=critical", "/board?q=dc1&state=open": "findings?limit=500&state=open&q=dc1", "/board?rule=ldap-signing-not-required": "findings?limit=500&rule=ldap-signing-not-required"} {
		if got, want := len(rows(path, "/board/")), min(50, len(c.call("GET", call, nil)["items"].([]any))); got != want || got == 0 {
			t.Errorf("%s lists %d, want %d", path, got, want)
		}
	}
	for path, call := range map[string]string{"/hosts?verdict=guarded": "hosts?limit=500&verdict=guarded", "/hosts?q=dc1": "hosts?limit=500&q=dc1", "/hosts?role=domain-controller": "hosts?limit=500&role=domain-controller"} {
		if got, want := len(rows(path, "/hosts/")), min(50, len(c.call("GET", call, nil)["items"].([]any))); got != want || got == 0 {
			t.Errorf("%s lists %d, want %d", path, got, want)
		}
	}
	var kept string
	walk(t, c.page("/board?rule=ldap-signing-not-required&severity=high"), func(n *html.Node) {
		if _, ok := attr(n, "selected"); ok {
			kept += " " + n.FirstChild.Data
		}
	})
	if !strings.Contains(kept, "ldap-signing-not-required") || !strings.Contains(kept, "high") {
		t.Errorf("the form of filters has %s chosen", kept)
	}
}
