// Package lab_test holds Signet against real servers: what each is, stands in inventory.tsv, from its configuration.
package lab_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// row is a line of the inventory, by column name; "-" is left out.
type row map[string]string

func inventory(t *testing.T) []row {
	t.Helper()
	b, err := os.ReadFile("inventory.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var head []string
	var rows []row
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if head == nil {
			head = cells
			continue
		}
		if len(cells) != len(head) {
			t.Fatalf("inventory.tsv: %d cells, want %d: %s", len(cells), len(head), line)
		}
		r := row{}
		for i, c := range cells {
			if c != "-" {
				r[head[i]] = c
			}
		}
		rows = append(rows, r)
	}
	if len(rows) < 50 {
		t.Fatalf("inventory.tsv has only %d rows", len(rows))
	}
	return rows
}

// running lists the groups that the lab has up.
func running(t *testing.T) map[string]bool {
	t.Helper()
	if os.Getenv("SIGNET_LAB") == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must run the lab: SIGNET_LAB is not set")
		}
		t.Skip("needs the lab of real servers: make test as root on Debian, or lab/up and SIGNET_LAB=1")
	}
	out, err := exec.Command("./status").Output() // exits 1 when any group is down, which may be meant
	if err != nil && len(out) == 0 {
		t.Fatalf("lab/status: %v", err)
	}
	groups, down := map[string]bool{}, map[string]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		if f[0] == "up" {
			groups[f[1]] = true
		} else {
			down[f[1]] = f[2] + " is " + f[0]
		}
	}
	for group, what := range down {
		if groups[group] {
			t.Errorf("lab: group %s is only partly up: %s", group, what)
		}
	}
	for _, must := range []string{"smb", "http", "dc"} {
		if !groups[must] {
			t.Fatalf("the lab's group %s is not up (lab/up %s)", must, must)
		}
	}
	return groups
}

// line is what the tests read of an endpoint line.
type line struct {
	Kind, Address, Check, Outcome, Verdict string
	Port                                   int
	Because, Unasked                       []string
	Findings                               []struct{ Rule, Severity string }
	Error                                  *struct{ Phase, Text string }
	Facts                                  facts
	raw                                    string
}

// facts are those of every check that the inventory speaks of.
type facts struct {
	Dialect, Signing string
	Transport        string
	SMB1             *struct {
		Offered          *bool
		Signing, Dialect string
	}
	Dialects       []string
	Mechanisms     []string
	TLS            json.RawMessage
	StartTLS       *bool
	ChannelBinding string `json:"channel_binding"`
	NLA            string
	Encryption     json.RawMessage
	Paths          []struct {
		Path, Role, NTLM, Negotiate, EPA string
		Status                           int
		Schemes                          []string
	}
	Protocols []string
	NTLM      json.RawMessage
	Ways      []struct{ NTLM string }

	Interfaces []struct{ UUID, Protocol, Endpoint string }
	Complete   bool
}

// offer is the best that is known of NTLM on any way into an endpoint.
func (f *facts) offer() string {
	best := "no"
	for _, w := range f.Ways {
		for _, word := range []string{"unknown", "offered", "proven"} {
			if w.NTLM == word && best != "proven" {
				best = word
			}
		}
	}
	if len(f.NTLM) > 0 {
		best = "proven"
	}
	return best
}

func scan(t *testing.T, args ...string) map[string]line {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), append([]string{"scan", "--store", "none", "--rate", "0", "--all", "--no-progress", "-o", "jsonl"}, args...)...)
	cmd.Env = append(os.Environ(), "SIGNET_CONFIG="+os.DevNull)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("signet scan: %v\n%s", err, stderr.Bytes())
	}
	lines := map[string]line{}
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		if !bytes.HasPrefix(sc.Bytes(), []byte(`{"kind":"endpoint"`)) {
			continue
		}
		l := line{raw: sc.Text()}
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Fatalf("%v: %s", err, sc.Bytes())
		}
		k := key(l.Address, fmt.Sprint(l.Port), l.Check)
		if _, twice := lines[k]; twice {
			t.Errorf("%s has two lines", k)
		}
		lines[k] = l
	}
	return lines
}

func key(address, port, check string) string { return net.JoinHostPort(address, port) + " " + check }

// binary builds signet once for the tests of this package.
func binary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("run/signet")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("run", 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", path, "signet/cmd/signet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// targets lists the endpoints of the inventory that are up and that a check of this version asks, as TARGETs.
func targets(rows []row, up map[string]bool, known map[string]bool) []string {
	var list []string
	for _, r := range rows {
		if up[r["group"]] && known[r["check"]] {
			list = append(list, net.JoinHostPort(r["address"], r["port"]))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// checks lists what this version asks, from its own mouth.
func checks(t *testing.T) map[string]bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary(t), "checks").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for l := range strings.Lines(string(out)) {
		if name, _, ok := strings.Cut(l, " "); ok && name != "" {
			known[name] = true
		}
	}
	return known
}

func depths() []string { return []string{"handshake", "anonymous", "decoy"} }

// Every claim of the inventory, at every depth: 0 wrong, 0 missing.
func TestEveryServerIsFoundToBeWhatItIs(t *testing.T) {
	up := running(t)
	rows := inventory(t)
	known := checks(t)
	for _, depth := range depths() {
		t.Run(depth, func(t *testing.T) {
			lines := scan(t, append([]string{"--depth", depth, "--deep", "--ca-name", "Corp CA"}, targets(rows, up, known)...)...)
			compared := 0
			for _, r := range rows {
				if !up[r["group"]] || !known[r["check"]] {
					continue
				}
				l, ok := lines[key(r["address"], r["port"], r["check"])]
				if !ok {
					t.Errorf("%s: %s: no line", r["name"], key(r["address"], r["port"], r["check"]))
					continue
				}
				compared++
				compare(t, r, &l, depth)
			}
			t.Logf("%d rows of the inventory compared at depth %s", compared, depth)
			if compared == 0 {
				t.Error("nothing was compared")
			}
		})
	}
}

// compare holds one row against one line.
func compare(t *testing.T, r row, l *line, depth string) {
	t.Helper()
	differs := func(what, want, got string) {
		t.Helper()
		t.Errorf("%s (%s) %s at depth %s: %s is %q, want %q\n\tbecause %q", r["name"], r["what"], key(r["address"], r["port"], r["check"]), depth, what, got, want, l.Because)
	}
	decided := slices.Index(depths(), depth) >= slices.Index(depths(), cmp.Or(r["decides"], "handshake"))
	// A verdict speaks of what was asked: at a depth that cannot decide, it is open or says what it left out.
	if want := r["verdict"]; want != "" && l.Verdict != want && (decided || l.Verdict != "undetermined" && len(l.Unasked) == 0) {
		differs("verdict", want, l.Verdict)
	}
	if want := r["outcome"]; want != "" && l.Outcome != want && (decided || l.Outcome != "withheld") {
		differs("outcome", want, l.Outcome)
	}
	text := func(column, got string, orUnknown bool) {
		t.Helper()
		if want := r[column]; want != "" && got != want && !(orUnknown && got == "unknown") {
			differs(column, want, got)
		}
	}
	f := &l.Facts
	text("signing", f.Signing, !decided)
	text("channel_binding", f.ChannelBinding, depth != "decoy")
	text("nla", f.NLA, false)
	if r["check"] == "smb" {
		text("dialect", f.Dialect, false)
		if f.SMB1 == nil {
			t.Errorf("%s: no smb1 in %s", r["name"], l.raw)
			return
		}
		offered := "null"
		if f.SMB1.Offered != nil {
			offered = fmt.Sprint(*f.SMB1.Offered)
		}
		text("smb1_offered", offered, false)
		text("smb1_signing", f.SMB1.Signing, false)
		if want := r["dialects"]; want != "" {
			if got := strings.Join(f.Dialects, ","); got != want {
				differs("dialects", want, got)
			}
		}
	}
	if want := r["starttls"]; want != "" && (f.StartTLS == nil || fmt.Sprint(*f.StartTLS) != want) {
		differs("starttls", want, l.raw)
	}
	if want := r["tls"]; want != "" {
		got := strings.Trim(string(f.TLS), `"`)
		var v struct{ Version string }
		if json.Unmarshal(f.TLS, &v) == nil && v.Version != "" {
			got = v.Version
		}
		if got != want && (r["check"] != "rdp" || got != "") { // without NLA no handshake is made there
			differs("tls", want, got)
		}
	}
	listed := f.Mechanisms
	if r["check"] == "rdp" {
		listed = f.Protocols
	}
	if want := r["mechanisms"]; want != "" && !sameSet(want, strings.Join(listed, ",")) {
		differs("mechanisms", want, strings.Join(listed, ","))
	}
	if want := r["encryption"]; want != "" && strings.Trim(string(f.Encryption), `"`) != want {
		differs("encryption", want, string(f.Encryption))
	}
	if want := r["ntlm"]; want != "" && r["path"] == "" {
		if got := f.offer(); got != want {
			differs("ntlm", want, got)
		}
	}
	if want := r["rules"]; want != "" && decided {
		var got []string
		for _, f := range l.Findings {
			got = append(got, f.Rule)
		}
		for rule := range strings.SplitSeq(want, ",") {
			if !slices.Contains(got, rule) {
				differs("rules", want, strings.Join(got, ","))
			}
		}
	}
	if r["check"] == "http" && r["path"] != "" {
		comparePath(t, r, l, differs)
	}
}

func comparePath(t *testing.T, r row, l *line, differs func(what, want, got string)) {
	t.Helper()
	for _, p := range l.Facts.Paths {
		if p.Path != r["path"] {
			continue
		}
		schemes := strings.Join(p.Schemes, ",")
		for column, got := range map[string]string{"status": fmt.Sprint(p.Status), "ntlm": p.NTLM, "negotiate": p.Negotiate, "epa": p.EPA, "role": p.Role} {
			if want := r[column]; want != "" && got != want {
				differs(p.Path+" "+column, want, got)
			}
		}
		if want := r["schemes"]; want != "" && !sameSet(want, schemes) {
			differs(p.Path+" schemes", want, schemes)
		}
		return
	}
	differs("path", r["path"], fmt.Sprintf("not asked: %s", l.raw))
}

// sameSet compares lists without order, case and repetition: a server may say Negotiate twice.
func sameSet(a, b string) bool {
	set := func(s string) []string {
		l := strings.Split(strings.ToLower(s), ",")
		slices.Sort(l)
		return slices.Compact(l)
	}
	return slices.Equal(set(a), set(b))
}

// Other tools, asked in the same run, agree with the inventory, and so with Signet: nmap for every SMB server, curl for
// every web server, ldapsearch and openssl for the directories.
func TestIndependentToolsAgree(t *testing.T) {
	up := running(t)
	var groups []string
	for g := range up {
		if g != "mssql" { // nothing in Debian asks a PRELOGIN but Signet
			groups = append(groups, g)
		}
	}
	slices.Sort(groups)
	out, err := exec.CommandContext(t.Context(), "./verify", groups...).CombinedOutput()
	t.Logf("lab/verify %s:\n%s", strings.Join(groups, " "), out)
	if err != nil {
		t.Errorf("lab/verify: %v", err)
	}
}
