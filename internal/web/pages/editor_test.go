package pages_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"signet/internal/check/checktest"
)

// TestPolicyEditor: while a policy is written, what is wrong stands beside its line; what it would change is shown before it is saved, a version is
// compared with the one before, and returned to.
func TestPolicyEditor(t *testing.T) {
	s := serve(t, "", "127.9.11.1")
	checktest.ServeDesktop(t, "127.9.11.1")
	c := s.admin(t)
	c.scan(m{"targets": []string{"127.9.11.1"}, "checks": []string{"rdp"}})
	const first = "name: ours\nversion: 1\nextends: baseline\n"
	c.call("POST", "policies", m{"name": "ours", "yaml": first})
	c.call("PATCH", "settings", m{"policy": "ours"})
	ctx := browser(t, s)
	act(t, ctx, chromedp.Navigate(s.url+"/login"), chromedp.SendKeys("#name", "ada"), chromedp.SendKeys("#password", password), chromedp.Click("button.main"))
	until(t, ctx, `location.pathname === "/"`)
	act(t, ctx, chromedp.Navigate(s.url+"/policies/ours"))
	until(t, ctx, `document.querySelectorAll(".gutter div").length === 4`)
	act(t, ctx, chromedp.SendKeys("#yaml", "rules:\n  rdp-nla-not-require: critical\n"))
	until(t, ctx, `document.querySelector(".gutter div:nth-child(2).wrong")?.title.includes("rdp-nla-not-require") && document.querySelector(".problems li.wrong button").textContent === "Line 2"`)
	act(t, ctx, chromedp.Click(".problems button"))
	until(t, ctx, `document.activeElement.id === "yaml" && getSelection().toString() === "  rdp-nla-not-require: critical"`)
	act(t, ctx, chromedp.SendKeys("#yaml", "  "+nlaRule+": critical"))
	until(t, ctx, `document.querySelectorAll(".problems li.wrong").length === 0`)
	act(t, ctx, chromedp.Click("[data-try]"))
	until(t, ctx, `document.querySelector(".shift .next")?.textContent.includes("1 becomes severer") && document.querySelector(".shift").textContent.includes("127.9.11.1:3389")`)
	shots(t, ctx, "policy-preview")
	if page := c.page("/board"); strings.Contains(page, `class="tag critical"`) {
		t.Error("a preview changed the board")
	}
	act(t, ctx, chromedp.Click("form[data-preview] button.main"))
	until(t, ctx, `document.querySelectorAll("ul.plain li").length === 2`)
	if page := c.page("/board"); !strings.Contains(page, `class="tag critical"`) {
		t.Error("what was saved does not count")
	}
	if page := c.page("/policies/ours?version=2&against=1"); !strings.Contains(page, "&#43;  "+nlaRule+": critical") {
		t.Errorf("no page compares the versions: %s", page)
	}
	act(t, ctx, chromedp.Navigate(s.url+"/policies/ours?version=1"))
	until(t, ctx, `document.querySelector("form[data-preview] button.main").textContent === "Return to this version"`)
	act(t, ctx, chromedp.Click("form[data-preview] button.main"))
	until(t, ctx, `document.querySelectorAll("ul.plain li").length === 3`)
	if got := c.call("GET", "policies/ours", nil); got["yaml"] != first || got["version"] != 3.0 {
		t.Errorf("after the return: %v", got)
	}
	if said := s.said.text(); said != "" {
		t.Errorf("the log: %s", said)
	}
}

// TestOwnersPage: a table is tried before it is saved: mistakes by line and column, then what each line comes to; then findings have their owners.
func TestOwnersPage(t *testing.T) {
	s := serve(t, "", "127.9.12.1")
	checktest.ServeDesktop(t, "127.9.12.1")
	c := s.admin(t)
	c.scan(m{"targets": []string{"127.9.12.1"}, "checks": []string{"rdp"}})
	ctx := browser(t, s)
	act(t, ctx, chromedp.Navigate(s.url+"/login"), chromedp.SendKeys("#name", "ada"), chromedp.SendKeys("#password", password), chromedp.Click("button.main"))
	until(t, ctx, `location.pathname === "/"`)
	act(t, ctx, chromedp.Navigate(s.url+"/owners"))
	until(t, ctx, `document.querySelector("#table")`)
	table := func(text string) {
		t.Helper()
		eval[int](t, ctx, `document.querySelector("#table").value = "`+text+`";0`)
		act(t, ctx, chromedp.Click("[data-try]"))
	}
	table(`match,owner\n127.9.0.0/99,desks\n`)
	until(t, ctx, `document.querySelector(".shift li")?.textContent.startsWith("Line 2, column 1: match:")`)
	table(`match,owner\n127.9.0.0/16,desks\n10.0.0.0/8,nobody\n`)
	until(t, ctx, `document.querySelector(".shift tbody tr")?.textContent === "2127.9.0.0/16desks10" && document.querySelector(".shift tbody tr + tr").textContent.includes("matches nothing")`)
	shots(t, ctx, "owners-preview")
	act(t, ctx, chromedp.Click("form[data-table] button.main"))
	until(t, ctx, `document.querySelector("main > .card tbody a")?.textContent === "desks"`)
	act(t, ctx, chromedp.Click("main > .card tbody a"))
	until(t, ctx, `location.search === "?owner=desks" && document.querySelectorAll(".finding").length === 1 && document.querySelector(".finding").textContent.includes("desks")`)
	// The board as a table: out, edited, previewed, in again.
	_, _, csv := c.do("GET", "/api/v1/tables/findings", nil)
	eval[int](t, ctx, "document.querySelector('#table details').open = true; document.querySelector('#tabletext').value = "+strconv.Quote(strings.Replace(string(csv), ",open,", ",in-work,", 1)+"0,0-open\n")+";0")
	act(t, ctx, chromedp.Click("#table [data-try]"))
	until(t, ctx, `document.querySelectorAll("#table .shift tbody tr").length === 2 && document.querySelector("#table .shift tbody tr").textContent.endsWith("is changedstate")`)
	shots(t, ctx, "board-table")
	if href := eval[string](t, ctx, `document.querySelector("#table a[download]").getAttribute("href")`); href != "/api/v1/tables/findings?owner=desks&state=open%2Cin-work%2Cexcepted%2Cto-verify" {
		t.Errorf("the link to the table is %s", href)
	}
	act(t, ctx, chromedp.Click("#table form button.main"))
	until(t, ctx, `document.querySelector("#table output").textContent.startsWith("Loaded.")`)
	act(t, ctx, chromedp.Navigate(s.url+"/board?state=in-work"))
	until(t, ctx, `document.querySelectorAll(".finding").length === 1`)
	if said := s.said.text(); said != "" {
		t.Errorf("the log: %s", said)
	}
}
