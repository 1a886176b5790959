package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeSingleSignOn: what the flags of single sign-on say together, and a server that nobody of its provider gets into, since that is away.
func TestServeSingleSignOn(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		say  string
	}{
		{[]string{"--local-login", "off"}, "nobody could log on"},
		{[]string{"--local-login", "maybe"}, "want on or off"},
		{[]string{"--oidc-client-id", "a"}, "--oidc-issuer is missing"},
		{[]string{"--oidc-issuer", "https://login.example", "--oidc-group", "a=admin"}, "--oidc-client-id: is missing"},
		{[]string{"--oidc-issuer", "http://login.example", "--oidc-client-id", "a", "--oidc-group", "a=admin"}, "--oidc-issuer: want https"},
		{[]string{"--oidc-issuer", "https://login.example", "--oidc-client-id", "a"}, "--oidc-group is missing"},
		{[]string{"--oidc-issuer", "https://login.example", "--oidc-client-id", "a", "--oidc-group", "admins"}, "is not GROUP=ROLE"},
		{[]string{"--oidc-issuer", "https://login.example", "--oidc-client-id", "a", "--oidc-group", "a=root"}, "is no role"},
		{[]string{"--oidc-issuer", "https://login.example", "--oidc-client-id", "a", "--oidc-group", "a=admin:"}, "a site without a name"},
		{[]string{"--oidc-issuer", "https://login.example", "--oidc-client-id", "a", "--oidc-group", "a=admin", "--oidc-client-secret-file", empty}, "it is empty"},
		{[]string{"--demo", "--oidc-issuer", "https://login.example"}, "--demo shows the sample alone"},
	} {
		if code, said := ended(t, asProgram(t, dir, append([]string{"serve", "--listen", "127.0.0.1:0"}, c.args...)...)); code != 2 || !strings.Contains(said, c.say) {
			t.Errorf("%v: %d %s", c.args, code, said)
		}
	}
	const hidden = "a-secret-of-the-client"
	s := startServer(t, dir, []string{"SIGNET_OIDC_CLIENT_SECRET=" + hidden, "SIGNET_OIDC_GROUP=admins=admin"}, "--oidc-issuer", "http://127.0.0.1:9", "--oidc-client-id", "signet", "--local-login", "off")
	if s.setUp != "" {
		t.Errorf("a set-up link where nobody has a password: %s", s.setUp)
	}
	v := s.visitor(t, "127.0.0.1")
	if a := v.send("GET", "/login", nil); a.status != 200 || !strings.Contains(a.text, "/oidc/login") || strings.Contains(a.text, `type="password"`) {
		t.Errorf("the page for logging on: %d %s", a.status, a.text)
	}
	v.call(403, "POST", "session", object{"name": "ada", "password": servePassword})
	v.call(403, "POST", "setup", object{"token": "x", "name": "ada", "password": servePassword})
	if a := v.send("GET", "/oidc/login?to=/board", nil); a.status != 303 || a.header.Get("Location") != "/login?sso=away" {
		t.Errorf("a provider that is away: %d %v", a.status, a.header)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("it exits %d", code)
	}
	if said := s.said.String(); strings.Contains(said, hidden) || strings.Contains(said, "OIDC_CLIENT_SECRET is set, and no setting") || !strings.Contains(said, "discovery document: no connection") {
		t.Errorf("it says %s", said)
	}
}
