package cli

import (
	"crypto/tls"
	"strings"
	"testing"
)

// A certificate that is renewed where it stands is shown to who connects next, and the probe with the same settings agrees.
func TestServeRenewsItsCertificate(t *testing.T) {
	dir := t.TempDir()
	files := newPair(t, dir, "tools.corp.example")
	s := startServer(t, dir, nil, "--tls-cert", files.cert, "--tls-key", files.key)
	at := strings.TrimPrefix(s.url, "https://")
	link, err := asProgram(t, dir, "serve", "link", "--listen", at, "--tls-cert", files.cert, "--tls-key", files.key).Output()
	if err != nil || !strings.HasPrefix(string(link), "Set up: "+s.url+"#") {
		t.Errorf("another link: %v %s", err, link)
	}
	for _, when := range []string{"at the start", "renewed"} {
		conn, err := tls.Dial("tcp", at, &tls.Config{RootCAs: files.roots, ServerName: "tools.corp.example"})
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		conn.Close()
		if out, err := asProgram(t, dir, "serve", "probe", "--listen", at, "--tls-cert", files.cert, "--tls-key", files.key).CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", when, err, out)
		}
		files = newPair(t, dir, "tools.corp.example")
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, s.said)
	}
}
