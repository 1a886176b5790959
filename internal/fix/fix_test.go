package fix

import (
	"encoding/csv"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"signet"
	"signet/internal/check"
	"signet/internal/check/all"
)

// hostile is what a host may call itself.
const hostile = "x'; Remove-Item C:\\ #\n$(calc)#>`\u2019; {{ lookup('pipe','id') }}\r\n- hosts: all\x1b[31m"

// everything is a plan for every rule, on hosts of each kind.
func everything() *Plan {
	p := &Plan{Run: "20260301-093000-abcdef " + hostile}
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			p.Rules = append(p.Rules, &r)
			for i, name := range []string{"FS1.corp.example", hostile, "10.1", "", "samba1"} {
				p.Targets = append(p.Targets, Target{Rule: r.ID, Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), Port: 445, Name: name, Where: ";=1+1 " + hostile,
					Windows: []signet.Answer{signet.Yes, signet.NotKnown, signet.NotKnown, signet.Yes, signet.No}[i], Samba: i == 4})
			}
		}
	}
	return p
}

func script(t *testing.T, format string, p *Plan) string {
	t.Helper()
	b, ok := Write(format, p)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	return string(b)
}

// rules finds rules by their ids.
func rules(ids ...string) (list []*check.Rule) {
	for _, id := range ids {
		_, r := check.FindRule(all.Checks(), id)
		list = append(list, r)
	}
	return list
}

// Every recipe enforces something, and each step of it can be verified and gone back.
func TestRecipes(t *testing.T) {
	seen := 0
	for _, c := range all.Checks() {
		for _, r := range c.Rules {
			if r.Recipe == nil {
				continue
			}
			seen++
			j := job{Recipe: *r.Recipe}
			if j.scripted() && len(j.Verify) == 0 || !j.scripted() && len(j.Samba) == 0 {
				t.Errorf("%s: no way to verify, or nothing to do", r.ID)
			}
			for _, command := range j.Commands {
				if command.Do == "" || command.Undo == "" || command.Do == command.Undo {
					t.Errorf("%s: %+v cannot be rolled back", r.ID, command)
				}
			}
		}
	}
	if seen < 15 {
		t.Errorf("%d rules have a recipe", seen)
	}
}

// No byte that a peer chose stands in a script, but inside a name that is one.
func TestHostileNames(t *testing.T) {
	p := everything()
	p.Run = "r1"
	for _, format := range Formats() {
		s := script(t, format, p)
		if format == "csv" {
			rows, err := csv.NewReader(strings.NewReader(s)).ReadAll()
			if err != nil || len(rows) != len(p.Targets)+1 {
				t.Fatalf("%d rows: %v", len(rows), err)
			}
			for _, row := range rows { // where has what the peer said, as text
				for _, c := range row {
					if strings.HasPrefix(c, "=") || strings.Contains(c, ";=") {
						t.Errorf("a formula: %q", c)
					}
				}
			}
			continue
		}
		for _, bad := range []string{"Remove-Item C:", "lookup(", "calc", "hosts: all"} {
			if strings.Contains(s, bad) {
				t.Errorf("%s contains %q", format, bad)
			}
		}
	}
	for _, format := range Formats() {
		for _, r := range script(t, format, everything()) {
			if r != '\n' && r != '\r' && r != '\t' && unicode.IsControl(r) {
				t.Fatalf("%s: control character %U", format, r)
			}
		}
	}
}

func TestStepsStandInOrder(t *testing.T) {
	p := &Plan{Run: "r1", Rules: rules("smb-signing-not-required"), Targets: []Target{
		{Rule: "smb-signing-not-required", Addr: netip.MustParseAddr("10.0.0.1"), Asked: "fs1.corp.example", Windows: signet.Yes},
		{Rule: "smb-signing-not-required", Addr: netip.MustParseAddr("10.0.0.2"), Samba: true, Windows: signet.No},
		{Rule: "smb1-enabled", Addr: netip.MustParseAddr("10.0.0.3"), Windows: signet.Yes},
	}}
	for format, steps := range map[string][]string{
		"powershell": {"'10.0.0.1' = 'fs1.corp.example'", "'10.0.0.1'", "Audit = {", "AuditClientDoesNotSupportSigning", "Enforce = {", "'RequireSecuritySignature' -Value 1", "Verify = {", "Rollback = {", "Remove-ItemProperty"},
		"ansible":    {"- 'fs1.corp.example'", "[never, audit]", "[never, enforce]", "data: 1", "[never, verify]", "[never, rollback]"},
		"reg":        {"fs1.corp.example", "audit", "\"RequireSecuritySignature\"=dword:00000001", "verify", "roll back"},
		"smb.conf":   {"Audit", "10.0.0.2", "[global]", "server signing = mandatory", "Enforce", "Verify", "Roll back"},
	} {
		s, at := script(t, format, p), 0
		for _, step := range steps {
			i := strings.Index(s[at:], step)
			if i < 0 {
				t.Errorf("%s: %q does not stand after what comes before it:\n%s", format, step, s)
				break
			}
			at += i
		}
		if strings.Contains(s, "10.0.0.3") || format != "smb.conf" && strings.Contains(s, "10.0.0.2") || format == "smb.conf" && strings.Contains(s, "fs1") {
			t.Errorf("%s names a host that it is not for", format)
		}
	}
	if _, ok := Write("bash", p); ok {
		t.Error("bash is a format")
	}
}

// missing skips, but not in CI: there everything is to be checked.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// PowerShell parses: the grammar of tree-sitter, from the npm package @vscode/tree-sitter-wasm, which SIGNET_NODE_MODULES
// leads to. It is no PowerShell: what its grammar takes, PowerShell may still refuse.
func TestPowerShellParses(t *testing.T) {
	modules := os.Getenv("SIGNET_NODE_MODULES")
	if modules == "" {
		missing(t, "missing: SIGNET_NODE_MODULES, a node_modules folder with @vscode/tree-sitter-wasm 0.3.1")
	}
	dir := t.TempDir()
	args := []string{"testdata/parse.js", modules}
	write := func(name string, p *Plan) {
		path := filepath.Join(dir, name+".ps1")
		if err := os.WriteFile(path, []byte(script(t, "powershell", p)), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	whole := everything()
	write("everything", whole)
	write("nothing", &Plan{Run: "r1", Rules: rules("smb1-enabled")})
	if out, err := exec.Command("node", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	broken := filepath.Join(dir, "broken.ps1")
	if err := os.WriteFile(broken, []byte(strings.Replace(script(t, "powershell", whole), "param(", "param((", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if exec.Command("node", "testdata/parse.js", modules, broken).Run() == nil {
		t.Error("the parser takes a script that is broken")
	}
}

// The brackets and quotes of a script close: all that can be said without a parser.
func TestPowerShellIsClosed(t *testing.T) {
	var open []rune
	pairs := map[rune]rune{')': '(', '}': '{', ']': '['}
	quote, comment := rune(0), 0
	text := []rune(script(t, "powershell", everything()))
	for i := 0; i < len(text); i++ {
		r := text[i]
		next := rune(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch {
		case comment == 2:
			if r == '#' && next == '>' {
				comment = 0
			}
		case comment == 1:
			if r == '\n' {
				comment = 0
			}
		case quote != 0:
			if r == quote {
				quote = 0
			}
			if r == '\n' {
				t.Fatalf("a quote is open at the end of a line before %q", string(text[i:min(i+60, len(text))]))
			}
		case r == '<' && next == '#':
			comment = 2
		case r == '#':
			comment = 1
		case r == '\'' || r == '"':
			quote = r
		case r == '(' || r == '{' || r == '[':
			open = append(open, r)
		case pairs[r] != 0:
			if len(open) == 0 || open[len(open)-1] != pairs[r] {
				t.Fatalf("%q closes nothing before %q", r, string(text[i:min(i+60, len(text))]))
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 || quote != 0 || comment == 2 {
		t.Errorf("open at the end: %q", string(open))
	}
}

// The playbook passes Ansible's own syntax check. The modules of ansible.windows are stood in for: the check asks whether
// they exist, not what they do.
func TestAnsibleSyntax(t *testing.T) {
	if _, err := exec.LookPath("ansible-playbook"); err != nil {
		missing(t, "missing: ansible-playbook, of Debian's package ansible-core")
	}
	dir := t.TempDir()
	modules := filepath.Join(dir, "ansible_collections", "ansible", "windows", "plugins", "modules")
	if err := os.MkdirAll(modules, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{"win_regedit", "win_shell"} {
		if err := os.WriteFile(filepath.Join(modules, m+".py"), []byte("DOCUMENTATION = ''\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	syntax := func(text string) ([]byte, error) {
		path := filepath.Join(dir, "fix.yml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("ansible-playbook", "--syntax-check", "-i", "localhost,", path)
		cmd.Env = append(os.Environ(), "ANSIBLE_COLLECTIONS_PATH="+dir, "ANSIBLE_COLLECTIONS_PATHS="+dir, "ANSIBLE_LOCAL_TEMP="+filepath.Join(dir, "tmp"), "LC_ALL=C.UTF-8")
		return cmd.CombinedOutput()
	}
	for _, p := range []*Plan{everything(), {Run: "r1", Rules: rules("smb1-enabled")}} {
		text := script(t, "ansible", p)
		if out, err := syntax(text); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if _, err := syntax(strings.Replace(script(t, "ansible", everything()), "win_regedit:", "win_regedt:", 1)); err == nil {
		t.Error("the check takes a module that does not exist")
	}
}
