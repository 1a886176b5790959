package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet"
)

// TestCoverageCountsOnce: an endpoint is counted once, however many files, runs and folders speak of it and however often each
// is named; of two answers to the same question the one that tells more counts. Numbers without lines are those of the
// larger look at the same targets.
func TestCoverageCountsOnce(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	capture, _ := logons(t)
	monday := write("estate/monday.jsonl", scanned)
	// Tuesday: .6 answered, and fewer were asked.
	tuesday := write("tuesday.jsonl", strings.NewReplacer("20261101-093000-abcdef", "20261102-093000-abcdef", `"outcome":"broken"`, `"outcome":"answered"`,
		`"answered":1,"silent":254,"broken":1`, `"answered":2,"silent":250`, `"endpoints_asked":256`, `"endpoints_asked":252`).Replace(scanned))
	elsewhere := write("elsewhere.jsonl", strings.NewReplacer("192.0.2.0/24", "198.51.100.0/24", "192.0.2.", "198.51.100.", "20261101-093000-abcdef", "20261103-093000-abcdef").Replace(scanned))
	every := write("every.jsonl", strings.NewReplacer("20261101-093000-abcdef", "20261104-093000-abcdef", `{"kind":"summary"`,
		`{"kind":"endpoint","at":"2026-11-01T09:30:01.000Z","address":"192.0.2.7","port":445,"transport":"tcp","check":"smb","outcome":"silent","open":false,"took_ms":3}`+"\n"+`{"kind":"summary"`).Replace(scanned))
	// Of the same 256 another one was there than on Monday.
	moved := write("moved.jsonl", strings.NewReplacer("20261101-093000-abcdef", "20261105-093000-abcdef", "192.0.2.6", "192.0.2.9").Replace(scanned))
	nmap := write("estate/nmap.xml", mapped)
	bare := `<nmaprun scanner="nmap" version="7.93"><host><status state="up"/><address addr="192.0.2.30" addrtype="ipv4"/></host><host><status state="down"/><address addr="192.0.2.31" addrtype="ipv4"/></host></nmaprun>`
	hosts, hostsAgain := write("hosts.xml", bare), write("hosts2.xml", bare)
	ports := write("masscan.json", `[
{"ip":"192.0.2.40","ports":[{"port":445,"status":"open"}]},
{"ip":"192.0.2.40","ports":[{"port":80,"status":"open"}]}
]
`)
	again := write("again.xml", mapped)
	copied := write("copy.pcap", string(capture))
	pcap := write("hq.pcap", string(capture))

	for _, c := range []struct {
		name  string
		files []string
		want  string
	}{
		{"a scan", []string{monday}, `256 (2) asked 256: answered 1 silent 254 broken 1`},
		{"the same file twice", []string{monday, monday}, `256 (2) asked 256: answered 1 silent 254 broken 1`},
		{"a file and its folder", []string{filepath.Join(dir, "estate"), nmap, monday}, `256 (2) asked 256: answered 1 silent 254 broken 1`},
		{"merged with itself", []string{"--merge", monday, "--merge", monday, monday}, `256 (2) asked 256: answered 1 silent 254 broken 1`},
		{"two looks at one estate", []string{tuesday, monday}, `256 (2) asked 256: answered 2 silent 254`},
		{"the same, merged", []string{"--merge", tuesday, "--merge", monday}, `256 (2) asked 256: answered 2 silent 254`},
		{"two estates", []string{monday, elsewhere}, `256 (4) asked 512: answered 2 silent 508 broken 2`},
		{"with lines of what was silent", []string{every, monday}, `256 (2) asked 256: answered 1 silent 254 broken 1`},
		{"an endpoint that was silent on Monday", []string{monday, moved}, `256 (3) asked 256: answered 1 silent 253 broken 2`},
		{"hosts without an endpoint, twice", []string{hosts, hostsAgain}, `2 (1) asked 0:`},
		{"a host with two ports", []string{ports}, `1 (1) asked 0:`},
		{"nmap's file, and a copy of it", []string{nmap, again}, `2 (2) asked 2: answered 2`},
		{"a capture", []string{pcap}, `1 (1) asked 9: answered 9`},
		{"a capture twice", []string{pcap, copied}, `1 (1) asked 9: answered 9`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, stderr, code := do(t, "none", append([]string{"read", "-o", "jsonl"}, c.files...)...)
			if code != 0 || stderr != "" {
				t.Fatal(code, stderr)
			}
			lines := strings.Split(strings.TrimSpace(out), "\n")
			var s struct{ Coverage map[string]int }
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
				t.Fatal(err)
			}
			if got := covers(s.Coverage); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestFileOnce: a file that is named twice, by a link, and with its folder is one source; its connections count once, and a cut
// one is said once.
func TestFileOnce(t *testing.T) {
	capture, _ := logons(t)
	dir := t.TempDir()
	file, link := filepath.Join(dir, "hq.pcap"), filepath.Join(dir, "link.pcap")
	if err := os.WriteFile(file, capture[:len(capture)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(file, link); err != nil {
		t.Fatal(err)
	}
	clients := func(files ...string) (list string) {
		out, stderr, code := do(t, "none", append([]string{"read", "-o", "jsonl"}, files...)...)
		if code != 0 || strings.Count(stderr, "damaged") != 1 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit code %d, %q", files, code, stderr)
		}
		for _, l := range strings.Split(out, "\n") {
			if strings.HasPrefix(l, `{"kind":"client"`) {
				_, what, _ := strings.Cut(l, `,"at":`)
				list += what + "\n"
			}
		}
		return list
	}
	once := clients(file)
	if !strings.Contains(once, `"connections":1}`) {
		t.Fatal(once)
	}
	for _, files := range [][]string{{file, file}, {link, file}, {dir}, {file, dir}, {dir, link}} {
		if got := clients(files...); got != once {
			t.Errorf("%v:\n%s\nwant\n%s", files, got, once)
		}
	}
}

// covers is a coverage in short: addresses, how many of them answered, endpoints asked, and every outcome that there was.
func covers(c map[string]int) string {
	s := fmt.Sprintf("%d (%d) asked %d:", c["addresses"], c["alive"], c["endpoints_asked"])
	for _, o := range signet.Outcomes() {
		if n := c[o.String()]; n > 0 {
			s += fmt.Sprintf(" %s %d", o, n)
		}
	}
	return s
}
