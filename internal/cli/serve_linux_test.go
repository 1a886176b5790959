package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is `signet serve` as a process of its own.
type server struct {
	t     *testing.T
	cmd   *exec.Cmd
	url   string
	setUp string // the token, or what stands in its place
	said  *bytes.Buffer
	http  http.Client
}

func startServer(t *testing.T, dir string, env []string, args ...string) *server {
	t.Helper()
	cmd := asProgram(t, dir, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(cmd.Env, env...)
	return starts(t, dir, cmd)
}

// starts starts a server by a command, and waits for what it says.
func starts(t *testing.T, dir string, cmd *exec.Cmd) *server {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, cmd: cmd, said: &bytes.Buffer{}, http: http.Client{Jar: jar, Timeout: 30 * time.Second}}
	s.cmd.Stderr = s.said
	out, err := os.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd.Stdout = out
	if info, err := out.Stat(); err == nil { // of the variable, what the file is
		st := info.Sys().(*syscall.Stat_t)
		for i, kv := range s.cmd.Env {
			s.cmd.Env[i] = strings.ReplaceAll(kv, "STDOUT", fmt.Sprintf("%d:%d", st.Dev, st.Ino))
		}
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		b, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		for lines.Scan() {
			if v, ok := strings.CutPrefix(lines.Text(), "Signet on "); ok {
				s.url = v
			}
			if v, ok := strings.CutPrefix(lines.Text(), "Set up: "); ok {
				s.setUp = strings.TrimPrefix(v, s.url+"#")
			}
		}
		if s.url != "" && bytes.HasSuffix(b, []byte("\n")) {
			return s
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("after 20 s the server has said %q", b)
		}
	}
}

// stop ends it as a service manager does, and gives its exit code.
func (s *server) stop() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

// call calls the API and wants a status.
func (s *server) call(status int, method, path string, body any) map[string]any {
	s.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.url+"/api/v1/"+path, bytes.NewReader(b))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != status {
		s.t.Fatalf("%s %s: %d %s, want %d", method, path, res.StatusCode, text, status)
	}
	var v map[string]any
	json.Unmarshal(text, &v)
	return v
}

// remote is a Remote Desktop server that takes no NLA, as recorded of xrdp 0.9.21.
func remote(t *testing.T, addr string) {
	t.Helper()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				b := make([]byte, 1024)
				if _, err := c.Read(b); err == nil {
					c.Write([]byte("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x01\x08\x00\x00\x00\x00\x00"))
					c.Read(b)
				}
			}()
		}
	}()
}

const servePassword = "correct horse battery staple"

// TestServe: from an empty folder to a finding that has an owner, and over the end of the process.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	remote(t, "127.32.12.1:3389")
	s := startServer(t, dir, nil, "--allow", "127.32.12.0/24")
	second := asProgram(t, dir, "serve", "--listen", "127.0.0.1:0")
	second.Env = slices.DeleteFunc(second.Env, func(kv string) bool { // those of tests, which it would name
		return strings.HasPrefix(kv, "SIGNET_") && !strings.HasPrefix(kv, "SIGNET_CONFIG=")
	})
	if code, said := ended(t, second); code != 1 || said != "signet: another signet serve has this store open\n" {
		t.Errorf("a second server: %d %q", code, said)
	}
	s.call(401, "GET", "overview", nil)
	s.call(201, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
	if text := fmt.Sprint(s.call(403, "POST", "jobs", map[string]any{"targets": []string{"127.32.13.1"}})); !strings.Contains(text, "127.32.13.1") {
		t.Errorf("outside --allow: %s", text)
	}
	s.call(201, "POST", "sites", map[string]any{"name": "desks", "targets": []string{"127.32.12.1"}, "checks": []string{"rdp"}})
	s.call(422, "POST", "sites", map[string]any{"name": "desks 2", "targets": []string{"no target!"}})
	s.call(422, "POST", "policies", map[string]any{"name": "own", "yaml": "no: policy"})
	s.call(422, "POST", "exceptions", map[string]any{"rule": "rdp-nla-not-required", "scope": []string{"no scope!"}, "owner": "x", "reason": "y", "until": "2099-01-01"})
	finish := func(job map[string]any) {
		t.Helper()
		for begin := time.Now(); job["state"] != "done"; time.Sleep(20 * time.Millisecond) {
			if time.Since(begin) > 20*time.Second || job["state"] == "failed" {
				t.Fatalf("the job: %v", job)
			}
			job = s.call(200, "GET", "jobs/"+job["id"].(string), nil)
		}
	}
	finish(s.call(202, "POST", "jobs", map[string]any{"site": "desks"}))
	row := s.call(200, "GET", "findings", nil)["items"].([]any)[0].(map[string]any)
	id := row["id"].(string)
	s.call(200, "PATCH", "findings/"+id, map[string]any{"owner": "desk team"})
	finish(s.call(202, "POST", "findings/"+id+"/verify", nil))
	if text := fmt.Sprint(s.call(422, "POST", "schedules", map[string]any{"kind": "backup", "cron": "@daily"})); !strings.Contains(text, "--backup-dir") {
		t.Errorf("a backup without a folder: %s", text)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("told to end, it exits %d: %s", code, s.said)
	}

	jar := s.http.Jar
	for _, c := range [][]string{{"backups", "0", "--backup-keep 0"}, {"stdout", "1", "--backup-dir: mkdir"}} { // the second is a file
		if code, said := ended(t, asProgram(t, dir, "serve", "--listen", "127.0.0.1:0", "--backup-dir", c[0], "--backup-keep", c[1])); code != 2 || !strings.Contains(said, c[2]) {
			t.Errorf("%v: %d %q", c, code, said)
		}
	}
	s = startServer(t, dir, nil, "--backup-dir", "backups")
	if s.setUp != "" {
		t.Errorf("with a user there is, it says Set up: %s", s.setUp)
	}
	s.http.Jar = jar
	s.call(200, "POST", "session", map[string]any{"name": "ada", "password": servePassword})
	if row := s.call(200, "GET", "findings/"+id, nil); row["owner"] != "desk team" || row["state"] != "open" {
		t.Errorf("at the next start: %v", row)
	}
	s.call(201, "POST", "schedules", map[string]any{"kind": "backup", "cron": "@daily"})
	if info, err := os.Stat(filepath.Join(dir, "backups")); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("the folder of backups: %v %v", info, err)
	}
	s.call(403, "POST", "jobs", map[string]any{"site": "desks"}) // without --allow nothing can be launched
	if code, said := ended(t, asProgram(t, dir, "serve", "link")); code != 1 || !strings.Contains(said, "has been set up") {
		t.Errorf("a link once there is a user: %d %q", code, said)
	}
	password := func(name, typed string, want int, says string) {
		t.Helper()
		cmd := asProgram(t, dir, "serve", "password", name)
		cmd.Stdin = strings.NewReader(typed)
		if code, said := ended(t, cmd); code != want || !strings.Contains(said, says) || strings.Contains(said, "another horse") {
			t.Errorf("password of %s: %d %q, want %d %q", name, code, said, want, says)
		}
	}
	password("ada", "another horse battery\n", 1, "has this store open")
	if code := s.stop(); code != 0 {
		t.Errorf("told to end, it exits %d: %s", code, s.said)
	}

	// Whom nobody else can help gets in again from the machine itself.
	password("bob", "another horse battery\n", 1, `no local user "bob": there are ada (admin)`)
	password("ada", "short\n", 1, "fewer than 8 characters")
	password("ada", "", 2, "no password was given")
	password("Ada", "another horse battery\r\n", 0, "another password")
	s = startServer(t, dir, nil)
	s.http.Jar = jar
	s.call(401, "GET", "overview", nil)
	s.call(401, "POST", "session", map[string]any{"name": "ada", "password": servePassword})
	s.call(200, "POST", "session", map[string]any{"name": "ada", "password": "another horse battery"})
	s.stop()
}

// TestServePages: a browser is shown pages, and the reports of a run in every format.
func TestServePages(t *testing.T) {
	dir := t.TempDir()
	remote(t, "127.32.14.1:3389")
	s := startServer(t, dir, nil, "--allow", "127.32.14.1")
	page := func(path string) string {
		t.Helper()
		res, err := s.http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s %v", path, res.StatusCode, b, err)
		}
		return string(b)
	}
	if text := page("/"); !strings.Contains(text, "<h1>Set up Signet</h1>") {
		t.Errorf("before the set-up: %s", text)
	}
	s.call(201, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
	job := s.call(202, "POST", "jobs", map[string]any{"targets": []string{"127.32.14.1"}, "checks": []string{"rdp"}})
	for begin := time.Now(); job["state"] != "done"; time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("the job: %v", job)
		}
		job = s.call(200, "GET", "jobs/"+job["id"].(string), nil)
	}
	if text := page("/board"); !strings.Contains(text, ">127.32.14.1:3389</a>") {
		t.Errorf("the board: %s", text)
	}
	text := page("/runs/" + job["run"].(string))
	for _, f := range formats() {
		if !strings.Contains(text, "/report?format="+f.Name+`"`) {
			t.Errorf("the page of a run leads to no %s", f.Name)
		}
	}
}

// TestServeDrains: told to end, it lets hosts under way come to their end, exits 0, and the next one goes on with the job, unasked.
func TestServeDrains(t *testing.T) {
	l, err := net.Listen("tcp4", "127.32.12.2:3389")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	come := make(chan struct{}, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close() // and says nothing until then
			come <- struct{}{}
		}
	}()
	dir := t.TempDir()
	s := startServer(t, dir, nil, "--allow", "127.32.12.2")
	s.call(201, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
	job := s.call(202, "POST", "jobs", map[string]any{"targets": []string{"127.32.12.2"}, "checks": []string{"rdp"}})["id"].(string)
	<-come
	begin := time.Now()
	if code := s.stop(); code != 0 || !strings.Contains(s.said.String(), "signet: stopping") {
		t.Errorf("with a job under way it exits %d: %s", code, s.said)
	}
	if took := time.Since(begin); took < 2*time.Second {
		t.Errorf("it ended after %v: the host under way was cut", took)
	}
	s = startServer(t, dir, nil, "--allow", "127.32.12.2")
	s.call(200, "POST", "session", map[string]any{"name": "ada", "password": servePassword})
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		j := s.call(200, "GET", "jobs/"+job, nil)
		if j["state"] == "done" && j["run"] != "" {
			break
		}
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("at the next start the job is %v", j)
		}
	}
}

// TestServeLink: a new link takes the place of the one before, while the server runs.
func TestServeLink(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, dir, nil)
	cmd := asProgram(t, dir, "serve", "link", "--url", s.url)
	out, err := cmd.Output()
	token, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "Set up: "+s.url+"#")
	if err != nil || !ok {
		t.Fatalf("%s %v", out, err)
	}
	s.call(403, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
	s.call(201, "POST", "setup", map[string]any{"token": token, "name": "ada", "password": servePassword})
}

// TestServeJournal: the set-up token does not go to the journal. A variable that is inherited from a service says nothing by itself.
func TestServeJournal(t *testing.T) {
	for stream, want := range map[string]string{"JOURNAL_STREAM=STDOUT": "run signet serve link", "JOURNAL_STREAM=8:12345": ""} {
		s := startServer(t, t.TempDir(), []string{stream})
		if (s.setUp == "run signet serve link") != (want != "") || len(s.setUp) < 20 {
			t.Errorf("%s: Set up: %s", stream, s.setUp)
		}
		s.stop()
	}
}

// TestServeMetrics: a port of their own has the metrics without a token, and nothing else.
func TestServeMetrics(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	s := startServer(t, t.TempDir(), nil, "--metrics-listen", addr)
	for url, want := range map[string]int{"http://" + addr + "/metrics": 200, "http://" + addr + "/api/v1/overview": 404, s.url + "/metrics": 401, s.url + "/readyz": 200} {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", url, res.StatusCode, want)
		}
	}
}
