package pages_test

import (
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
)

// TestWhatChanged: what changed from run to run is listed by run, with the difference of both, and by day on the page of its host; who sees
// another site reads nothing of it.
func TestWhatChanged(t *testing.T) {
	s := serve(t, "", "127.9.33.0/24")
	server := checktest.ServeDesktop(t, "127.9.33.1")
	checktest.ServeDesktop(t, "127.9.33.2")
	c := s.admin(t)
	site := c.call("POST", "sites", m{"name": "desks", "targets": []string{"127.9.33.1"}, "checks": []string{"rdp"}})["id"].(string)
	other := c.call("POST", "sites", m{"name": "others", "targets": []string{"127.9.33.2"}, "checks": []string{"rdp"}})["id"].(string)
	limited := c.user("lisa", "viewer", other)
	first := c.scan(m{"site": site})
	if page := c.page("/changes"); !strings.Contains(page, "No run was compared") {
		t.Errorf("after the first run: %s", page)
	}
	server.Mended.Store(true)
	second := c.scan(m{"site": site})
	diff := "/diff?old=" + first + "&amp;new=" + second
	for path, wants := range map[string][]string{
		"/changes":                            {"<b>1</b> Improved", "desks", diff, "127.9.33.1:3389", "change-improved", "- " + nlaRule},
		"/changes?kind=improved&site=" + site: {"change-improved", diff},
	} {
		page := c.page(path)
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s does not show %q: %s", path, want, page)
			}
		}
	}
	for _, path := range []string{"/changes?kind=worsened", "/changes?site=" + other, "/changes?site=-", "/changes?since=2100-01-01"} {
		if page := c.page(path); strings.Contains(page, "change-improved") {
			t.Errorf("%s lists what it should leave out", path)
		}
	}
	if page := limited.page("/changes"); strings.Contains(page, "127.9.33.1") || strings.Contains(page, "desks") {
		t.Errorf("who sees another site reads %s", page)
	}
	if status, _, _ := limited.do("GET", "/changes?site="+site, nil); status != 404 {
		t.Errorf("who sees another site asks for this one: %d", status)
	}
	c.scan(m{"site": site})
	if page := c.page("/changes?since=2020-01-01&site=" + other); !strings.Contains(page, "No run was compared") {
		t.Errorf("a site that was never asked: %s", page)
	}
	c.scan(m{"site": other})
	c.scan(m{"site": other})
	if page := c.page("/changes?site=" + other); !strings.Contains(page, "1 run was compared with the one before") {
		t.Errorf("a site that stayed as it was: %s", page)
	}
	time.Sleep(1100 * time.Millisecond) // a timeline tells what came later by the second
	row := c.call("GET", "findings?state=closed", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	c.call("PATCH", "findings/"+row, m{"owner": "desktop team"})
	host := c.call("GET", "hosts?q=127.9.33.1", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	page := c.page("/hosts/" + host)
	at := 0
	for _, want := range []string{"owner desktop team (ada)", "change-improved", diff, "closed", "appeared"} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("the timeline has no %q behind what is newer: %s", want, page)
		}
		at += i
	}
}
