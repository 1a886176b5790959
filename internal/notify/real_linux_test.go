package notify

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"signet/internal/report/reporttest"
)

// program finds a server of Debian's, or says which package has it: that is a failure in CI.
func program(t *testing.T, name, holds, pack string) string {
	t.Helper()
	if _, err := os.Stat(holds); err == nil {
		if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
			return path
		}
	}
	reporttest.Missing(t, name+" is missing: apt-get install "+pack)
	return ""
}

// freePorts are ports on loopback that nobody has.
func freePorts(t *testing.T, n int) (list []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		list = append(list, l.Addr().(*net.TCPAddr).Port)
	}
	return list
}

// starts starts a server, and waits until it listens on its ports.
func starts(t *testing.T, ports []int, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, time.Second // its children live on for a while
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for begin := time.Now(); len(ports) > 0; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp4", fmt.Sprint("127.0.0.1:", ports[0])); err == nil {
			c.Close()
			ports = ports[1:]
		}
		if time.Since(begin) > 20*time.Second || len(ended) > 0 {
			t.Fatalf("%s does not listen: %s", name, said.String())
		}
	}
}

// within reads a file again and again until it has so much of something.
func within(t *testing.T, path, what string, times int) string {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		b, err := os.ReadFile(path)
		if strings.Count(string(b), what) >= times {
			return string(b)
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("%v: %s", err, b)
		}
	}
}

// TestRsyslog: what rsyslog understands of a record, field by field, is what was sent, over TCP and over TLS; several records stay several.
func TestRsyslog(t *testing.T) {
	path := program(t, "rsyslogd", "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so", "rsyslog rsyslog-openssl")
	cert, key, roots := certificate(t, 2048, x509.SHA256WithRSA)
	dir := t.TempDir()
	ports := freePorts(t, 2)
	out := filepath.Join(dir, "out")
	fields := ""
	for _, f := range []string{"pri", "protocol-version", "timereported:::date-rfc3339", "hostname", "app-name", "procid", "msgid", "structured-data", "msg"} {
		name, rest, _ := strings.Cut(f, ":::")
		if rest != "" {
			rest = ` dateFormat="rfc3339"`
		}
		fields += fmt.Sprintf("property(name=%q outname=%q format=\"jsonf\"%s) constant(value=\",\")\n", name, name, rest)
	}
	conf := filepath.Join(dir, "rsyslog.conf")
	if err := os.WriteFile(conf, []byte(fmt.Sprintf(`
global(workDirectory=%q maxMessageSize="64k" defaultNetstreamDriverCAFile=%q defaultNetstreamDriverCertFile=%q defaultNetstreamDriverKeyFile=%q)
module(load="imtcp")
template(name="fields" type="list") { constant(value="{") %s constant(value="\"end\":0}\n") }
ruleset(name="all") { action(type="omfile" file=%q template="fields") }
input(type="imtcp" address="127.0.0.1" port="%d" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="%d" ruleset="all" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
`, dir, cert, cert, key, fields, out, ports[0], ports[1])), 0o600); err != nil {
		t.Fatal(err)
	}
	starts(t, ports, path, "-n", "-f", conf, "-i", filepath.Join(dir, "pid"))
	s := sender(t)
	s.Host, s.Roots = "signet.corp.example", roots
	sent := 0
	for _, scheme := range []string{"syslog", "syslogs"} {
		at := fmt.Sprintf("%s://127.0.0.1:%d", scheme, ports[sent/2])
		large := hostile()
		for range MostRows {
			large.Rows = append(large.Rows, Row{Rule: "r", Host: strings.Repeat("ä𝄞\n", 60)})
		}
		for _, m := range []*Message{hostile(), large} {
			if r, err := s.Send(t.Context(), Channel{Kind: "syslog", URL: at}, m); err != nil || r.Status != "sent" {
				t.Fatalf("%+v %v", r, err)
			}
			sent++
			text := within(t, out, "\n", sent)
			line := strings.Split(strings.TrimSpace(text), "\n")[sent-1]
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			want := map[string]string{"pri": "35", "protocol-version": "1", "timereported": "2026-11-29T12:00:00.000Z", "hostname": "signet.corp.example", "app-name": "signet", "procid": "-", "msgid": "findings.worsened", "structured-data": "-"}
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%s: %s is %q, want %q", scheme, name, got[name], value)
				}
			}
			var e struct {
				ID   string
				Data struct {
					Title string
					Rows  []map[string]any
					More  int
				}
			}
			if err := json.Unmarshal([]byte(fmt.Sprint(got["msg"])), &e); err != nil || e.ID != "msg_1" || e.Data.Title != m.Title || e.Data.Rows[0]["host"] != m.Rows[0].Host || len(e.Data.Rows)+e.Data.More != len(m.Rows)+m.More {
				t.Errorf("%s: %v %+v", scheme, err, e)
			}
		}
	}
	// Who does not trust its certificate sends it nothing.
	s.Roots = x509.NewCertPool()
	if r, err := s.Send(t.Context(), Channel{Kind: "syslog", URL: fmt.Sprintf("syslogs://127.0.0.1:%d", ports[1])}, hostile()); err == nil {
		t.Errorf("%+v", r)
	}
	if text := within(t, out, "\n", sent); strings.Count(text, "\n") != sent {
		t.Errorf("%d lines, want %d", strings.Count(text, "\n"), sent)
	}
}

// TestExim: Debian's mail server takes a message, with STARTTLS, with TLS from the first byte and, where that is said, without; it puts the
// letter into a box as it was sent. Without STARTTLS where that was not said, nothing goes out.
func TestExim(t *testing.T) {
	path := program(t, "exim4", "/usr/sbin/exim4", "exim4-daemon-heavy")
	if os.Getuid() != 0 {
		reporttest.Missing(t, "missing: root, since exim changes its user")
	}
	as, err := user.Lookup("Debian-exim")
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.Atoi(as.Uid)
	gid, err2 := strconv.Atoi(as.Gid)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	cert, key, roots := certificate(t, 2048, x509.SHA256WithRSA)
	dir, err := os.MkdirTemp("", "signet-exim") // which another user can reach
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, file := range []string{cert, key} {
		b, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(file)), b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ports := freePorts(t, 3)
	conf := filepath.Join(dir, "exim.conf")
	if err := os.WriteFile(conf, []byte(fmt.Sprintf(`
primary_hostname = mail.corp.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = %d : %d : %d
tls_on_connect_ports = %d
spool_directory = %s/spool
log_file_path = %s/%%slog
tls_advertise_hosts = ${if eq{$received_port}{%d}{}{*}}
tls_certificate = %s/cert.pem
tls_privatekey = %s/key.pem
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = accept_ours
never_users =
begin acl
accept_ours:
  accept domains = corp.example
  deny message = we are no relay
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
  envelope_to_add
`, ports[0], ports[1], ports[2], ports[2], dir, dir, ports[1], dir, dir, dir)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	starts(t, ports, path, "-C", conf, "-bdf")
	s := sender(t)
	s.Roots, s.Host = roots, "signet.corp.example"
	at := func(scheme string, port int, more string) Channel {
		return Channel{Kind: "mail", URL: fmt.Sprintf("%s://127.0.0.1:%d/?from=signet@corp.example&to=team@corp.example%s", scheme, port, more)}
	}
	for i, c := range []struct {
		name    string
		channel Channel
		cipher  bool
	}{{"STARTTLS", at("smtp", ports[0], ""), true}, {"none", at("smtp", ports[1], "&tls=none"), false}, {"TLS at once", at("smtps", ports[2], ""), true}} {
		m := hostile()
		m.ID = fmt.Sprint("msg_", i)
		if r, err := s.Send(t.Context(), c.channel, m); err != nil || r.Status != "250" {
			log, _ := os.ReadFile(filepath.Join(dir, "mainlog"))
			t.Fatalf("%s: %+v %v %s", c.name, r, err, log)
		}
		box := within(t, filepath.Join(dir, "box"), "Delivery-date:", i+1)
		_, text, _ := strings.Cut(box[strings.LastIndex("\n"+box, "\nFrom signet@"):], "\n")
		letter, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v: %s", c.name, err, box)
		}
		h := letter.Header
		subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
		if err != nil || h.Get("Message-Id") != fmt.Sprintf("<msg_%d@signet.corp.example>", i) || h.Get("Envelope-To") != "team@corp.example" || h.Get("X-Evil") != "" || h.Get("Bcc") != "" || !strings.HasPrefix(subject, "[hq] 2 findings are worse") {
			t.Errorf("%s: %v %v", c.name, err, h)
		}
		if secure := strings.Contains(h.Get("Received"), "esmtps"); secure != c.cipher {
			t.Errorf("%s: %s", c.name, h.Get("Received"))
		}
		body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
		if err != nil || !strings.Contains(string(body), "10.0.0.5 port 445") {
			t.Errorf("%s: %v %s", c.name, err, body)
		}
	}
	for _, c := range []struct {
		name, want string
		channel    Channel
	}{
		{"a server without STARTTLS", "STARTTLS", at("smtp", ports[1], "")},
		{"a recipient that it does not take", "550", Channel{Kind: "mail", URL: strings.Replace(at("smtp", ports[0], "").URL, "team@corp", "team@other", 1)}},
	} {
		if r, err := s.Send(t.Context(), c.channel, hostile()); err == nil || !strings.Contains(r.Status, c.want) || strings.Contains(r.Status, "relay") {
			t.Errorf("%s: %+v %v", c.name, r, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "box")); err != nil || strings.Count(string(b), "Delivery-date:") != 3 {
		t.Errorf("%v: %s", err, b)
	}
}
