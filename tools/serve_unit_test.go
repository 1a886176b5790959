package tools_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The server's unit is skipped while the settings that are installed allow nothing, and runs once they do; with those settings, of a scan
// too, the program serves.
func TestServeUnitWaitsForAllow(t *testing.T) {
	unit := read(t, "../packaging/signet-serve.service")
	m := regexp.MustCompile(`(?m)^ExecCondition=/bin/grep -qE '(.*)' /etc/signet/signet\.yaml$`).FindStringSubmatch(unit)
	start := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/signet (.+)$`).FindStringSubmatch(unit)
	if m == nil || start == nil {
		t.Fatal("the unit has no condition, or starts nothing")
	}
	dir := t.TempDir()
	installed := strings.ReplaceAll(read(t, "../packaging/signet.yaml"), "/etc/signet/", dir+"/")
	write(t, filepath.Join(dir, "exclude"), "")
	allowed := strings.Replace(installed, "#allow: [10.0.0.0/16]", "allow: [10.0.0.0/16]", 1)
	settings := filepath.Join(dir, "signet.yaml")
	for text, want := range map[string]bool{installed: false, "": false, "rate: 5\n# allow: [10.0.0.1]\n": false, allowed: true, "rate: 5\nallow:\n  - 10.0.0.1\n": true} {
		write(t, settings, text)
		if err := exec.Command("grep", "-qE", m[1], settings).Run(); (err == nil) != want {
			t.Errorf("%q: runs %v, want %v", text, err == nil, want)
		}
	}
	write(t, settings, allowed)
	signet := filepath.Join(dir, "built", "signet")
	run(t, "..", "go", "build", "-o", signet, "./cmd/signet")
	cmd := exec.Command(signet, append(strings.Fields(start[1]), "--listen", "127.0.0.1:0")...)
	cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+settings, "XDG_STATE_HOME="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil || !strings.HasPrefix(line, "Signet on http://127.0.0.1:") {
		t.Errorf("it says %q and ends with %v: %s", line, err, said.String())
	}
}

// The server's unit is one to systemd, shuts as much as that of the scan does, and shares its user: both write one store.
func TestServeUnitIsShut(t *testing.T) {
	need(t, "systemd-analyze", "systemd")
	dir := t.TempDir()
	serve, scan := read(t, "../packaging/signet-serve.service"), read(t, "../packaging/signet.service")
	_, shut, found := strings.Cut(scan, "# A scan by ordinary connections")
	if !found || !strings.Contains(serve, shut) {
		t.Error("the units do not shut the same")
	}
	for _, want := range []string{"\nUser=signet\n", "\nDynamicUser=yes\n", "\nStateDirectory=signet\n", "\nRestart=on-failure\n"} {
		if !strings.Contains(serve, want) {
			t.Errorf("the unit has no %q", want)
		}
	}
	write(t, filepath.Join(dir, "signet"), "#!/bin/sh\n")
	path := filepath.Join(dir, "signet-serve.service")
	write(t, path, strings.ReplaceAll(serve, "/usr/bin/signet", filepath.Join(dir, "signet")))
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if said := run(t, dir, "systemd-analyze", "verify", "--man=no", path); said != "" {
		t.Errorf("systemd says %s", said)
	}
	run(t, dir, "systemd-analyze", "security", "--offline=true", "--threshold=20", path)
}
