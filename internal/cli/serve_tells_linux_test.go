package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/internal/check/checktest"
	"signet/internal/report/reporttest"
	"signet/internal/store/storetest"
)

// inNetwork runs a test in a network of its own, in a process of its own, which has an address besides loopback, and tells whether this is
// that process.
func inNetwork(t *testing.T) bool {
	t.Helper()
	const inside = "SIGNET_TEST_NETWORK"
	if os.Getenv(inside) == t.Name() {
		return true
	}
	if err := exec.Command("unshare", "-n", "true").Run(); err != nil {
		reporttest.Missing(t, fmt.Sprintf("no network of its own can be made here: %v", err))
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-n", "sh", "-c", `ip link set lo up && ip address add `+towards+`/24 dev lo && exec "$@"`, "sh", exe, "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
	cmd.Env = append(os.Environ(), inside+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// towards is where the receivers of these tests are: no channel may lead to loopback.
const towards = "10.77.0.1"

// receivers are a webhook, a chat, a mail server (exim) and a syslog, and the IDs of what each took, in order.
type receivers struct {
	t          *testing.T
	dir        string
	web        string // host and port
	mail, logs int    // ports

	mu    sync.Mutex
	down  bool
	tries []string            // IDs that the webhook was tried with while it was down
	took  map[string][]string // by kind of channel

	syslog net.Listener
	exim   *exec.Cmd
}

func startReceivers(t *testing.T) *receivers {
	t.Helper()
	dir, err := os.MkdirTemp("", "signet-mail") // which exim's user can reach
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &receivers{t: t, dir: dir, took: map[string][]string{}}
	l, err := net.Listen("tcp4", towards+":0")
	if err != nil {
		t.Fatal(err)
	}
	r.web = l.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(r.post)}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	for _, port := range []*int{&r.mail, &r.logs} {
		l, err := net.Listen("tcp4", towards+":0")
		if err != nil {
			t.Fatal(err)
		}
		*port = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	if err := os.WriteFile(filepath.Join(dir, "exim.conf"), []byte(fmt.Sprintf(`
primary_hostname = mail.corp.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = %d
spool_directory = %s/spool
log_file_path = %s/%%slog
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = accept
never_users =
begin routers
box:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = %s/box
  user = Debian-exim
  delivery_date_add
`, r.mail, dir, dir, dir)), 0o644); err != nil {
		t.Fatal(err)
	}
	r.set(false)
	t.Cleanup(func() { r.set(true) })
	return r
}

// post is the webhook and, below /chat, the chat.
func (r *receivers) post(w http.ResponseWriter, req *http.Request) {
	b, err := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	id := req.Header.Get("Webhook-Id")
	switch {
	case err != nil:
	case r.down:
		if id != "" {
			r.tries = append(r.tries, id)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	case req.URL.Path == "/chat":
		r.took["slack"] = append(r.took["slack"], string(b)) // which has no ID
	default:
		if !strings.HasPrefix(req.Header.Get("Webhook-Signature"), "v1,") {
			id = "unsigned " + id
		}
		r.took["webhook"] = append(r.took["webhook"], id)
	}
}

// set takes the receivers down, or puts them up.
func (r *receivers) set(down bool) {
	r.t.Helper()
	r.mu.Lock()
	r.down = down
	r.mu.Unlock()
	if down {
		r.syslog.Close()
		if r.exim.Process.Kill() == nil {
			_ = r.exim.Wait()
		}
		return
	}
	var err error
	if r.syslog, err = net.Listen("tcp4", net.JoinHostPort(towards, strconv.Itoa(r.logs))); err != nil {
		r.t.Fatal(err)
	}
	go r.records(r.syslog)
	r.exim = exec.Command("/usr/sbin/exim4", "-C", filepath.Join(r.dir, "exim.conf"), "-bdf")
	if err := r.exim.Start(); err != nil {
		reporttest.Missing(r.t, "exim is missing: apt-get install exim4-daemon-heavy")
	}
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp4", fmt.Sprint("127.0.0.1:", r.mail)); err == nil {
			c.Close()
			return
		}
		if time.Since(begin) > 20*time.Second {
			r.t.Fatal("exim does not listen")
		}
	}
}

func (r *receivers) records(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			in := bufio.NewReader(c)
			var n int
			if _, err := fmt.Fscanf(in, "%d ", &n); err != nil || n > 1<<16 {
				return
			}
			b := make([]byte, n)
			if _, err := io.ReadFull(in, b); err != nil {
				return
			}
			at := bytes.IndexByte(b, '{')
			var e struct{ ID string }
			if at < 0 || json.Unmarshal(b[at:], &e) != nil {
				return
			}
			r.mu.Lock()
			r.took["syslog"] = append(r.took["syslog"], e.ID)
			r.mu.Unlock()
		}()
	}
}

// tried gives the IDs that the webhook was tried with while it was down.
func (r *receivers) tried() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tries)
}

var messageID = regexp.MustCompile(`(?m)^Message-ID: <(msg_[^@]+)@`)

// all gives what each kind of channel took, without what came twice under one ID.
func (r *receivers) all() map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took["mail"] = nil
	b, _ := os.ReadFile(filepath.Join(r.dir, "box"))
	for _, m := range messageID.FindAllSubmatch(b, -1) {
		r.took["mail"] = append(r.took["mail"], string(m[1]))
	}
	out := map[string][]string{}
	for kind, list := range r.took {
		for _, id := range list {
			if kind == "slack" || !slices.Contains(out[kind], id) {
				out[kind] = append(out[kind], id)
			}
		}
	}
	return out
}

// expects waits until each kind of channel took so many messages, and a little longer for one too many. A chat may see one twice after a
// kill, since it knows no IDs.
func (r *receivers) expects(n, more int) map[string][]string {
	r.t.Helper()
	have := func() (map[string][]string, bool) {
		all := r.all()
		for _, kind := range []string{"webhook", "slack", "mail", "syslog"} {
			if len(all[kind]) < n {
				return all, false
			}
		}
		return all, true
	}
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if all, ok := have(); ok {
			break
		} else if time.Since(begin) > 40*time.Second {
			log, _ := os.ReadFile(filepath.Join(r.dir, "mainlog"))
			r.t.Fatalf("of each of %d messages there came %v; exim: %s", n, all, log)
		}
	}
	time.Sleep(200 * time.Millisecond)
	all, _ := have()
	for kind, list := range all {
		if len(list) != n && (kind != "slack" || len(list) > n+more) {
			r.t.Fatalf("%s took %d messages, want %d: %q", kind, len(list), n, list)
		}
	}
	return all
}

// TestServeTells: a server that is weakened is one message a channel, of each kind, over each store; what is not taken, and what was on its way
// when the process was killed, arrives under the ID that it had. SIGNET_LONG does it ten times.
func TestServeTells(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	times := 1
	if os.Getenv("SIGNET_LONG") != "" {
		times = 10
	}
	t.Run("sqlite", func(t *testing.T) { serveTells(t, times+1) })
	t.Run("postgres", func(t *testing.T) { serveTells(t, times, "--store", storetest.StartPostgres(t).Database(t)) })
}

func serveTells(t *testing.T, times int, args ...string) {
	r := startReceivers(t)
	desktop := checktest.ServeDesktop(t, "127.32.30.1")
	desktop.Mended.Store(true)
	dir := t.TempDir()
	args = append([]string{"--allow", "127.32.30.0/24", "--smtp", fmt.Sprintf("smtp://127.0.0.1:%d/?from=signet@corp.example&tls=none", r.mail)}, args...)
	s := startServer(t, dir, nil, args...)
	s.call(201, "POST", "setup", object{"token": s.setUp, "name": "ada", "password": servePassword})
	s.call(201, "POST", "sites", object{"name": "desks", "targets": []string{"127.32.30.1"}, "checks": []string{"rdp"}})
	channels := []string{}
	for _, c := range []object{
		{"kind": "webhook", "url": "http://" + r.web + "/in", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
		{"kind": "slack", "url": "http://" + r.web + "/chat"},
		{"kind": "mail", "url": "mailto:team@corp.example"},
		{"kind": "syslog", "url": fmt.Sprintf("syslog://%s:%d", towards, r.logs)},
	} {
		c["name"] = c["kind"]
		channels = append(channels, s.call(201, "POST", "channels", c)["id"].(string))
	}
	scan := func() {
		t.Helper()
		if j := s.finished(s.call(202, "POST", "jobs", object{"site": "desks"})); j["state"] != "done" {
			t.Fatalf("the job: %v", j)
		}
	}
	waiting := func() (n int) {
		for _, id := range channels {
			n += int(s.call(200, "GET", "channels/"+id, nil)["waiting"].(float64))
		}
		return n
	}
	scan()
	scan()
	r.expects(0, 0)
	for i := range times {
		desktop.Mended.Store(false)
		scan()
		r.expects(i+1, 0)
		scan()
		desktop.Mended.Store(true)
		scan()
	}
	r.expects(times, 0)

	// Nobody takes them, and the process is killed once they are written: the next one sends each, under the ID that it was tried with.
	r.set(true)
	desktop.Mended.Store(false)
	scan()
	for begin := time.Now(); waiting() < len(channels) || len(r.tried()) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("%d messages wait", waiting())
		}
	}
	kill := func() {
		t.Helper()
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s = startServer(t, dir, nil, args...)
		s.call(200, "POST", "session", object{"name": "ada", "password": servePassword})
	}
	kill()
	r.set(false)
	n := times + 1
	if took := r.expects(n, 0)["webhook"][times]; slices.ContainsFunc(r.tried(), func(id string) bool { return id != took }) {
		t.Errorf("it was tried with %q, and came as %s", r.tried(), took)
	}

	// It is killed wherever it happens to be, from the launch to what comes after the last message.
	for i := range times {
		desktop.Mended.Store(true)
		scan()
		desktop.Mended.Store(false)
		s.call(202, "POST", "jobs", object{"site": "desks"})
		time.Sleep(time.Duration(i+1) * 400 * time.Millisecond / time.Duration(times))
		kill()
		n++
		r.expects(n, i+1)
	}

	if code := s.stop(); code != 0 {
		t.Errorf("it exits %d: %s", code, s.said)
	}
}
