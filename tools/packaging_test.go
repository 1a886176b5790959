// Package tools_test proves what is shipped: the package for Debian, its unit and its settings, the task for Windows.
package tools_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// need skips where a program is not installed, but not in CI: there everything is to be checked.
func need(t *testing.T, program, debian string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: apt-get install %s", program, debian)
		}
		t.Skipf("%s is missing: apt-get install %s", program, debian)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The settings survive an update of the package, the docs and licences come with it, and the programs that dpkg runs are sound.
func TestDebianPackage(t *testing.T) {
	need(t, "dpkg-deb", "dpkg")
	dir := t.TempDir()
	folder, root, out := filepath.Join(dir, "built"), filepath.Join(dir, "root"), filepath.Join(dir, "out")
	for _, name := range []string{"signet", "README.md", "LICENSE", "SECURITY.md", "CHANGELOG.md", "THIRD-PARTY-LICENSES.txt", "docs/using.md", "man/signet.1", "completion/signet.bash", "completion/_signet", "completion/signet.fish"} {
		write(t, filepath.Join(folder, name), name+"\n")
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "..", "tools/deb", folder, "v1.2", "amd64", out)
	run(t, dir, "dpkg-deb", "--raw-extract", filepath.Join(out, "signet_1.2_amd64.deb"), root)
	// What is built between releases gives way to the next one, though its commit begins with a digit.
	run(t, "..", "tools/deb", folder, "8a85bd0", "amd64", out)
	built := strings.TrimSpace(run(t, dir, "dpkg-deb", "--field", filepath.Join(out, "signet_0~8a85bd0_amd64.deb"), "Version"))
	run(t, dir, "dpkg", "--compare-versions", built, "lt", "0.1")
	const settings = "/etc/signet/exclude\n/etc/signet/signet.yaml\n/etc/signet/targets\n"
	if got := read(t, filepath.Join(root, "DEBIAN/conffiles")); got != settings {
		t.Errorf("settings that an update keeps: %q", got)
	}
	for path, want := range map[string]string{
		"usr/bin/signet": "signet\n", "usr/share/doc/signet/docs/using.md": "docs/using.md\n",
		"usr/share/doc/signet/THIRD-PARTY-LICENSES.txt": "THIRD-PARTY-LICENSES.txt\n",
		"usr/share/doc/signet/CHANGELOG.md":             "CHANGELOG.md\n",
		"lib/systemd/system/signet.service":             read(t, "../packaging/signet.service"),
		"lib/systemd/system/signet.timer":               read(t, "../packaging/signet.timer"),
		"lib/systemd/system/signet-serve.service":       read(t, "../packaging/signet-serve.service"),
		"etc/signet/targets":                            read(t, "../packaging/targets"),
	} {
		if got := read(t, filepath.Join(root, path)); got != want {
			t.Errorf("%s holds %q", path, got)
		}
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		run(t, root, "sh", "-n", "DEBIAN/"+script)
		if strings.Contains(read(t, filepath.Join(root, "DEBIAN", script)), "enable --now") {
			t.Errorf("%s starts a scan that nobody asked for", script)
		}
	}
}

// The list of targets that is installed names none, so that the unit is skipped; with one target in it the unit runs.
func TestUnitScansNothingUntilTold(t *testing.T) {
	need(t, "grep", "grep")
	unit := read(t, "../packaging/signet.service")
	m := regexp.MustCompile(`(?m)^ExecCondition=/bin/grep -qE '(.*)' /etc/signet/targets$`).FindStringSubmatch(unit)
	if m == nil {
		t.Fatal("the unit has no condition")
	}
	installed := read(t, "../packaging/targets")
	for text, want := range map[string]bool{
		installed: false, "": false, "\n": false, " \t\n # 10.0.0.1\n": false,
		installed + "10.0.10.0/24\n": true, "  ca1.corp.example # the CA\n": true,
	} {
		path := filepath.Join(t.TempDir(), "targets")
		write(t, path, text)
		if err := exec.Command("grep", "-qE", m[1], path).Run(); (err == nil) != want {
			t.Errorf("%q: runs %v, want %v", text, err == nil, want)
		}
	}
	if strings.Contains(unit, "CAP_") || !strings.Contains(unit, "\nCapabilityBoundingSet=\n") {
		t.Error("the unit holds a capability")
	}
}

// The settings and the list of exclusions that are installed are accepted by the program, with a gate.
func TestInstalledSettings(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"signet.yaml", "targets", "exclude"} {
		text := strings.NewReplacer("/etc/signet/", dir+"/", "/var/lib/signet/", dir+"/").Replace(read(t, "../packaging/"+name))
		write(t, filepath.Join(dir, name), text)
	}
	signet := filepath.Join(dir, "built", "signet")
	run(t, "..", "go", "build", "-o", signet, "./cmd/signet")
	scan := func(targets ...string) (string, int) {
		cmd := exec.Command(signet, append([]string{"scan", "--no-progress", "--color", "never", "--checks", "http"}, targets...)...)
		cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+filepath.Join(dir, "signet.yaml"), "XDG_STATE_HOME="+dir)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := scan("127.20.254.254:1"); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	for name, want := range map[string]string{"latest.txt": "policy baseline", "latest.jsonl": `"kind":"summary"`, "latest.html": "<html", "to-fix.txt": ""} {
		if got := read(t, filepath.Join(dir, name)); !strings.Contains(got, want) {
			t.Errorf("%s has no %q", name, want)
		}
	}
	write(t, filepath.Join(dir, "exclude"), "127.20.254.254\n")
	if out, _ := scan("127.20.254.254:1"); !strings.Contains(out, "nothing is left to ask") {
		t.Errorf("an exclusion did not win: %s", out)
	}
}

// The task for Windows is a task, runs as an account without rights, and passes what the flags of a scan are.
func TestWindowsTask(t *testing.T) {
	var task struct {
		XMLName   xml.Name `xml:"http://schemas.microsoft.com/windows/2004/02/mit/task Task"`
		User      string   `xml:"Principals>Principal>UserId"`
		Arguments string   `xml:"Actions>Exec>Arguments"`
	}
	if err := xml.Unmarshal([]byte(read(t, "../packaging/signet-weekly.xml")), &task); err != nil {
		t.Fatal(err)
	}
	if task.User != "S-1-5-19" {
		t.Errorf("the task runs as %q, not as LOCAL SERVICE", task.User)
	}
	for _, want := range []string{"scan ", "--fail-on high", `--store sqlite:C:\ProgramData\Signet\signet.db`, `-f C:\ProgramData\Signet\targets.txt`} {
		if !strings.Contains(task.Arguments, want) {
			t.Errorf("the task does not pass %q", want)
		}
	}
}
