package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"signet/internal/report/reporttest"
)

// told is the first block of code below a heading of docs/serve.md, with some of it replaced: what stands there is what is tried.
func told(t *testing.T, heading string, replace ...string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(b), "\n### "+heading+"\n")
	var block strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "    ") && strings.TrimSpace(line) != "" {
			break
		}
		block.WriteString(line)
	}
	text = block.String()
	for i := 0; i < len(replace); i += 2 {
		if !found || !strings.Contains(text, replace[i]) {
			t.Fatalf("below %q docs/serve.md does not have %q", heading, replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return text
}

// pair is a certificate of a name with its key, signed by itself, in files of their own and in one.
type pair struct {
	cert, key, both string
	roots           *x509.CertPool
}

func newPair(t *testing.T, dir, name string) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p := pair{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "both.pem"), x509.NewCertPool()}
	c, kp := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k})
	p.roots.AppendCertsFromPEM(c)
	for path, text := range map[string][]byte{p.cert: c, p.key: kp, p.both: append(c, kp...)} {
		writeFile(t, path, string(text))
	}
	return p
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freeAddr is an address of loopback that nobody listens on now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// proxy is a program in front: how docs/serve.md has it configured, and how it is started with that here.
type proxy struct {
	name, program, debian string
	heading               string
	strips                []string // what is replaced, and by what, so that it takes the sub-path off
	put                   func(at string, p pair) []string
	run                   func(dir, text string) (files map[string]string, args []string)
}

func proxies() []proxy {
	return []proxy{
		{"nginx", "nginx", "nginx-light", "Behind nginx", []string{"proxy_pass http://127.0.0.1:8471;", "proxy_pass http://127.0.0.1:8471/;",
			"proxy_http_version 1.1;", "proxy_http_version 1.0;"}, // its default, with which it keeps events back unless it is told not to
			func(at string, p pair) []string {
				return []string{"listen 443 ", "listen " + at + " ", "/etc/ssl/certs/tools.pem", p.cert, "/etc/ssl/private/tools.key", p.key}
			},
			func(dir, text string) (map[string]string, []string) {
				conf := "daemon off; master_process off; pid nginx.pid; error_log stderr; events {}\nhttp { access_log off;\n"
				if os.Getuid() == 0 {
					conf = "user root; " + conf
				}
				for _, temp := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
					conf += temp + "_temp_path " + dir + "/" + temp + ";\n"
				}
				return map[string]string{"nginx.conf": conf + text + "}\n"}, []string{"-p", dir, "-c", "nginx.conf", "-e", "stderr"}
			}},
		{"Caddy", "caddy", "caddy", "Behind Caddy", []string{"handle /signet/*", "handle_path /signet/*"},
			func(at string, p pair) []string {
				host, _, _ := net.SplitHostPort(at)
				return []string{"tools.corp.example {\n", "tools.corp.example {\nbind " + host + "\ntls " + p.cert + " " + p.key + "\n"}
			},
			func(dir, text string) (map[string]string, []string) {
				return map[string]string{"Caddyfile": text}, []string{"run", "--config", "Caddyfile", "--adapter", "caddyfile"}
			}},
		{"HAProxy", "haproxy", "haproxy", "Behind HAProxy", []string{"        timeout connect 5s\n", "        http-request replace-path /signet/(.*) /\\1\n        timeout connect 5s\n"},
			func(at string, p pair) []string {
				return []string{"bind :443 ", "bind " + at + " ", "/etc/haproxy/tools.pem", p.both}
			},
			func(dir, text string) (map[string]string, []string) {
				return map[string]string{"haproxy.cfg": text}, []string{"-db", "-f", "haproxy.cfg"}
			}},
	}
}

// start starts a proxy before a server, and gives its address.
func (p *proxy) start(t *testing.T, backend string, strip bool, c pair) (at string) {
	t.Helper()
	program, err := exec.LookPath(p.program)
	if err != nil {
		reporttest.Missing(t, p.program+" is missing: apt-get install "+p.debian)
	}
	at = freeAddr(t)
	dir := t.TempDir()
	text := told(t, p.heading, p.put(at, c)...)
	if strip {
		text = strings.NewReplacer(p.strips...).Replace(text)
	}
	text = strings.ReplaceAll(text, "127.0.0.1:8471", backend)
	if p.name == "Caddy" {
		_, port, _ := net.SplitHostPort(at)
		text = "{\nadmin off\nauto_https disable_redirects\nhttps_port " + port + "\n}\n" + text
	}
	files, args := p.run(dir, text)
	for name, text := range files {
		writeFile(t, filepath.Join(dir, name), text)
	}
	cmd := exec.Command(program, args...) // ended below, by a signal that ends its workers too
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp4", at)
		if err == nil {
			c.Close()
			return at
		}
		if time.Since(begin) > 20*time.Second {
			cmd.Process.Kill()
			cmd.Wait()
			t.Fatalf("%s does not listen: %s\n%s", p.name, said.String(), text)
		}
	}
}

// through is a browser at an address of loopback, to which tools.corp.example is what listens at another one.
func through(t *testing.T, from, at string, roots *x509.CertPool) http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { return d.DialContext(ctx, network, at) }}}
}

// TestServeBehindProxies: nginx, Caddy and HAProxy as docs/serve.md has them, which leave the sub-path there or take it off. Who asks is
// their client, whatever that client says of itself, and events come as they happen.
func TestServeBehindProxies(t *testing.T) {
	held := []*holding{hold(t, "127.32.15.1:3389"), hold(t, "127.32.15.2:3389")}
	c := newPair(t, t.TempDir(), "tools.corp.example")
	listen := freeAddr(t)
	s := startServer(t, t.TempDir(), nil, "--listen", listen, "--behind-proxy", "127.0.0.1", "--url", "https://tools.corp.example/signet", "--allow", "127.32.15.1-127.32.15.2")
	if s.url != "https://tools.corp.example/signet" {
		t.Fatalf("it is on %s", s.url)
	}
	from := 10
	for _, p := range proxies() {
		for _, strip := range []bool{false, true} {
			from++
			client := fmt.Sprintf("127.0.0.%d", from)
			t.Run(fmt.Sprintf("%s strip=%v", p.name, strip), func(t *testing.T) {
				s := *s
				s.t, s.http = t, through(t, client, p.start(t, listen, strip, c), c.roots)
				if s.setUp != "" {
					s.call(201, "POST", "setup", map[string]any{"token": s.setUp, "name": "ada", "password": servePassword})
				}
				s.tryThrough(client, held)
			})
			s.setUp = ""
		}
	}
}

// tryThrough does through a proxy what a browser does, at an address.
func (s *server) tryThrough(client string, held []*holding) {
	t := s.t
	ask := func(status int, method, path, body string, headers ...string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest(method, "https://tools.corp.example"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Add(headers[i], headers[i+1])
		}
		res, err := s.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != status {
			t.Fatalf("%s %s: %d %.500s %v, want %d", method, path, res.StatusCode, b, err, status)
		}
		return res, string(b)
	}
	// A client that lies about itself fails to log on, and does.
	lies := []string{"X-Forwarded-For", "203.0.113.7", "X-Forwarded-For", "203.0.113.8, 127.0.0.1", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Content-Type", "application/json"}
	ask(401, "POST", "/signet/api/v1/session", `{"name":"ada","password":"not the password"}`, lies...)
	res, _ := ask(200, "POST", "/signet/api/v1/session", `{"name":"ada","password":"`+servePassword+`"}`, lies...)
	if cookies := res.Cookies(); len(cookies) != 1 || cookies[0].Name != "__Secure-signet" || cookies[0].Path != "/signet/" || !cookies[0].Secure || !cookies[0].HttpOnly {
		t.Errorf("cookies %v", cookies)
	}

	// Every page and what it loads lies below the sub-path.
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // nginx names the port that it listens on here
	if res, err := s.http.Get("https://tools.corp.example/signet"); err != nil {
		t.Error(err)
	} else if to, err := res.Location(); err != nil || to.Path != "/signet/" {
		t.Errorf("/signet: %d %v %v", res.StatusCode, to, err)
	} else {
		res.Body.Close()
	}
	s.http.CheckRedirect = nil
	links := map[string]bool{}
	for _, page := range []string{"/signet/", "/signet/board", "/signet/jobs", "/signet/users"} {
		_, text := ask(200, "GET", page, "")
		for _, m := range regexp.MustCompile(`[ ](?:href|src|action|data-base)="([^"#]+)`).FindAllStringSubmatch(text, -1) {
			links[m[1]] = true
			if m[1] != "/signet" && !strings.HasPrefix(m[1], "/signet/") && !strings.HasPrefix(m[1], "?") {
				t.Errorf("%s leads to %s", page, m[1])
			}
		}
	}
	for link := range links {
		if strings.HasPrefix(link, "/signet/") {
			ask(200, "GET", strings.ReplaceAll(link, "&amp;", "&"), "")
		}
	}
	if len(links) < 12 {
		t.Errorf("only %d links: %v", len(links), links)
	}

	// By cookie only pages of the served URL change something.
	site := `{"name":"site of ` + client + `","targets":["127.32.15.1-127.32.15.2"],"checks":["rdp"]}`
	for _, origin := range []string{"http://tools.corp.example", "https://tools.corp.example:8443", "https://evil.example", "null"} {
		ask(403, "POST", "/signet/api/v1/sites", site, "Origin", origin, "Content-Type", "application/json")
	}
	ask(201, "POST", "/signet/api/v1/sites", site, "Origin", "https://tools.corp.example", "Content-Type", "application/json", "Sec-Fetch-Site", "same-origin")

	for _, h := range held {
		h.keep(true)
	}
	job := s.call(202, "POST", "jobs", map[string]any{"site": "site of " + client})["id"].(string)
	stream, err := s.http.Get(s.url + "/api/v1/jobs/" + job + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	// Two hosts keep the job waiting. One is let go at the first event, and the other when an event says that the first has been asked.
	event, seen := "", 0
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = v
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || event != "job" || seen > 0 && !strings.Contains(data, `"addresses":1,`) || seen > 1 {
			continue
		}
		if state := s.call(200, "GET", "jobs/"+job, nil)["state"]; state != "running" && state != "queued" {
			t.Errorf("event %d came when the job was %v: something kept it back", seen+1, state)
		}
		held[seen].keep(false)
		seen++
	}
	if seen != 2 || event != "end" {
		t.Errorf("of the events that were waited for %d came, and the last is %q: %v", seen, event, lines.Err())
	}

	did := map[string]bool{}
	for _, one := range s.call(200, "GET", "audit?limit=500", nil)["items"].([]any) {
		switch e := one.(map[string]any); e["address"] {
		case client:
			did[fmt.Sprint(e["action"], " ", e["result"])] = true
		case "127.0.0.1", "203.0.113.7", "203.0.113.8":
			t.Errorf("the audit log has %v of %v", e["action"], e["address"])
		}
	}
	for _, want := range []string{"logon failed", "logon ok", "site.create ok", "job.launch ok"} {
		if !did[want] {
			t.Errorf("of %s the audit log has %v, and not %s", client, did, want)
		}
	}
}
