package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const terminal = "$ nmap -p445 --script smb2-security-mode 192.0.2.9\nStarting Nmap 7.94 ( https://nmap.org ) at 2024-01-01 10:00 UTC\nNmap scan report for 192.0.2.9\nHost is up (0.01s latency).\n\n" +
	"PORT    STATE SERVICE\n445/tcp open  microsoft-ds\n\nHost script results:\n| smb2-security-mode: \n|   3:1:1: \n|_    Message signing enabled but not required\n\nNmap done: 1 IP address (1 host up) scanned in 1.00 seconds\n$ exit\n"

const grepable = "# Nmap 7.94 scan initiated Mon Jan  1 10:00:00 2024 as: nmap -oA x 192.0.2.0/30\nHost: 192.0.2.9 ()\tStatus: Up\nHost: 192.0.2.9 ()\tPorts: 445/open/tcp//microsoft-ds///\n" +
	"# Nmap done at Mon Jan  1 10:00:05 2024 -- 4 IP addresses (1 host up) scanned in 5.00 seconds\n"

const openPort = `{"ip":"192.0.2.9","ports":[{"port":445,"proto":"tcp","status":"open"}]}` + "\n"

// TestReadSaysSomething: a file is read, or it is said why not and the exit code is 1; never is there neither. Each case is read alone.
func TestReadSaysSomething(t *testing.T) {
	for _, c := range []struct {
		name, content string
		code          int
		failing       int // the exit code with --fail-on critical
		want          string
		hosts         string // of the coverage
	}{
		{"terminal.log", terminal, 0, 4, "", "1"},
		{"terminal.log.gz", string(gzipped([]byte(terminal))), 0, 4, "", "1"},
		{"cut.log", terminal[:strings.Index(terminal, "Nmap done")], 0, 4, "nmap's output ends before its run does; what stands before it was read", "1"},
		{"x.gnmap", grepable, 1, 1, "it seems to be grepable output of nmap (-oG), which is not read: give nmap's XML (-oX), or what it prints (-oN)", ""},
		{"heading.md", "# Nmap is a scanner\n\nNothing here.\n", 1, 1, "no capture, result of nmap", ""},
		{"down.nmap", "# Nmap 7.94 scan initiated Mon as: nmap x\n# Nmap done at Mon -- 4 IP addresses (0 hosts up) scanned in 5.00 seconds\n", 1, 1, "it yields nothing: no host that Signet reads, and no run", ""},
		{"down.xml", "<nmaprun></nmaprun>", 1, 1, "it yields nothing: no host that Signet reads, and no run", ""},
		{"masscan.json", openPort, 0, 0, "", "1"},
		{"pretty.json", "[\n  {\n    \"ip\": \"192.0.2.9\",\n    \"ports\": [\n      {\n        \"port\": 445\n      }\n    ]\n  }\n]\n", 0, 0, "", "1"},
		{"odd.json", openPort + "noise\n" + openPort + "noise\n", 0, 4, "2 lines were not understood, the first is line 2: this is no JSON object; what stands beside was read", "1"},
		{"allodd.json", strings.ReplaceAll(openPort, "192.0.2.9", "nowhere"), 1, 1, `none of its lines was understood; the first is line 1: "nowhere" is no address`, ""},
		{"nameless.jsonl", `{"domain":"x.example","data":{"smb":{"status":"success"}}}`, 1, 1, "left out are 1 of its lines that give a name and no address", ""},
		{"empty.json", "[]\n", 1, 1, "no capture", ""},
		{"hosts.txt", "# ours\n10.0.0.0/24\nfs1\n", 1, 1, "it seems to be a list of targets: signet scan -f reads it", ""},
		{"shodan.jsonl", `{"ip":1,"ip_str":"192.0.2.7","data":"x"}`, 1, 1, "it seems to be a result of Shodan, which is not read: what is read is a capture", ""},
		{"nxc.log", "SMB         192.0.2.1       445    DC1              [*] Windows Server 2022 (signing:True)\n", 1, 1, "it seems to be a log of NetExec", ""},
		{"deep.json", `{"ip":"192.0.2.9","ports":[{"port":` + strings.Repeat("[", 1<<20), 1, 1, "nested more than 64 deep, the limit", ""},
		{"deep.xml", "<nmaprun>" + strings.Repeat("<a>", 1<<18), 1, 1, "nested more than 64 deep, the limit", ""},
		{"bomb.xml.gz", string(gzipped(append([]byte("<nmaprun>"), bytes.Repeat([]byte("\n"), 70<<20)...))), 1, 1, "the gzip file expands to more than 250 times its size, the limit", ""},
		{"nopacket.pcap", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00", 1, 1, "a capture without a packet", ""},
		{"run.jsonl", `{"kind":"run","schema":"signet/1","run":"r","tool":"signet/1"}` + "\n", 0, 0, "", "0"},
		{"zip", "PK\x03\x04\x14\x00\x00\x00" + openPort, 1, 1, "it seems to be a zip archive", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			out, stderr, code := do(t, "none", "read", "-o", "jsonl", path)
			if code != c.code || !strings.Contains(stderr, c.want) || c.want == "" && stderr != "" {
				t.Errorf("exit code %d and %q, want %d and %q", code, stderr, c.code, c.want)
			}
			for l := range strings.Lines(stderr) {
				if !strings.HasPrefix(l, "signet: "+path+": ") {
					t.Errorf("a line that does not name the file: %q", l)
				}
			}
			if c.hosts != "" && !strings.Contains(out, `"coverage":{"addresses":`+c.hosts+`,`) {
				t.Errorf("want %s hosts: %s", c.hosts, out)
			}
			if _, _, code := do(t, "none", "read", "-o", "jsonl", "--fail-on", "critical", path); code != c.failing {
				t.Errorf("with --fail-on: exit code %d, want %d", code, c.failing)
			}
		})
	}
}

// TestReadFolderOfMany: of a folder what is read is read, what could be read in another form is named, and the rest passed over.
func TestReadFolderOfMany(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"x.gnmap": grepable, "x.nmap": terminal, "README.md": "# Nmap\n", "a.png": "\x89PNG\r\n\x1a\n", "b.json": openPort, "empty": "", "down.xml": "<nmaprun></nmaprun>"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, stderr, code := do(t, "none", "read", "-o", "jsonl", "--fail-on", "critical", dir)
	if code != 4 || // the endpoint is undetermined
		strings.Count(out, `{"kind":"endpoint"`) != 1 || strings.Count(stderr, "\n") != 2 ||
		!strings.Contains(stderr, "x.gnmap: passed over: it seems to be grepable output of nmap") || !strings.Contains(stderr, "down.xml: it yields nothing") {
		t.Errorf("exit code %d, %q\n%s", code, stderr, out)
	}
	// More files than may be open at once.
	many := t.TempDir()
	for i := range 1200 {
		if err := os.WriteFile(filepath.Join(many, "h"+string(rune('a'+i%26))+strings.Repeat("x", i/26)+".json"), []byte(openPort), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, stderr, code := do(t, "none", "read", "-o", "jsonl", many); code != 0 || stderr != "" {
		t.Errorf("many: exit code %d, %.500q", code, stderr)
	}
}
