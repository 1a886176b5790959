package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/internal/report/reporttest"
)

// rsyslog is a real one over TCP, on loopback, with its files in a folder of its own.
type rsyslog struct {
	at, dir string
	cmd     *exec.Cmd
}

func syslogServer(t *testing.T) *rsyslog {
	t.Helper()
	program, err := exec.LookPath("rsyslogd")
	if err != nil { // where users have no sbin in their path
		program = "/usr/sbin/rsyslogd"
	}
	if _, err := os.Stat(program); err != nil {
		reporttest.Missing(t, "rsyslogd is missing: apt-get install rsyslog")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rsyslog{at: l.Addr().String(), dir: t.TempDir()}
	l.Close()
	_, port, _ := net.SplitHostPort(r.at)
	conf := fmt.Sprintf("global(workDirectory=%q maxMessageSize=\"8k\")\nmodule(load=\"imtcp\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=%q)\ntemplate(name=\"raw\" type=\"string\" string=\"%%rawmsg%%\\n\")\n"+
		"template(name=\"parsed\" type=\"string\" string=\"%%syslogfacility%% %%syslogseverity%% %%app-name%% %%msgid%% %%msg%%\\n\")\n*.* action(type=\"omfile\" file=%q template=\"raw\")\n*.* action(type=\"omfile\" file=%q template=\"parsed\")\n",
		r.dir, port, filepath.Join(r.dir, "raw"), filepath.Join(r.dir, "parsed"))
	if err := os.WriteFile(filepath.Join(r.dir, "conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start(t, program)
	return r
}

func (r *rsyslog) start(t *testing.T, program string) {
	t.Helper()
	r.cmd = exec.Command(program, "-n", "-f", filepath.Join(r.dir, "conf"), "-i", filepath.Join(r.dir, "pid"))
	said := &strings.Builder{}
	r.cmd.Stderr = said
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd := r.cmd
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", r.at); err == nil {
			c.Close()
			return
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("after 20 s rsyslog does not listen: %s", said)
		}
	}
}

// text is all that it has taken, as it came.
func (r *rsyslog) text(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, "raw"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// numbers are those of the entries that it has taken, as it came.
func (r *rsyslog) numbers(t *testing.T) (list []float64) {
	t.Helper()
	for line := range strings.Lines(r.text(t)) {
		var e struct{ Seq float64 }
		if at := strings.IndexByte(line, '{'); at >= 0 && json.Unmarshal([]byte(line[at:]), &e) == nil {
			list = append(list, e.Seq)
		}
	}
	return list
}

// last is the number of the newest one.
func (r *rsyslog) last(t *testing.T) float64 {
	t.Helper()
	list := r.numbers(t)
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1]
}

// TestAuditToSyslog: a real rsyslog has each entry once and in order, over its own end and that of the server.
func TestAuditToSyslog(t *testing.T) {
	dir := t.TempDir()
	r := syslogServer(t)
	flags := []string{"--audit-syslog", "syslog://" + r.at}
	s := startServer(t, dir, nil, flags...)
	v := s.first(t)
	whole := func(n float64) {
		t.Helper()
		for begin := time.Now(); r.last(t) < n; time.Sleep(20 * time.Millisecond) {
			if time.Since(begin) > 20*time.Second {
				t.Fatalf("after 20 s it has %v, want up to %v: %s", r.numbers(t), n, s.said)
			}
		}
		for i, seq := range r.numbers(t) {
			if seq != float64(i+1) {
				t.Fatalf("it has %v", r.numbers(t))
			}
		}
	}
	whole(v.entries())
	r.cmd.Process.Kill()
	r.cmd.Wait()
	begin := time.Now()
	v.send("POST", "/api/v1/session", object{"name": "ada", "password": "wrong"})
	for i := range 5 {
		v.call(201, "POST", "sites", object{"name": fmt.Sprint("site ", i), "targets": []string{"127.32.24.60"}})
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("without a syslog six calls took %v", took)
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		var got struct {
			Audit struct {
				To, Why string
				Waiting float64
			} `json:"audit_syslog"`
		}
		if err := json.Unmarshal([]byte(v.call(200, "GET", "settings", nil).text), &got); err != nil {
			t.Fatal(err)
		}
		if a := got.Audit; a.Waiting == 6 && a.Why != "" && a.To == "syslog://"+r.at {
			break
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatalf("the settings say %+v", got)
		}
	}
	if a := v.send("GET", "/settings", nil); !strings.Contains(a.text, "syslog://"+r.at) || !strings.Contains(a.text, `<b class="late">6</b>`) {
		t.Errorf("the page says %s", a.text)
	}
	if a := v.send("GET", "/metrics", nil); !strings.Contains(a.text, "signet_audit_waiting 6\n") {
		t.Errorf("metrics: %s", a.text)
	}
	n := v.entries()
	if code := s.stop(); code != 0 || !strings.Contains(s.said.String(), "the audit log is not taken by syslog://"+r.at) {
		t.Errorf("it exits %d: %s", code, s.said)
	}
	r.start(t, r.cmd.Path)
	s = startServer(t, dir, nil, flags...)
	whole(n)
	b, err := os.ReadFile(filepath.Join(r.dir, "parsed"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`13 5 signet setup {"seq":1,`, "\n13 4 signet logon {", "\n13 5 signet site.create {"} {
		if !strings.Contains("\n"+string(b), "\n"+strings.TrimPrefix(want, "\n")) {
			t.Errorf("rsyslog read no %q: %s", want, b)
		}
	}
	for _, url := range []string{"udp://127.0.0.1", "syslog://", "syslog://a:hush@x"} {
		if code, said := ended(t, asProgram(t, t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--audit-syslog", url)); code != 2 || !strings.Contains("\n"+said, "\nsignet: --audit-syslog: ") || strings.Contains(said, "hush") {
			t.Errorf("%s: exit code %d: %s", url, code, said)
		}
	}
}
