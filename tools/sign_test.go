package tools_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What docs/releases.md tells users to type accepts a release that was signed, and refuses one that was changed afterwards; a key of
// another kind, one inside a repository, and files that are not those of the list are not signed with.
func TestSign(t *testing.T) {
	need(t, "ssh-keygen", "openssh-client")
	need(t, "git", "git")
	dir := t.TempDir()
	dist, key := filepath.Join(dir, "dist"), filepath.Join(dir, "keys", "release")
	write(t, filepath.Join(dist, "signet.zip"), "archive\n")
	write(t, filepath.Join(dir, "keys", "note"), "keys are here\n")
	run(t, dist, "sh", "-c", "sha256sum signet.zip >SHA256SUMS")
	run(t, dir, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	sign := func(key string) (string, error) {
		out, err := exec.Command("./sign", key, dist).CombinedOutput()
		return string(out), err
	}
	line, err := sign(key)
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if line = line[strings.Index(line, "releases@signet"):]; !strings.HasPrefix(line, `releases@signet namespaces="signet" ssh-ed25519 `) {
		t.Fatalf("the line for users is %q", line)
	}
	write(t, filepath.Join(dist, "allowed_signers"), line)
	page := read(t, "../docs/releases.md")
	var steps []string
	for _, step := range []string{
		"ssh-keygen -Y verify -f allowed_signers -I releases@signet -n signet -s SHA256SUMS.sig < SHA256SUMS",
		"sha256sum --ignore-missing -c SHA256SUMS",
	} {
		if !strings.Contains(page, "    "+step+"\n") {
			t.Errorf("the page has no line %q", step)
		}
		steps = append(steps, step)
	}
	check := func() error {
		cmd := exec.Command("sh", "-c", strings.Join(steps, " && "))
		cmd.Dir = dist
		return cmd.Run()
	}
	if err := check(); err != nil {
		t.Errorf("a signed release is refused: %v", err)
	}
	write(t, filepath.Join(dist, "signet.zip"), "another\n")
	if check() == nil {
		t.Error("another archive is accepted")
	}
	if out, err := sign(key); err == nil || !strings.Contains(out, "not those of SHA256SUMS") {
		t.Errorf("another archive is signed: %s", out)
	}
	run(t, dist, "sh", "-c", "sha256sum signet.zip >SHA256SUMS")
	if check() == nil {
		t.Error("another list is accepted")
	}
	run(t, dir, "ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", key+"-ecdsa")
	if out, err := sign(key + "-ecdsa"); err == nil || !strings.Contains(out, "no Ed25519 key") {
		t.Errorf("signed with another kind of key: %s", out)
	}
	run(t, dir, "git", "init", "-q", "keys")
	if out, err := sign(key); err == nil || !strings.Contains(out, "lies in a git repository") {
		t.Errorf("signed with a key inside a repository: %s", out)
	}
	if _, err := os.Stat(filepath.Join(dist, "SHA256SUMS.sig")); err != nil {
		t.Error("a refusal removed the signature that was there")
	}
}
