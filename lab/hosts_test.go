package lab_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hostLine is what the tests read of a host line, and of the path line beside it.
type hostLine struct {
	Kind, Address, Name, Domain, OS, Windows string
	Samba                                    bool
	Roles                                    []struct {
		Role    string
		Certain bool
	}
	Names []struct {
		Kind, Name string
		From       []string
	}
	Endpoints []struct {
		Port           int
		Check, Verdict string
	}
	Findings []struct {
		Rule, Severity string
		Port           int
	}

	Rule, State, Finding string
	Port                 int
	Sources              uint64
}

// scanWhole runs a scan and gives back its text and its lines by kind. It fails unless the exit code is as said.
func scanWhole(t *testing.T, code int, args ...string) (text string, kinds map[string][]hostLine) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.jsonl")
	cmd := exec.CommandContext(t.Context(), binary(t), append([]string{"scan", "--store", "none", "--rate", "0", "--no-progress", "-o", "text", "-o", "jsonl=" + file}, args...)...)
	cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull, "COLUMNS=200")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("signet scan: exit %d, want %d: %v\n%s", got, code, err, stderr.Bytes())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kinds = map[string][]hostLine{}
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var l hostLine
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil && !bytes.HasPrefix(sc.Bytes(), []byte(`{"kind":"summary"`)) {
			t.Fatalf("%v: %s", err, sc.Bytes())
		}
		kinds[l.Kind] = append(kinds[l.Kind], l)
	}
	return string(out), kinds
}

// The domain controllers and nothing else are domain controllers; the domain is as weak as the weakest of them.
func TestHosts(t *testing.T) {
	rows := inventory(t)
	up := running(t)
	list := targets(rows, up, checks(t))
	text, kinds := scanWhole(t, 0, append([]string{"--depth", "decoy"}, list...)...)
	if len(kinds["host"]) == 0 {
		t.Fatal("no host line")
	}
	group := map[string]string{}
	for _, r := range rows {
		group[r["address"]] = r["group"]
	}
	seen, controllers := map[string]bool{}, 0
	for _, h := range kinds["host"] {
		if seen[h.Address] {
			t.Errorf("%s has two host lines", h.Address)
		}
		seen[h.Address] = true
		isDC := false
		for _, r := range h.Roles {
			isDC = isDC || r.Role == "domain-controller"
		}
		if want := strings.HasPrefix(group[h.Address], "dc"); isDC != want {
			t.Errorf("%s (%s): domain controller %v, want %v: %+v", h.Address, group[h.Address], isDC, want, h.Roles)
		}
		if isDC {
			controllers++
			if h.Domain != "lab.example" || !strings.HasSuffix(h.Name, ".lab.example") || !h.Samba || h.Windows != "no" {
				t.Errorf("%s: %q of %q, Samba %v, Windows %s", h.Address, h.Name, h.Domain, h.Samba, h.Windows)
			}
		}
		if g := group[h.Address]; g == "smb" && !strings.Contains(h.OS, "Samba") && h.Windows == "yes" {
			t.Errorf("%s: no Windows runs here: %s", h.Address, h.OS)
		}
	}
	if controllers == 0 {
		t.Error("no domain controller")
	}
	for _, want := range []string{"\nDOMAINS ", "lab.example: exposed", "\nHOSTS ", "\nWHAT TO DO FIRST "} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	// SMB reaches web servers and no directory.
	for _, p := range kinds["path"] {
		if strings.HasPrefix(p.Finding, "ldap-") && strings.HasPrefix(p.Rule, "path-smb-") {
			t.Errorf("%s:%d: %s by %s", p.Address, p.Port, p.Finding, p.Rule)
		}
		if p.State != "open" && p.State != "conditional" && p.State != "unknown" {
			t.Errorf("%s:%d: a path that is %s", p.Address, p.Port, p.State)
		}
	}
	if len(kinds["path"]) == 0 {
		t.Error("no path line")
	}
}

// A directory knows by itself that it is a domain controller's, and is rated as one in its own line too.
func TestSeverityByRole(t *testing.T) {
	running(t)
	policy := filepath.Join(t.TempDir(), "p.yaml")
	text := "name: p\nversion: 1\ndefault: low\nroles:\n  domain-controller: {ldap-signing-not-required: critical}\n"
	if err := os.WriteFile(policy, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, r := range inventory(t) {
		if r["group"] != "dc" || r["port"] != "389" || r["verdict"] != "exposed" || r["decides"] != "anonymous" {
			continue
		}
		_, kinds := scanWhole(t, 3, "--policy", policy, "--fail-on", "critical", r["address"])
		for _, kind := range []string{"endpoint", "host"} {
			n := 0
			for _, l := range kinds[kind] {
				for _, f := range l.Findings {
					if f.Rule == "ldap-signing-not-required" {
						n++
						if f.Severity != "critical" {
							t.Errorf("%s: %s line: %s", r["address"], kind, f.Severity)
						}
					}
				}
			}
			if n == 0 {
				t.Errorf("%s: no finding in a line of kind %s", r["address"], kind)
			}
		}
		return
	}
	t.Fatal("the inventory has no domain controller with unsigned LDAP")
}

// --quick looks at endpoints alone.
func TestQuickHasNoHosts(t *testing.T) {
	running(t)
	_, kinds := scanWhole(t, 0, "--quick", "127.20.1.2")
	if len(kinds["endpoint"]) == 0 || len(kinds["host"])+len(kinds["path"]) != 0 {
		t.Errorf("%d endpoints, %d hosts, %d paths", len(kinds["endpoint"]), len(kinds["host"]), len(kinds["path"]))
	}
}
