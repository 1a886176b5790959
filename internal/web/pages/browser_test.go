package pages_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"signet/internal/check/checktest"
	"signet/internal/report/reporttest"
)

// browser is a real Chromium. It fails on whatever the console says, refusals of the policy for contents too, and on every request that
// leads elsewhere.
func browser(t *testing.T, s *served) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		reporttest.Missing(t, "chromium is missing: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the browser starts, for longer than any one step
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	err = chromedp.Listen(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			t.Errorf("console.%s", e.Type)
		case *log.EventEntryAdded:
			t.Errorf("log: %s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		case *network.EventRequestWillBeSent:
			// Of data: are the pictures that Chromium itself draws into fields for dates; the policy lets a page load none.
			if !strings.HasPrefix(e.Request.URL, s.url+"/") && !strings.HasPrefix(e.Request.URL, "data:") {
				t.Errorf("request for %s", e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// eval evaluates an expression in the page.
func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%.200s: %v", expression, err)
	}
	return v
}

// until waits for something to hold in whichever page is shown.
func until(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.readyState === 'complete' && !!("+what+")"))
		if err == nil && ok {
			return
		}
		if time.Since(begin) > time.Minute {
			text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + ' ' + document.body.innerText"))
			t.Fatalf("%s does not come to hold (%v): %.1500s", what, err, text)
		}
	}
}

func act(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// TestForEverybody: no page scrolls sideways or has what axe finds, light and dark, on a phone and on a desk.
func TestForEverybody(t *testing.T) {
	s := serve(t, "", "127.9.10.1")
	checktest.ServeDesktop(t, "127.9.10.1")
	c := s.admin(t)
	c.sample()
	site := c.call("POST", "sites", m{"name": "Desks in the north", "targets": []string{"127.9.10.1"}, "checks": []string{"rdp"}, "owner": "desk team"})["id"].(string)
	first := c.scan(m{"site": site})
	second := c.scan(m{"site": site})
	c.call("POST", "exceptions", m{"rule": nlaRule, "scope": []string{"192.0.2.7"}, "owner": "ada", "reason": "it goes in spring", "until": "2100-01-01"})
	c.call("POST", "policies", m{"name": "ours", "yaml": "extends: baseline\n"})
	c.call("POST", "schedules", m{"site": site, "cron": "0 6 * * 1", "zone": "Europe/Berlin", "blackouts": []string{"mon-fri 08:00-18:00", "2026-12-20..2027-01-06"}})
	c.call("POST", "schedules", m{"site": site, "cron": "0 20 1 * *", "paused": true})
	c.call("POST", "schedules", m{"kind": "backup", "cron": "30 2 * * *"})
	c.call("POST", "channels", m{"kind": "webhook", "name": "SOC", "url": "https://soc.corp.example/a/long/path/that/somebody/chose", "sites": []string{site}})
	c.call("POST", "channels", m{"kind": "mail", "name": "Desk team", "url": "mailto:desks@corp.example", "digest": "0 8 * * 1-5"})
	c.call("POST", "schedules", m{"kind": "report", "site": site, "to": []string{"desk.team.in.the.north@tickets.corp.example", "Desk team"}})
	row := c.call("GET", "findings?rule="+nlaRule, nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	c.call("PATCH", "findings/"+row, m{"owner": "desk team", "ticket": "https://tickets.example/7", "due": "2020-01-01"})
	dc := c.call("GET", "hosts?q=dc1", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	job := c.call("GET", "jobs", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	ctx := browser(t, s)
	act(t, ctx, chromedp.Navigate(s.url+"/login"))
	until(t, ctx, `document.querySelector("h1").textContent === "Log in"`)
	shots(t, ctx, "login")
	act(t, ctx, chromedp.SendKeys("#name", "ada"), chromedp.SendKeys("#password", password), chromedp.Click("button.main"))
	until(t, ctx, `location.pathname === "/"`)
	rule := "smb-signing-not-required"
	for name, path := range map[string]string{"overview": "/", "board": "/board", "rule": "/board?rule=" + rule, "finding": "/board/" + row, "hosts": "/hosts", "host": "/hosts/" + dc, "evidence": "/hosts/" + dc + "/evidence?port=389&check=ldap",
		"paths": "/paths?rule=" + rule, "fixes": "/fixes", "owners": "/owners", "fix": "/fixes/" + rule, "impact": "/fixes/" + rule + "/impact", "runs": "/runs", "run": "/runs/" + first, "changes": "/changes?since=2020-01-01", "report": "/reports/board?since=2020-01-01", "diff": "/diff?old=" + first + "&new=" + second, "jobs": "/jobs", "job": "/jobs/" + job, "sites": "/sites", "site": "/sites/" + site, "schedules": "/schedules", "channels": "/channels", "exceptions": "/exceptions",
		"policies": "/policies", "policy": "/policies/ours", "users": "/users", "tokens": "/tokens", "audit": "/audit", "settings": "/settings", "me": "/me", "api": "/api/v1/docs"} {
		act(t, ctx, chromedp.Navigate(s.url+path))
		until(t, ctx, `document.querySelector("main h1")`)
		if name == "board" {
			folds(t, ctx)
		}
		eval[int](t, ctx, `document.querySelectorAll("main details").forEach((d, i) => d.open = i < 2);0`)
		shots(t, ctx, name)
	}
}

// folds: filters stand open where there is room; on a phone they are behind a word, which opens them by keyboard.
func folds(t *testing.T, ctx context.Context) {
	t.Helper()
	const field = `document.querySelector(".filters #q").checkVisibility()`
	for _, width := range []int64{1280, 390} {
		act(t, ctx, chromedp.EmulateViewport(width, 900))
		if shown := eval[bool](t, ctx, field); shown != (width > 390) {
			t.Errorf("at %d px the filters are shown: %v", width, shown)
		}
	}
	eval[int](t, ctx, `document.querySelector(".fold summary").focus();0`)
	act(t, ctx, chromedp.KeyEvent("\r"))
	until(t, ctx, field)
}

// TestNothingYet: where nothing was asked yet every page says what to do next, on a phone too.
func TestNothingYet(t *testing.T) {
	s := serve(t, "", "127.9.13.1")
	s.admin(t)
	ctx := browser(t, s)
	act(t, ctx, chromedp.Navigate(s.url+"/login"))
	until(t, ctx, `document.querySelector("#name")`)
	act(t, ctx, chromedp.SendKeys("#name", "ada"), chromedp.SendKeys("#password", password), chromedp.Click("button.main"))
	until(t, ctx, `location.pathname === "/"`)
	act(t, ctx, chromedp.EmulateViewport(390, 900))
	pages := eval[[]string](t, ctx, `Array.from(document.querySelectorAll("nav ul a")).map(a => new URL(a.href).pathname)`)
	if len(pages) < 12 {
		t.Fatalf("the navigation leads to %v", pages)
	}
	for _, path := range append(pages, "/diff") {
		act(t, ctx, chromedp.Navigate(s.url+path))
		until(t, ctx, `document.querySelector("main h1")`)
		for _, wrong := range eval[[]string](t, ctx, sideways) {
			t.Errorf("%s: the page scrolls sideways: %s", path, wrong)
		}
		if os.Getenv("SIGNET_SHOTS") != "" {
			shots(t, ctx, "empty"+strings.ReplaceAll(path, "/", "-"))
			act(t, ctx, chromedp.EmulateViewport(390, 900))
		}
		if path == "/audit" { // which has nothing to do
			continue
		}
		if !eval[bool](t, ctx, `Array.from(document.querySelectorAll("main a.button, main button, main form input, main form textarea")).some(e => { const r = e.getBoundingClientRect(); return r.height > 0 && r.top < innerHeight })`) {
			t.Errorf("%s: the first screen says nothing of what to do next", path)
		}
		if !eval[bool](t, ctx, `document.querySelector("nav .menu").innerText === "Menu · " + document.querySelector("nav ul [aria-current]").textContent`) {
			t.Errorf("%s: the menu does not say which page this is", path)
		}
	}
	menus(t, ctx, s.url+"/users")
}

// menus: by keyboard alone every page is reached, from the menu of a phone and from the line of a desk, and what is open closes.
func menus(t *testing.T, ctx context.Context, from string) {
	t.Helper()
	press := func(keys string, what string) {
		t.Helper()
		act(t, ctx, chromedp.KeyEvent(keys))
		until(t, ctx, what)
	}
	const shown, focus = `document.querySelector("nav a[href$='/audit']").checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})`, `document.activeElement.textContent`
	eval[int](t, ctx, `document.querySelector("nav .menu").focus();0`)
	press("\r", `document.querySelector("nav a[href$='/board']").checkVisibility()`)
	for eval[string](t, ctx, focus) != "Close" {
		act(t, ctx, chromedp.KeyEvent("\t"))
	}
	for _, name := range []string{"Overview", "Board", "Fixes", "Hosts", "Paths", "Changes", "Report", "Runs", "Jobs", "Sites", "Set up"} {
		press("\t", focus+`.startsWith("`+name+`")`)
	}
	press("\r", shown)
	for _, name := range []string{"Schedules", "Owners", "Exceptions", "Channels", "Policies", "Users", "Tokens", "Audit"} {
		press("\t", focus+` === "`+name+`"`)
	}
	press(kb.Escape, `!document.querySelector("nav a[href$='/board']").checkVisibility()`)
	act(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(from))
	until(t, ctx, `document.querySelector("nav summary.here")?.innerText.startsWith("Set up · ")`)
	for _, width := range []int64{901, 1280} {
		act(t, ctx, chromedp.EmulateViewport(width, 900))
		if high := eval[float64](t, ctx, `document.querySelector("nav.pages").getBoundingClientRect().height`); high > 50 {
			t.Errorf("at %d px the navigation takes %v px: more than a line", width, high)
		}
	}
	eval[int](t, ctx, `document.querySelector("nav summary").focus();0`)
	press("\r", shown)
	press(kb.Escape, `!(`+shown+`) && document.activeElement.matches("nav summary")`)
	press("\r", shown)
	act(t, ctx, chromedp.Click("footer .wrap")) // which takes no focus
	until(t, ctx, `!(`+shown+`)`)
}

// sideways are the elements that make a page scroll sideways.
const sideways = `document.documentElement.scrollWidth <= innerWidth ? [] : Array.from(document.querySelectorAll("body *")).filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre")).map(e => e.outerHTML.slice(0, 90)).slice(0, 3)`

// shots audits what is shown at two widths, light and dark, and keeps pictures where SIGNET_SHOTS says.
func shots(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	axe, err := os.ReadFile(os.Getenv("SIGNET_AXE")) // axe.min.js of npm's axe-core
	if err != nil && os.Getenv("CI") != "" {
		t.Errorf("SIGNET_AXE: %v", err)
	}
	if err == nil {
		eval[int](t, ctx, string(axe)+";0")
	}
	dir, widths := os.Getenv("SIGNET_SHOTS"), []int64{390, 1280}
	if dir != "" { // for people to look at
		widths = append(widths, 1920)
		paper(t, ctx, filepath.Join(dir, name+".pdf"))
	}
	for _, scheme := range []string{"light", "dark"} {
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
			t.Fatal(err)
		}
		for _, width := range widths {
			act(t, ctx, chromedp.EmulateViewport(width, 900))
			for _, wrong := range eval[[]string](t, ctx, sideways) {
				t.Errorf("%s, %s, %d px: the page scrolls sideways: %s", name, scheme, width, wrong)
			}
			if err == nil {
				for _, wrong := range eval[[]string](t, ctx, `axe.run().then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120)).slice(0, 3).join(" | ")))`) {
					t.Errorf("%s, %s, %d px: axe: %s", name, scheme, width, wrong)
				}
			}
			if dir != "" {
				png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// paper prints what is shown into a PDF.
func paper(t *testing.T, ctx context.Context, file string) {
	t.Helper()
	got, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	if err == nil {
		err = os.WriteFile(file, got.Data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
