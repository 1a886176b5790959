package signon_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signet/internal/report/reporttest"
)

// inChromium logs somebody on in a real browser: by the button of the page that asks who it is, through the provider's forms, and back to the page that was asked
// for. The policy for contents, the two sites and the rules for cookies between them are the browser's own there.
func (s *served) inChromium(t *testing.T, name string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		reporttest.Missing(t, "chromium is missing: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("host-resolver-rules", "MAP signet.corp.example "+s.listen))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil { // the browser starts, for longer than any one step
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(host+sub+"/board")); err != nil {
		t.Fatal(err)
	}
	// The button of each page in turn, the name filled in where one is asked for.
	const next = `(() => {
		if (document.readyState !== 'complete') return '';
		if (location.pathname === '/signet/board') return 'done';
		const login = document.querySelector('[name=login]');
		if (login && login.value === 'NAME') return '';
		if (login) { login.value = 'NAME'; document.querySelector('[name=password]').value = 'whatever'; }
		const button = document.querySelector('a[href*="/oidc/login"], form button[type=submit], form input[type=submit]');
		if (!button || button.dataset.clicked) return '';
		button.dataset.clicked = 1; button.click(); return '';
	})()`
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		at, err := chromedp.Run(ctx, chromedp.Evaluate[string](strings.ReplaceAll(next, "NAME", name)))
		if err == nil && at == "done" {
			break
		}
		if time.Since(begin) > time.Minute {
			text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + ' ' + document.body.innerText"))
			t.Fatalf("%v: %.500s\n%s", err, text, s.text())
		}
	}
	who, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.querySelector('header .who').innerText"))
	if err != nil || !strings.Contains(who, name) {
		t.Errorf("who it says it is: %q %v", who, err)
	}
}
