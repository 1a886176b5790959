package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/web/front"
)

// TestImport: runs come in as lines, packed or not, and no more of them than is taken.
func TestImport(t *testing.T) {
	checktest.ServeDesktop(t, "127.31.8.1")
	s := serve(t, "127.31.8.0/24")
	c := s.admin(t)
	job := c.ended(c.do("POST", "jobs", m{"targets": []string{"127.31.8.1"}, "checks": []string{"rdp"}}).is(202).text("id"))
	lines := c.do("GET", "runs/"+job.text("run")+"/report?format=jsonl", nil).is(200).body

	other := serve(t)
	d := other.admin(t)
	if r := d.do("POST", "runs/import", lines).is(201); r.text("runs.0") != job.text("run") {
		t.Errorf("imported: %s", r.body)
	}
	for begin := time.Now(); d.do("GET", "findings", nil).is(200).get("items.0") == nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("what was imported is not shown after 20 s")
		}
	}
	d.do("POST", "runs/import", []byte("no line\n")).is(422)
	d.do("POST", "runs/import", lines, "Content-Encoding: br").is(415)
	d.do("POST", "runs/import", lines, "Content-Encoding: gzip").is(422)
	packed := func(b []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write(b)
		z.Close()
		return out.Bytes()
	}
	third := serve(t).admin(t)
	third.do("POST", "runs/import", packed(lines), "Content-Encoding: gzip").is(201)
	if n, err := io.Copy(io.Discard, &bounded{r: io.LimitReader(zeros{}, 1<<20), left: 1 << 10}); err == nil || n > 1<<10 {
		t.Errorf("a bomb: %d bytes, %v", n, err)
	}
	if n, err := io.Copy(io.Discard, &bounded{r: io.LimitReader(zeros{}, 1<<10), left: 1 << 10}); err != nil || n != 1<<10 {
		t.Errorf("as much as is taken: %d bytes, %v", n, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestStreams: a stream ends with the session, and there are only so many.
func TestStreams(t *testing.T) {
	hold := holding(t, "127.31.9.1")
	s := serveAs(t, front.Config{Listen: "127.0.0.1:0", Limits: front.Limits{Read: 2 * time.Second, Write: 2 * time.Second}}, "127.31.9.0/24")
	admin := s.admin(t)
	c := admin.user("vic", "viewer")
	job := admin.do("POST", "jobs", m{"targets": []string{"127.31.9.1"}, "checks": []string{"rdp"}}).is(202).text("id")
	<-hold
	get := func() *http.Response {
		res, err := c.http.Get(s.url + base + "/jobs/" + job + "/events")
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	s.streams.each = 1
	longer := make(chan string, 1) // than requests may take
	begin := time.Now()
	go func() { longer <- events(t, admin, job) }()
	first := get()
	defer first.Body.Close()
	b := make([]byte, 4096)
	if n, err := first.Body.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), "event: job\ndata: {") {
		t.Fatalf("the first event: %q %v", b[:n], err)
	}
	if res := get(); res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d", res.StatusCode)
	}
	users := admin.do("GET", "users", nil).is(200)
	for i := range 2 {
		if users.text(fmt.Sprintf("items.%d.name", i)) == "vic" {
			admin.do("DELETE", "users/"+users.text(fmt.Sprintf("items.%d.id", i))+"/sessions", nil).is(204)
		}
	}
	ended := make(chan struct{})
	go func() { io.Copy(io.Discard, first.Body); close(ended) }()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("10 s after the end of the session the stream still goes on")
	}
	s.streams.mu.Lock()
	open := s.streams.open
	s.streams.mu.Unlock()
	if open != 1 {
		t.Errorf("%d streams are counted", open)
	}
	time.Sleep(time.Until(begin.Add(2500 * time.Millisecond)))
	if r := admin.do("DELETE", "jobs/"+job, nil).is(202); r.text("state") != "stopping" {
		t.Errorf("stopped: %s", r.body)
	}
	if last := <-longer; !strings.Contains(last, `"state":"stopped"`) {
		t.Errorf("the last event: %s", last)
	}
	if r := admin.ended(job); r.text("state") != "stopped" {
		t.Errorf("stopped: %s", r.body)
	}
	admin.do("DELETE", "jobs", nil).is(204)
}
