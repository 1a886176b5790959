package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestServeDemo: the sample within ten seconds, without an account; nothing can be changed or asked, whoever comes by another name hears
// nothing, and nothing is left behind.
func TestServeDemo(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "signet.yaml"), []byte("allow: [127.0.0.0/8]\nstore: none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	s := startServer(t, dir, []string{"TMPDIR=" + temp, "SIGNET_CONFIG=" + filepath.Join(dir, "signet.yaml"), "SIGNET_ALLOW=127.0.0.0/8"}, "--demo")
	get := func(path string) (int, string) {
		t.Helper()
		res, err := s.http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	s.url = strings.TrimSuffix(s.url, "/")
	status, first := get("/")
	if took := time.Since(begin); status != 200 || took > 10*time.Second || !strings.Contains(first, "This is a demo") || !strings.Contains(first, "accept relayed logons") {
		t.Fatalf("the first page: %d after %v: %.500s", status, took, first)
	} else {
		t.Logf("first page after %v", took)
	}

	// Every page that a page leads to.
	links := regexp.MustCompile(`(?:href|src)="(/[^"#]*)"`)
	seen, todo := map[string]bool{"/": true}, []string{"/"}
	kinds := map[string]int{}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		status, text := get(path)
		if status != 200 {
			t.Errorf("%s: %d %.200s", path, status, text)
		}
		if !strings.HasPrefix(path, "/assets/") && !strings.HasPrefix(path, "/api/") && strings.Contains(text, "<form method=\"post\"") {
			t.Errorf("%s offers to change something", path)
		}
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			kind, _, _ := strings.Cut(strings.TrimPrefix(to, "/")+"/", "/")
			kind, _, _ = strings.Cut(kind, "?")
			if !seen[to] && kinds[kind] < 12 { // some of each kind
				seen[to] = true
				kinds[kind]++
				todo = append(todo, to)
			}
		}
	}
	for _, kind := range []string{"board", "hosts", "paths", "runs", "diff", "jobs", "sites", "exceptions", "policies", "users", "tokens", "audit", "settings"} {
		if kinds[kind] == 0 {
			t.Errorf("no page of %s was found", kind)
		}
	}

	// Every call that changes something.
	_, doc := get("/api/v1/openapi.json")
	var api struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal([]byte(doc), &api); err != nil {
		t.Fatal(err)
	}
	unsafe := 0
	for path, item := range api.Paths {
		for method := range item {
			if method == "get" || method == "parameters" {
				continue
			}
			unsafe++
			s.refused(strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "x"))
		}
	}
	s.refused("POST", "/board")
	s.refused("POST", "/no/such")
	if unsafe < 30 {
		t.Errorf("%d calls that change something", unsafe)
	}

	req, err := http.NewRequest("GET", s.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example"
	res, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("by another name: %d", res.StatusCode)
	}
	if list, _ := os.ReadDir(temp); len(list) != 1 {
		t.Errorf("while it serves: %v", list) // else the next line proves nothing
	}
	if code := s.stop(); code != 0 {
		t.Errorf("told to end, it exits %d: %s", code, s.said)
	}
	if list, _ := os.ReadDir(temp); len(list) != 0 {
		t.Errorf("left behind: %v", list)
	}

	for _, args := range [][]string{{"--allow", "127.0.0.1"}, {"--listen", "0.0.0.0:0"}, {"--store", "sqlite:x"}, {"--behind-proxy", "127.0.0.1"}, {"--url", "http://x.example"}, {"--metrics-listen", "127.0.0.1:0"}, {"--yes"}} {
		like := asProgram(t, dir, append([]string{"serve", "--demo"}, args...)...)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // it would else serve
		cmd := exec.CommandContext(ctx, like.Path)
		cmd.Args, cmd.Dir, cmd.Env = like.Args, like.Dir, like.Env
		code, said := ended(t, cmd)
		cancel()
		if code != 2 || !strings.Contains(said, args[0]) {
			t.Errorf("with %v: %d %q", args, code, said)
		}
	}
}

// refused calls what would change something.
func (s *server) refused(method, path string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader([]byte("{}")))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusForbidden || !strings.Contains(string(b), "this server shows the sample alone") {
		s.t.Errorf("%s %s: %d %s", method, path, res.StatusCode, b)
	}
}
