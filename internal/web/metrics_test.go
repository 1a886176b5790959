package web

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// mostSeries is how many series a server of a hundred sites has at most.
const mostSeries = 2000

// TestMetricsOfManySites: at a hundred sites, once every route was called and answered in every way, the metrics are few, are such as
// promtool (of the Debian package prometheus) takes, and name nobody and no machine.
func TestMetricsOfManySites(t *testing.T) {
	s := serve(t, "127.31.12.0/24")
	c := s.admin(t)
	var last string
	for i := range 100 {
		target := fmt.Sprint("127.31.12.", i+1)
		c.do("POST", "sites", m{"name": fmt.Sprint("site ", i), "targets": []string{target}, "checks": []string{"rdp"}}).is(201)
		last = c.do("POST", "jobs", m{"site": fmt.Sprint("site ", i)}).is(202).text("id")
	}
	for begin := time.Now(); c.do("GET", "jobs/"+last, nil).is(200).text("state") != "done"; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 2*time.Minute {
			t.Fatal("a hundred jobs of one closed port take more than two minutes")
		}
	}
	for pattern := range s.table {
		for _, status := range []int{200, 201, 202, 204, 303, 400, 401, 403, 404, 409, 412, 422, 429, 500, 503} {
			s.metrics.note(pattern, status, time.Second)
		}
	}
	for _, pattern := range []string{"pages", "/metrics", "/livez", "/readyz", ""} {
		s.metrics.note(pattern, 200, time.Second)
	}
	text := string(c.do("GET", "/metrics", nil).is(200).body)
	series, sites := 0, 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			series++
		}
		if strings.HasPrefix(line, "signet_run_timestamp_seconds{") {
			sites++
		}
	}
	t.Logf("%d series of %d routes and %d sites", series, len(s.table), sites)
	if sites != 100 || series > mostSeries {
		t.Errorf("%d series of %d sites, want at most %d of 100", series, sites, mostSeries)
	}
	for _, name := range []string{"127.", "::", `"ada"`, "xrdp"} {
		if strings.Contains(text, name) {
			t.Errorf("the metrics name %s", name)
		}
	}
	if _, err := exec.LookPath("promtool"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("promtool is missing: apt-get install prometheus")
		}
		t.Skip("promtool is missing: apt-get install prometheus")
	}
	check := func(text string) (string, error) {
		tool := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
		tool.Stdin = strings.NewReader(text)
		out, err := tool.CombinedOutput()
		return string(out), err
	}
	if out, err := check(text); err != nil || out != "" {
		t.Errorf("promtool: %v: %s", err, out)
	}
	if out, err := check(strings.Replace(text, "# TYPE signet_jobs gauge", "# TYPE signet_jobs counter", 1)); err == nil {
		t.Errorf("promtool takes a counter of no total: %s", out)
	}
}
