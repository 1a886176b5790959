package tools_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"signet/internal/report/reporttest"
)

// container is what packaging/Containerfile makes, laid out as its lines say and run as they say: in a root of its own that is read-only, with a
// volume, as a user without rights. No engine for containers is needed for that.
type container struct {
	root, volume string
	user         string
	env          []string
	entry        string
}

// layOut reads the Containerfile. A line that it does not know fails: then this is not the container any more.
func layOut(t *testing.T) *container {
	t.Helper()
	dir := t.TempDir()
	c := &container{root: filepath.Join(dir, "root"), volume: filepath.Join(dir, "volume")}
	for _, d := range []string{c.root, c.volume} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	signet := filepath.Join(dir, "signet")
	build := exec.Command("go", "build", "-o", signet, "./cmd/signet")
	build.Dir, build.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for line := range strings.Lines(read(t, "../packaging/Containerfile")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		fields := strings.Fields(rest)
		switch word {
		case "", "#":
		case "FROM":
			if rest != "scratch" {
				t.Errorf("it is made of %s", rest)
			}
		case "COPY":
			owner := "0:0"
			if o, ok := strings.CutPrefix(fields[0], "--chown="); ok {
				owner, fields = o, fields[1:]
			}
			from, to := filepath.Join("..", fields[0]), filepath.Join(c.root, fields[1])
			if fields[0] == "signet" {
				from = signet
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			run(t, ".", "cp", "-r", from, to)
			run(t, ".", "chown", "-R", owner, to)
		case "USER":
			c.user = rest
		case "ENV":
			c.env = append(c.env, fields...)
		case "VOLUME": // a new volume begins as what stands there, with its owner
			run(t, ".", "cp", "-a", filepath.Join(c.root, rest)+"/.", c.volume)
			c.env = append(c.env, "VOLUME="+rest)
		case "STOPSIGNAL":
			if rest != "SIGTERM" {
				t.Errorf("it is stopped by %s", rest)
			}
		case "ENTRYPOINT":
			var list []string
			if err := json.Unmarshal([]byte(rest), &list); err != nil || len(list) != 1 {
				t.Fatal(rest, err)
			}
			c.entry = list[0]
		default:
			t.Fatalf("what does this line do? %s", line)
		}
	}
	return c
}

// command runs the program in the container.
func (c *container) command(args ...string) *exec.Cmd {
	const script = `mount --bind "$ROOT" "$ROOT" && mount --bind "$HOSTVOLUME" "$ROOT$VOLUME" && mount -o remount,ro,bind "$ROOT" &&
		exec chroot --userspec="$AS" "$ROOT" "$@"`
	cmd := exec.Command("unshare", append([]string{"-m", "sh", "-c", script, "sh", c.entry}, args...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "ROOT=" + c.root, "HOSTVOLUME=" + c.volume, "AS=" + c.user}, c.env...)
	return cmd
}

// TestContainer: in a container of the binary alone, on a root that is read-only, a server serves from its volume: it keeps all there, says that
// it lives to who asks with the program itself, and comes to its end when it is told to.
func TestContainer(t *testing.T) {
	need(t, "unshare", "util-linux")
	if os.Getuid() != 0 {
		reporttest.Missing(t, "missing: root, who alone lays out a root of its own")
	}
	c := layOut(t)
	if c.user != "65534:65534" || c.entry != "/signet" {
		t.Errorf("it runs %s as %s", c.entry, c.user)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	url := "http://" + at
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar, Timeout: 30 * time.Second}
	call := func(status int, method, path, body string) (v map[string]any) {
		t.Helper()
		req, err := http.NewRequest(method, url+"/api/v1/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != status {
			t.Fatalf("%s: %d %.500s %v", path, res.StatusCode, text, err)
		}
		json.Unmarshal(text, &v)
		return v
	}
	probe := func() int {
		cmd := c.command("serve", "probe", "--listen", at)
		cmd.Run()
		return cmd.ProcessState.ExitCode()
	}
	for start := range 2 {
		cmd := c.command("serve", "--listen", at, "--allow", "127.0.0.9")
		out, err := os.Create(filepath.Join(t.TempDir(), "said")) // which is read while it runs
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { out.Close() })
		cmd.Stdout, cmd.Stderr = out, out
		said := func() string {
			b, err := os.ReadFile(out.Name())
			if err != nil {
				t.Error(err)
			}
			return string(b)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill() })
		for begin := time.Now(); probe() != 0; time.Sleep(50 * time.Millisecond) {
			if time.Since(begin) > 20*time.Second {
				cmd.Process.Kill()
				cmd.Wait()
				t.Fatalf("it does not live: %s", said())
			}
		}
		if start == 0 {
			// The link is printed before the port answers, so that it is there by now.
			_, token, _ := strings.Cut(strings.TrimSpace(said()), "Set up: "+url+"#")
			call(201, "POST", "setup", fmt.Sprintf(`{"token":%q,"name":"ada","password":"correct horse battery staple"}`, token))
			call(201, "POST", "sample", "")
		} else {
			call(200, "POST", "session", `{"name":"ada","password":"correct horse battery staple"}`)
		}
		runs := call(200, "GET", "runs", "")["items"].([]any)
		if len(runs) == 0 {
			t.Fatal("there are no runs")
		}
		id := runs[0].(map[string]any)["id"].(string)
		for _, format := range []string{"html", "xlsx", "jsonl"} { // which are written whole before they are sent
			call(200, "GET", "runs/"+id+"/report?format="+format, "")
		}
		backup := c.command("serve", "backup", fmt.Sprintf("/var/lib/signet/copy%d.db", start))
		if out, err := backup.CombinedOutput(); err != nil {
			t.Errorf("a backup: %v %s", err, out)
		}
		begin := time.Now()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil || time.Since(begin) > 15*time.Second {
			t.Errorf("told to end, it ends with %v after %s: %s", err, time.Since(begin), said())
		}
		if code := probe(); code != 1 {
			t.Errorf("once it has ended, a probe exits %d", code)
		}
	}
	for _, name := range []string{"signet.db", "signet.db.key", "copy1.db"} {
		info, err := os.Stat(filepath.Join(c.volume, name))
		if err != nil {
			t.Error(err)
		} else if st := info.Sys().(*syscall.Stat_t); st.Uid != 65534 || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %o, of %d", name, info.Mode(), st.Uid)
		}
	}
	// What is off loopback wants a certificate or a proxy, in a container too.
	open := c.command("serve", "--listen", "0.0.0.0:0")
	if out, _ := open.CombinedOutput(); open.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "--behind-proxy") {
		t.Errorf("it listens to all: %s", out)
	}
}
