package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAttackSecondSetUp: of many who send one good token at once, one sets the server up; afterwards nobody does, by whatever token.
func TestAttackSecondSetUp(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, dir, nil)
	statuses := make([]int, 12)
	var all sync.WaitGroup
	for i := range statuses {
		v := s.visitor(t, fmt.Sprintf("127.32.24.%d", i+1))
		all.Go(func() {
			a := v.send("POST", "/api/v1/setup", object{"token": s.setUp, "name": fmt.Sprint("user ", i), "password": servePassword})
			if statuses[i] = a.status; a.status != 201 && a.header.Get("Set-Cookie") != "" {
				t.Errorf("%d, and a session: %v", a.status, a.header)
			}
		})
	}
	all.Wait()
	won := -1
	for i, status := range statuses {
		switch {
		case status == 201 && won < 0:
			won = i
		case status != 410 && status != 403 && status != 412 && status != 429:
			t.Errorf("answers: %v", statuses)
		}
	}
	if won < 0 {
		t.Fatalf("nobody set the server up: %v", statuses)
	}
	v := s.visitor(t, "127.32.24.40")
	v.call(200, "POST", "session", object{"name": fmt.Sprint("user ", won), "password": servePassword})
	if users := v.items("users"); len(users) != 1 {
		t.Errorf("users: %v", users)
	}
	for _, token := range []string{s.setUp, "", "x"} {
		if a := v.send("POST", "/api/v1/setup", object{"token": token, "name": "second", "password": servePassword}); a.status != 410 {
			t.Errorf("a second set-up: %d %s", a.status, a.text)
		}
	}
	if code, said := ended(t, asProgram(t, dir, "serve", "link")); code != 1 || strings.Contains(said, "#") {
		t.Errorf("another link: %d %s", code, said)
	}
}

// TestAttackSecrets: passwords, tokens and sessions stand in nothing that the server says, shows, logs, exports or is backed up to; what of
// them is stored is what they hash to.
func TestAttackSecrets(t *testing.T) {
	dir := t.TempDir()
	remote(t, "127.32.24.50:3389")
	records := syslogServer(t)
	const clients = "the secret of the client 1142"
	s := startServer(t, dir, []string{"SIGNET_OIDC_CLIENT_SECRET=" + clients}, "--allow", "127.32.24.50", "--audit-syslog", "syslog://"+records.at,
		"--oidc-issuer", "http://127.0.0.1:9", "--oidc-client-id", "signet", "--oidc-group", "admins=admin")
	const adas, bobs, wrongs, typed = "ada's pass-phrase 0815", "bob's pass-phrase 4711", "a wrong pass-phrase 99", "pass-phrase-as-a-name 1"
	said := &strings.Builder{}
	note := func(a *answer) *answer { fmt.Fprintln(said, a.status, a.text); return a }
	v := s.visitor(t, "127.0.0.1")
	note(v.send("POST", "/api/v1/setup", object{"token": "wrong-token-5678", "name": "ada", "password": adas}))
	v.call(201, "POST", "setup", object{"token": s.setUp, "name": "ada", "password": adas})
	note(v.send("POST", "/api/v1/setup", object{"token": s.setUp, "name": "ada", "password": adas}))
	session := v.cookie()
	body := `{"name":"bob","password":"` + bobs + `","role":"operator"}`
	note(v.call(201, "POST", "users", body, "Idempotency-Key: a-key-1"))
	note(v.call(201, "POST", "users", body, "Idempotency-Key: a-key-1"))
	token := v.call(201, "POST", "tokens", object{"name": "robot", "role": "admin"}, "Idempotency-Key: a-key-2").field("token")
	note(v.send("POST", "/api/v1/tokens", object{"name": "robot", "role": "admin"}, "Idempotency-Key: a-key-2"))
	bob := s.visitor(t, "127.32.24.51")
	bob.call(200, "POST", "session", object{"name": "bob", "password": bobs})
	bobsSession := bob.cookie()
	note(bob.send("POST", "/api/v1/me/password", object{"old": wrongs, "password": bobs + " new"}))
	robot := s.visitor(t, "127.32.24.52")
	note(robot.send("GET", "/api/v1/users", nil, "Authorization: Bearer "+token))
	note(robot.send("GET", "/api/v1/users?token="+token, nil, "Authorization: Bearer "+token))
	note(robot.send("GET", "/api/v1/users", nil, "Authorization: Bearer wrong-token-1234"))
	note(robot.send("GET", "/api/v1/session", nil, "Cookie: signet=wrong-session-1234"))
	for _, wrong := range []string{`{"name":"ada","password":"` + wrongs + `"}`, `{"name":"` + typed + `","password":"` + wrongs + `"}`, `{"name":"ada","password":"` + wrongs, `{"name":"ada","password":["` + wrongs + `"]}`,
		`{"name":"ada","secret":"` + wrongs + `","password":"` + wrongs + `"}`, `"` + wrongs + `"`} {
		note(robot.send("POST", "/api/v1/session", wrong))
	}
	note(v.send("POST", "/api/v1/users", `{"name":"eve","password":"`+wrongs+`","role":"`+typed+`"}`))
	note(v.send("PATCH", "/api/v1/settings", `{"password":"`+wrongs+`"}`))
	for _, path := range []string{"/oidc/login", "/oidc/callback?code=a&state=b"} { // of a provider that is away
		note(v.send("GET", path, nil))
	}
	run := v.launch(object{"targets": []string{"127.32.24.50"}, "checks": []string{"rdp"}})
	for _, path := range []string{"/", "/users", "/tokens", "/audit?limit=500", "/me", "/settings", "/login", "/metrics", "/api/v1/users", "/api/v1/tokens", "/api/v1/audit?limit=500", "/api/v1/me/sessions", "/api/v1/settings", "/api/v1/openapi.json",
		"/api/v1/session", "/api/v1/jobs", "/api/v1/runs"} {
		if a := note(v.send("GET", path, nil)); a.status != 200 && path != "/login" {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, f := range formats() {
		note(v.call(200, "GET", "runs/"+run+"/report?format="+f.Name, nil))
	}
	out, err := asProgram(t, dir, "runs", "export", run).Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("runs export: %v", err)
	}
	if code, text := ended(t, asProgram(t, dir, "serve", "backup", "backup.db")); code != 0 {
		t.Fatalf("backup: %s", text)
	}
	for begin, want := time.Now(), v.entries(); records.last(t) < want; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatalf("after 10 s the syslog has %v of %v entries", records.last(t), want)
		}
	}
	if code := s.stop(); code != 0 {
		t.Fatalf("it exits %d", code)
	}
	if code, text := ended(t, asProgram(t, dir, "serve", "restore", "backup.db")); code != 0 {
		t.Fatalf("restore: %s", text)
	}
	all := map[string]string{"an answer": said.String(), "an export": string(out), "standard error": s.said.String(), "the syslog": records.text(t)}
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			b, wrong := os.ReadFile(path)
			all[filepath.Base(path)], err = string(b), wrong
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := func(text string) string { b := sha256.Sum256([]byte(text)); return hex.EncodeToString(b[:]) }
	for name, secret := range map[string]string{"a password": adas, "another's password": bobs, "a wrong password": wrongs, "a password typed as a name": typed, "a session": session, "another's session": bobsSession, "a token": token,
		"a token's secret": strings.TrimPrefix(token, "signet_"), "the set-up token": s.setUp, "the secret that a provider knows": clients, "a wrong token": "wrong-token-", "a wrong session": "wrong-session-", "what a body with a password hashes to": sum(body), "an idempotency key": "a-key-"} {
		if len(secret) < 6 {
			t.Fatalf("%s is %q", name, secret)
		}
		for where, text := range all {
			if where == "stdout" && name == "the set-up token" { // it is there that the person who started the server reads it, once
				continue
			}
			if strings.Contains(text, secret) {
				t.Errorf("%s stands in %s", name, where)
			}
		}
	}
	for _, want := range []string{` signet - logon - {"seq":`, `"result":"failed"`, ` signet - token.create - `} {
		if !strings.Contains(all["the syslog"], want) {
			t.Errorf("the syslog has no %s, so that the test shows nothing of it", want)
		}
	}
	for _, want := range []string{sum(session)[:40], sum(token)[:40], "argon2id", `"bob"`} {
		if !strings.Contains(all["backup.db"], want) {
			t.Errorf("the backup has no %s, so that the test shows nothing of it", want)
		}
	}
	if strings.Contains(all["an answer"], "argon2") || strings.Contains(all["an answer"], sum(token)[:20]) {
		t.Error("an answer shows what a secret hashes to")
	}
	if !strings.Contains(all["an answer"], http.StatusText(http.StatusUnauthorized)) {
		t.Error("nobody was refused")
	}
}
