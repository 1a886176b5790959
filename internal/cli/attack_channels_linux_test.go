package cli

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestAttackChannels: whoever may write channels reaches by them neither this machine nor what it is redirected to, runs nothing in a template,
// and adds nothing to a mail.
func TestAttackChannels(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	var arrived atomic.Int32
	near, err := net.Listen("tcp", ":0") // at every address of this machine
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	port := near.Addr().(*net.TCPAddr).Port
	secret := http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) })}
	go secret.Serve(near)
	redirects, err := net.Listen("tcp", towards+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer redirects.Close()
	go http.Serve(redirects, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.URL.Query().Get("to")+"/", http.StatusTemporaryRedirect)
	}))
	s := startServer(t, t.TempDir(), nil)
	v := s.first(t)
	number := 0
	try := func(kind, url string) { // makes it, where it can be made, and has it send
		t.Helper()
		number++
		a := v.send("POST", "/api/v1/channels", object{"kind": kind, "name": fmt.Sprint("channel ", number), "url": url})
		switch a.status {
		case 422:
		case 201:
			if a := v.call(200, "POST", "channels/"+a.field("id")+"/test", nil); !strings.Contains(a.text, `"ok":false`) {
				t.Errorf("%s: %s", url, a.text)
			}
		default:
			t.Errorf("%s: %d %s", url, a.status, a.text)
		}
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "localhost", "localhost.", "a.localhost", "127.1", "0x7f000001", "0177.0.0.1", "2130706433", "0", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "%31%32%37.0.0.1", "127。0。0。1", "①②⑦.0.0.1"} {
		at := fmt.Sprintf("%s:%d", host, port)
		try("webhook", "http://"+at+"/")
		try("slack", "http://"+at+"/")
		try("mail", "smtp://"+at+"/?from=a@corp.example&to=b@corp.example&tls=none")
		try("syslog", "syslog://"+at)
	}
	for _, to := range []string{fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("%s:%d", towards, port)} { // the second one may be reached by itself
		try("webhook", fmt.Sprintf("http://%s/?to=%s", redirects.Addr(), to))
		try("slack", fmt.Sprintf("http://%s/?to=%s", redirects.Addr(), to))
	}
	if n := arrived.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	there := v.call(201, "POST", "channels", object{"kind": "webhook", "name": "there", "url": fmt.Sprintf("http://%s:%d/", towards, port)}).field("id")
	if a := v.call(200, "POST", "channels/"+there+"/test", nil); arrived.Load() != 1 || !strings.Contains(a.text, `"ok":true`) {
		t.Errorf("what may be reached: %s", a.text)
	}
	for _, text := range []string{`{"a": "{{.Secret}}"}`, `{"a": "{{printf "%1000000000d" 1}}"}`, `{}{{range 1000000000}}{{end}}`, `{{define "a"}}{{template "a"}}{{end}}{}`, `{"a": "{{call .Title}}"}`, `{"a": {{.Title}}}`, `{"a": "{{html .Title}}"}`} {
		v.call(422, "POST", "channels", object{"kind": "webhook", "name": "template", "url": "https://soc.example", "template": text})
	}
	for _, url := range []string{"mailto:a@x.example%0d%0aBcc:b@x.example", "mailto:a@x.example?bcc=b@x.example", "smtp://x.example/?from=a@x.example%0d%0aBcc:%20c@x.example&to=b@x.example", "smtp://x.example/?from=a@x.example&to=b@x.example&bcc=c@x.example"} {
		v.call(422, "POST", "channels", object{"kind": "mail", "name": "mail", "url": url})
	}
}

// TestAttackChannelSecrets: what a channel is reached with stands in nothing that the server says, shows, logs, exports, backs up or leaves
// behind when it is killed; and the key that it is sealed with only in its own file.
func TestAttackChannelSecrets(t *testing.T) {
	if !inNetwork(t) {
		return
	}
	l, err := net.Listen("tcp", towards+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // and says it all again
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintln(w, r.URL, r.Header)
		io.Copy(w, r.Body)
	}))
	secrets := map[string]string{"the secret of a webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "the path of a chat": "chat-path-0815", "the password of a mailbox": "mail-word-4711", "the password of the flags": "flag-word-1234"}
	dir := t.TempDir()
	s := startServer(t, dir, []string{"SIGNET_SMTP_PASSWORD=" + secrets["the password of the flags"]}, "--smtp", "smtp://ada@"+towards+":1/?from=signet@corp.example")
	v := s.first(t)
	said := &strings.Builder{}
	note := func(a *answer) *answer { fmt.Fprintln(said, a.status, a.text); return a }
	paths := []string{"/channels", "/audit?limit=500", "/api/v1/channels", "/api/v1/audit?limit=500", "/metrics", "/settings"}
	for _, c := range []object{
		{"kind": "webhook", "url": fmt.Sprintf("http://%s/in", l.Addr()), "secret": secrets["the secret of a webhook"]},
		{"kind": "slack", "url": fmt.Sprintf("http://%s/%s", l.Addr(), secrets["the path of a chat"])},
		{"kind": "mail", "url": "smtp://ada@" + towards + ":1/?from=a@corp.example&to=b@corp.example", "secret": secrets["the password of a mailbox"]},
		{"kind": "mail", "url": "mailto:b@corp.example"},
	} {
		c["name"] = fmt.Sprint(c["kind"], len(paths))
		id := note(v.call(201, "POST", "channels", c, "Idempotency-Key: "+fmt.Sprint(len(paths)))).field("id")
		note(v.send("POST", "/api/v1/channels", c, "Idempotency-Key: "+fmt.Sprint(len(paths))))
		note(v.send("PATCH", "/api/v1/channels/"+id, object{"secret": c["secret"], "kind": "none"}))
		if a := note(v.call(200, "POST", "channels/"+id+"/test", nil)); !strings.Contains(a.text, `"ok":false`) {
			t.Errorf("a test: %s", a.text)
		}
		paths = append(paths, "/channels/"+id, "/api/v1/channels/"+id, "/api/v1/channels/"+id+"/messages")
	}
	for _, path := range paths {
		note(v.send("GET", path, nil))
	}
	if code, text := ended(t, asProgram(t, dir, "serve", "backup", "backup.db")); code != 0 {
		t.Fatalf("backup: %s", text)
	}
	s.cmd.Process.Kill() // so that its WAL stays
	s.cmd.Wait()
	all := map[string]string{"an answer": said.String(), "standard error": s.said.String()}
	if err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			b, wrong := os.ReadFile(path)
			all[filepath.Base(path)], err = string(b), wrong
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(all["signet.db.key"]))
	if err != nil || len(key) != 32 || len(all["signet.db-wal"]) == 0 || !strings.Contains(all["backup.db"], "sealed_url") {
		t.Fatalf("%v: the test shows nothing of the key (%d bytes), the WAL (%d) or the backup (%d)", err, len(key), len(all["signet.db-wal"]), len(all["backup.db"]))
	}
	secrets["the key"], secrets["the key in base64"] = string(key), strings.TrimSpace(all["signet.db.key"])
	for name, word := range secrets {
		for where, text := range all {
			if where != "signet.db.key" && (strings.Contains(text, word) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(word)))) {
				t.Errorf("%s stands in %s", name, where)
			}
		}
	}
}
