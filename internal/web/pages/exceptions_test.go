package pages_test

import (
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
)

// TestExceptionsPage: an exception says when it ends and what it covers, and leads to that; a proposal says what it would cover.
func TestExceptionsPage(t *testing.T) {
	s := serve(t, "", "127.9.13.0/24")
	checktest.ServeDesktop(t, "127.9.13.1")
	checktest.ServeDesktop(t, "127.9.13.2")
	checktest.ServeDesktop(t, "127.9.13.3")
	admin := s.admin(t)
	site := admin.call("POST", "sites", m{"name": "one", "targets": []string{"127.9.13.1"}, "checks": []string{"rdp"}})["id"].(string)
	admin.scan(m{"site": site})
	admin.scan(m{"targets": []string{"127.9.13.2", "127.9.13.3"}, "checks": []string{"rdp"}})
	in := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }
	soon := admin.call("POST", "exceptions", m{"rule": nlaRule, "scope": []string{"127.9.13.1", "127.9.13.2"}, "owner": "ada", "reason": "soon", "until": in(3)})["id"].(string)
	admin.call("POST", "exceptions", m{"rule": nlaRule, "scope": []string{"10.0.0.0/8"}, "owner": "ada", "reason": "later", "until": in(100)})
	operator := admin.user("otto", "operator")
	proposal := operator.call("POST", "exceptions", m{"rule": "*", "scope": []string{"127.9.13.3"}, "owner": "otto", "reason": "perhaps", "until": in(0)})["id"].(string)
	page := operator.page("/exceptions")
	for _, want := range []string{`<span class="tag high">ends in 3 days</span>`, `<span class="soft">ends in 100 days</span>`, `<span class="tag high">ends today</span>`, `exception=` + soon + `" data-count>covers 2 findings`, `exception=` + proposal + `" data-count>would cover 1 finding<`, `covers 0 findings`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	if board := operator.page("/board?exception=" + soon); strings.Count(board, "<article") != 2 || strings.Contains(board, "127.9.13.3:3389") || !strings.Contains(board, "soon") {
		t.Errorf("what it covers: %s", board)
	}
	if board := operator.page("/board?exception=" + proposal); strings.Count(board, "<article") != 1 || !strings.Contains(board, "127.9.13.3:3389") || !strings.Contains(board, "/exceptions?rule="+nlaRule+"&amp;scope=127.9.13.3#new") {
		t.Errorf("what a proposal would cover: %s", board)
	}
	if status, _, _ := operator.do("GET", "/board?exception=nothing", nil); status != 404 {
		t.Errorf("what there is not: %d", status)
	}
	limited := admin.user("lisa", "operator", site)
	if status, _, _ := limited.do("GET", "/board?exception="+soon, nil); status != 404 {
		t.Errorf("who sees one site: %d", status)
	}
}
