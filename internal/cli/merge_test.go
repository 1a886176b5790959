package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// do runs signet in process with a store of its own.
func do(t *testing.T, db string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(context.Background(), Process{Args: append(args, "--store", db), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err, Version: "test"})
	return out.String(), err.String(), code
}

const (
	// scanned is our own scan, of November.
	scanned = `{"kind":"run","schema":"signet/1","run":"20261101-093000-abcdef","tool":"signet/0.8","started":"2026-11-01T09:30:00.000Z","targets":["192.0.2.0/24"],"checks":["smb"],"depth":"anonymous","policy":"baseline/1"}
{"kind":"endpoint","at":"2026-11-01T09:30:01.000Z","address":"192.0.2.5","port":445,"transport":"tcp","check":"smb","outcome":"answered","facts":{"dialect":"3.1.1","security_mode":"0x03","signing":"required","smb2_offered":true,"ntlm_offer":"proven","smb1":{"offered":false}},"took_ms":3}
{"kind":"endpoint","at":"2026-11-01T09:30:01.000Z","address":"192.0.2.6","port":445,"transport":"tcp","check":"smb","outcome":"broken","facts":{},"took_ms":3}
{"kind":"summary","run":"20261101-093000-abcdef","ended":"2026-11-01T09:30:02.000Z","coverage":{"addresses":256,"alive":2,"endpoints_asked":256,"answered":1,"silent":254,"broken":1},"verdicts":{},"findings":{}}
`
	// mapped is what nmap said of the same hosts, later.
	mapped = `<?xml version="1.0"?><nmaprun scanner="nmap" version="7.93" start="1763000000">
<host endtime="1795000000"><address addr="192.0.2.5" addrtype="ipv4"/><ports><port protocol="tcp" portid="445"><state state="open"/></port></ports><hostscript>
 <script id="smb2-security-mode" output="&#xa;  311: &#xa;    Message signing enabled but not required"/><script id="smb-protocols" output="dialects:&#xa; 202&#xa; 311"/></hostscript></host>
<host endtime="1795000000"><address addr="192.0.2.6" addrtype="ipv4"/><ports><port protocol="tcp" portid="445"><state state="open"/></port></ports><hostscript>
 <script id="smb-security-mode" output="&#xa;  account_used: guest&#xa;  challenge_response: supported&#xa;  message_signing: disabled (dangerous, but default)"/></hostscript></host>
</nmaprun>`
)

// TestMerge: a scan, an nmap file and a capture of the same estate meet: as one run or as several that are merged, reported
// together and diffed. The wire that we saw wins, an exposure counts where we could not tell, and disagreement is shown.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	capture, _ := logons(t) // a client of 192.0.2.77 at 192.0.2.5
	scan, nmap, pcap := file("scan.jsonl", scanned), file("nmap.xml", mapped), file("hq.pcap", string(capture))
	db := "sqlite:" + filepath.Join(dir, "runs.db")
	latest := func() string {
		t.Helper()
		out, _, code := do(t, db, "runs", "-o", "jsonl")
		var run struct{ Run string }
		line, _, _ := strings.Cut(out, "\n")
		if err := json.Unmarshal([]byte(line), &run); code != 0 || err != nil {
			t.Fatal(code, err, out)
		}
		return run.Run
	}
	read := func(args ...string) (string, string) {
		t.Helper()
		out, stderr, code := do(t, db, append([]string{"read", "-o", "jsonl"}, args...)...)
		if code != 0 {
			t.Fatal(args, code, stderr)
		}
		return out, latest()
	}
	expect := func(what, out string) {
		t.Helper()
		type endpoint struct {
			Kind, Address, Check, Verdict, Source, Depth, Client string
			Port                                                 int
			Disagreements                                        []string
			Coverage                                             struct{ Addresses, Alive, Endpoints_asked int }
		}
		seen, clients := map[string]endpoint{}, 0
		for l := range strings.Lines(out) {
			var e endpoint
			if err := json.Unmarshal([]byte(l), &e); err != nil {
				t.Fatal(l, err)
			}
			switch {
			case e.Kind == "endpoint" && e.Check == "smb" && e.Port == 445:
				if _, twice := seen[e.Address]; twice {
					t.Errorf("%s: %s twice", what, e.Address)
				}
				seen[e.Address] = e
			case e.Kind == "client":
				clients++
			case e.Kind == "run" && e.Depth != "anonymous":
				t.Errorf("%s: depth %s", what, e.Depth)
			case e.Kind == "summary" && (e.Coverage.Addresses != 256 || e.Coverage.Endpoints_asked < 256):
				t.Errorf("%s: coverage %+v", what, e.Coverage)
			}
		}
		if e := seen["192.0.2.5"]; e.Verdict != "exposed" || e.Source != "capture" || len(e.Disagreements) != 1 ||
			!strings.Contains(e.Disagreements[0], "signet/0.8 of 2026-11-01 09:30 says guarded (signing required)") ||
			!strings.Contains(e.Disagreements[0], "and stands") {
			t.Errorf("%s: 192.0.2.5: %+v", what, e)
		}
		if e := seen["192.0.2.6"]; e.Verdict != "exposed" || e.Source != "nmap 7.93" {
			t.Errorf("%s: 192.0.2.6: %+v", what, e)
		}
		if len(seen) != 2 || clients == 0 {
			t.Errorf("%s: %d SMB endpoints, %d clients", what, len(seen), clients)
		}
	}

	// As one run.
	out, _ := read(scan, nmap, pcap)
	expect("one run", out)
	// As several, stored apart and merged; what is stored says the same when it is reported again.
	_, first := read(scan)
	_, second := read(nmap)
	out, third := read("--merge", first, "--merge", second, pcap)
	expect("merged", out)
	out, _, _ = do(t, db, "report", "-o", "jsonl", third)
	expect("reported", out)
	out, _ = read("--merge", third)
	expect("merged again", out)
	out, _ = read("--merge", scan, nmap, pcap)
	expect("merged with a file", out)

	// People see it too.
	text, _, _ := do(t, db, "report", third)
	for _, want := range []string{"says guarded", "and stands", "CLIENTS", "192.0.2.77"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text report does not say %q:\n%s", want, text)
		}
	}
	if page, _, _ := do(t, db, "report", "-o", "html", third); !strings.Contains(page, "says guarded") || !strings.Contains(page, "and stands") {
		t.Error("the page does not show the disagreement")
	}
	// The clients of the capture are sources: WebDAV towards LDAP is no mere possibility.
	if out, _, _ := do(t, db, "report", "-o", "jsonl", third); !strings.Contains(out, `"source":"http","assumed":false,"state":"open"`) {
		t.Errorf("no path has a known source:\n%s", out)
	}
	// And diff compares what stands.
	out, stderr, code := do(t, db, "diff", "-o", "jsonl", first, third)
	if code != 0 || !strings.Contains(out, `"kind":"worsened"`) && !strings.Contains(out, "worsened") {
		t.Errorf("%d %s\n%s", code, stderr, out)
	}
	if strings.Contains(out, `"check":"client"`) {
		t.Errorf("a client is an endpoint of the diff:\n%s", out)
	}
	// Who would break is told of the store's clients.
	out, _, _ = do(t, db, "impact", "ldap-signing-not-required", "--from", third)
	if !strings.Contains(out, "would break  192.0.2.77") {
		t.Errorf("impact:\n%s", out)
	}
	// An export keeps clients.
	exported, _, code := do(t, db, "runs", "export", third)
	if code != 0 {
		t.Fatal(code)
	}
	out, _, _ = do(t, "none", "read", "-o", "jsonl", file("export.jsonl", exported))
	expect("exported", out)
	// Merging leaves the merged runs alone, and --store none leaves nothing.
	before, _, _ := do(t, db, "runs", "-o", "jsonl")
	if _, stderr, code := do(t, "none", "read", "--merge", scan, nmap); code != 0 {
		t.Fatal(code, stderr)
	}
	if after, _, _ := do(t, db, "runs", "-o", "jsonl"); before != after {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if _, stderr, code := do(t, db, "read", "--merge", "20990101"); code != 2 || !strings.Contains(stderr, "no such run") {
		t.Errorf("a run that is not there: %d %s", code, stderr)
	}
}
