package cli

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A port beside it proves what the host is, and the policy rates by that: every format has the same severity of the
// finding, and so have the host's line and the exit code.
func TestOneSeverityInEveryFormat(t *testing.T) {
	dir, file := files(t)
	run := file("run.jsonl", `{"kind":"run","schema":"signet/1","run":"r","tool":"signet/dev","started":"2026-03-01T09:30:00.000Z","targets":["10.0.0.1"],"checks":["smb","ldap"],"depth":"anonymous","policy":"own/1"}
{"kind":"endpoint","run":"r","at":"2026-03-01T09:30:01.000Z","address":"10.0.0.1","port":445,"transport":"tcp","check":"smb","outcome":"answered","facts":{"transport":"direct","dialect":"3.1.1","dialect_floor":"2.0.2","signing":"optional","security_mode":"0x01","smb2_offered":true,"smb1":{"offered":false},"ntlm_offer":"proven"},"took_ms":1}
{"kind":"endpoint","run":"r","at":"2026-03-01T09:30:02.000Z","address":"10.0.0.1","port":389,"transport":"tcp","check":"ldap","outcome":"answered","facts":{"role":"ad-dc","domain":"corp.example","root":{},"binds":[]},"took_ms":1}
`)
	policy := file("own.yaml", "name: own\nversion: 1\ndefault: low\nrules: {smb-signing-not-required: high}\nroles: {domain-controller: {smb-signing-not-required: critical}}\n")
	args := []string{"read", "--store", "none", "--policy", policy, "--fail-on", "critical"}
	for _, f := range formats() {
		args = append(args, "-o", f.Name+"="+filepath.Join(dir, "out."+f.Name))
	}
	if code, _, stderr := inProcess(t, append(args, run)...); code != 3 {
		t.Fatalf("exit %d, want 3: the finding is critical on this host\n%s", code, stderr)
	}
	for format, want := range map[string]string{
		"text":      "\n  critical  ",
		"jsonl":     `"rule":"smb-signing-not-required","severity":"critical","check":"smb"`, // the host's
		"json":      `"rule":"smb-signing-not-required","severity":"critical","title"`,       // the endpoint's
		"csv":       "smb-signing-not-required,critical,",
		"markdown":  "| critical |",
		"html":      `<span class="tag critical">critical</span>`,
		"xlsx":      "critical",
		"sarif":     `"severity":"critical"`,
		"ocsf":      `"severity":"Critical"`,
		"opengraph": `"severity":"critical"`,
		"nmap":      "critical smb-signing-not-required",
		"junit":     `type="critical"`,
		"list":      "10.0.0.1:445",
	} {
		got := contents(t, filepath.Join(dir, "out."+format))
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%.2000s", format, want, got)
		}
		if strings.Contains(got, `"severity":"high"`) || strings.Contains(got, ",high,") || strings.Contains(got, ">high<") || strings.Contains(got, "\n  high") {
			t.Errorf("%s: the same finding as high:\n%.2000s", format, got)
		}
	}
}

// files makes a folder, and files in it.
func files(t *testing.T) (dir string, file func(name, text string) (path string)) {
	dir = t.TempDir()
	return dir, func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// contents gives a file, and of a workbook the text of its sheets.
func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return string(b)
	}
	defer z.Close()
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}

// A comparison rates as a report does: what another port shows of the host makes its finding severer, and that is a change.
func TestDiffRatesByHost(t *testing.T) {
	_, file := files(t)
	const head = `{"kind":"run","schema":"signet/1","run":"r","tool":"signet/dev","started":"2026-03-01T09:30:00.000Z","targets":["10.0.0.1"],"checks":["smb","ldap"],"depth":"anonymous","policy":"own/1"}
{"kind":"endpoint","run":"r","at":"2026-03-01T09:30:01.000Z","address":"10.0.0.1","port":445,"transport":"tcp","check":"smb","outcome":"answered","facts":{"transport":"direct","dialect":"3.1.1","dialect_floor":"2.0.2","signing":"optional","security_mode":"0x01","smb2_offered":true,"smb1":{"offered":false},"ntlm_offer":"proven"},"took_ms":1}
`
	const controller = `{"kind":"endpoint","run":"r","at":"2026-03-01T09:30:02.000Z","address":"10.0.0.1","port":389,"transport":"tcp","check":"ldap","outcome":"answered","facts":{"role":"ad-dc","domain":"corp.example","root":{},"binds":[]},"took_ms":1}
`
	const tail = `{"kind":"summary","run":"r","ended":"2026-03-01T09:30:03.000Z"}
`
	old, now := file("old.jsonl", head+tail), file("new.jsonl", head+controller+tail)
	policy := file("own.yaml", "name: own\nversion: 1\nrules: {smb-signing-not-required: high}\nroles: {domain-controller: {smb-signing-not-required: critical}}\n")
	code, stdout, stderr := inProcess(t, "diff", "--policy", policy, "--fail-on", "worsened", old, now)
	if code != 3 || !strings.Contains(stdout, "smb-signing-not-required high → critical") {
		t.Errorf("exit %d, want 3 for a finding that the host's role makes critical:\n%s%s", code, stdout, stderr)
	}
}
