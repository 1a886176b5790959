package imports_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"signet"
	"signet/internal/fuzzing"
	"signet/internal/imports"
	"signet/internal/line"
)

const printed = `Starting Nmap 7.94 ( https://nmap.org ) at 2024-01-01 10:00 UTC
Nmap scan report for 192.0.2.9
Host is up (0.01s latency).

PORT    STATE SERVICE
445/tcp open  microsoft-ds

Host script results:
| smb2-security-mode: 
|   3:1:1: 
|_    Message signing enabled but not required

Nmap done: 1 IP address (1 host up) scanned in 1.00 seconds
`

// margined puts something before every line.
func margined(s, before string) string {
	return before + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+before) + "\n"
}

// TestNmapInText: nmap's print is found wherever it was kept: a terminal's log, a typescript, a mail, a log with times.
func TestNmapInText(t *testing.T) {
	times := 0
	for name, file := range map[string]string{
		"as it is":            printed,
		"behind a prompt":     "┌──(kali㉿kali)-[~]\n└─$ nmap -p445 192.0.2.9\n" + printed + "└─$ exit\n",
		"behind a banner":     ".----. .-.\nThe Modern Day Port Scanner.\n\n[~] Starting Script(s)\n[>] Running script \"nmap -vvv -p 445 192.0.2.9\"\n\n" + printed,
		"line ends of DOS":    strings.ReplaceAll("Script started on 2024-01-01\n$ nmap\n"+printed, "\n", "\r\n"),
		"colours and a title": "\x1b]0;root@kali: ~\x07\x1b[1;32mroot\x1b[0m# nmap\r\n" + strings.ReplaceAll(strings.ReplaceAll(printed, "445/tcp", "\x1b[32m445/tcp\x1b[0m"), "Nmap scan", "\x1b[1mNmap scan"),
		"written over":        "loading\rnmap: 10%\r" + strings.ReplaceAll(printed, "Nmap scan report", "12%\rNmap scan reporx\bt"),
		"in a mail":           "Hello,\n\n" + margined(printed, "> "),
		"in a mail, cut":      "Hello,\n\n" + strings.ReplaceAll(margined(printed, "> "), "> \n", ">\n"),
		"indented":            "Output:\n\n" + margined(printed, "    "),
		"with tabs":           margined(printed, "\t"),
		"in a list":           "* scan\n" + margined(printed, "  * "),
		"with times": func() string {
			var b strings.Builder
			for l := range strings.Lines(printed) {
				times++
				fmt.Fprintf(&b, "[2024-01-01 10:00:%02d] %s", times, l)
			}
			return b.String()
		}(),
		"of a service":     margined(printed, "Jan 01 10:00:00 scanner nmap[123]: "),
		"far down":         strings.Repeat("make: nothing to be done\n", 20_000) + printed,
		"without its head": printed[strings.Index(printed, "Nmap scan report"):],
		"as UTF-16":        string(wide("PS> nmap\r\n"+strings.ReplaceAll(printed, "\n", "\r\n"), false)),
		"with a byte mark": "\xef\xbb\xbf" + printed,
	} {
		t.Run(name, func(t *testing.T) {
			if k := imports.Detect([]byte(file)[:min(len(file), imports.Head)]); k != imports.NmapPrint && k != imports.Text {
				t.Errorf("kind %d", k)
			}
			got := verdicts(t, func(s imports.Sink) (imports.Stats, error) {
				st, err := imports.NmapText(strings.NewReader(file), nil, s)
				if !st.Nmap {
					t.Error("nmap did not speak")
				}
				return st, err
			})
			if len(got) != 1 || !strings.HasPrefix(got[0], "192.0.2.9:445 smb undetermined nmap") {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestNmapHomeless: a host without an address is left out, and not in silence.
func TestNmapHomeless(t *testing.T) {
	drop := func(*signet.Observation) error { return nil }
	a, err1 := imports.Nmap(strings.NewReader(`<nmaprun><host><address addr="x" addrtype="ipv4"/></host><host/></nmaprun>`), nil, drop)
	b, err2 := imports.NmapText(strings.NewReader("Nmap scan report for srv1.example.com\nHost is up.\nNmap scan report for srv2.example.com\n"), nil, drop)
	for _, st := range []imports.Stats{a, b} {
		if len(st.Notes) != 1 || st.Notes[0] != "left out are 2 of its hosts that have no address which can be read" {
			t.Errorf("%q", st.Notes)
		}
	}
	if err1 != nil || err2 != nil {
		t.Error(err1, err2)
	}
}

// TestNmapNotInText: prose about nmap is none of its results.
func TestNmapNotInText(t *testing.T) {
	for _, text := range []string{
		"# Nmap is a scanner\n\nNothing here.\n",
		"# Nmap scan\n", "Starting Nmap is easy (see below)\n",
		"You will see: Nmap scan report for 192.0.2.1 and so on.\n",
		"grep 'Nmap scan report for' x\n", "Nmap scan report for\n",
	} {
		st, err := imports.NmapText(strings.NewReader(text), nil, func(o *signet.Observation) error { return fmt.Errorf("%v", o) })
		if err != nil || st.Nmap || st.Endpoints != 0 {
			t.Errorf("%q: %+v, %v", text, st, err)
		}
	}
}

// TestNmapOld: what versions from 4 to 6 print, in the words of their scripts (nmap 4.85, 5.00, 5.21 and 6.47; the 4.x and 5.00 repeat
// a name on each line).
func TestNmapOld(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"4.85", `Starting Nmap 4.85BETA9 ( http://nmap.org ) at 2009-06-01 10:00 CDT
Interesting ports on server.example.com (192.0.2.9):
Not shown: 996 closed ports
PORT    STATE SERVICE
139/tcp open  netbios-ssn
445/tcp open  microsoft-ds

Host script results:
|  smb-os-discovery: Windows Server (R) 2008 Standard 6001 Service Pack 1
|  LAN Manager: Windows Server (R) 2008 Standard 6.0
|  Name: WORKGROUP\SERVER
|_ System time: 2009-06-01 10:00:31 UTC-5
|  smb-security-mode: User-level authentication
|  SMB Security: Challenge/response passwords supported
|_ SMB Security: Message signing not supported

Nmap done: 1 IP address (1 host up) scanned in 2.5 seconds
`, "192.0.2.9:445 smb exposed nmap 4.85BETA9"},
		{"5.21, required", `# Nmap 5.21 scan initiated Mon Jun  1 10:00:00 2010 as: nmap -oN x 192.0.2.9
Nmap scan report for 192.0.2.9
Host is up (0.0010s latency).
PORT    STATE SERVICE
445/tcp open  microsoft-ds

Host script results:
| smb-security-mode:
|   Account that was used for smb scripts: guest
|   User-level authentication
|   SMB Security: Challenge/response passwords supported
|_  Message signing required
# Nmap done at Mon Jun  1 10:00:05 2010 -- 1 IP address (1 host up) scanned in 5.0 seconds
`, "192.0.2.9:445 smb undetermined nmap 5.21"}, // of SMB 2 it does not tell,
		{"6.47", `# Nmap 6.47 scan initiated Mon May 11 13:23:00 2015 as: nmap -A -n -oN x 192.0.2.9
Nmap scan report for 192.0.2.9
Host is up (0.00018s latency).
PORT    STATE SERVICE      VERSION
445/tcp open  netbios-ssn

Host script results:
| smb-security-mode: 
|   Account that was used for smb scripts: guest
|   User-level authentication
|   SMB Security: Challenge/response passwords supported
|_  Message signing disabled (dangerous, but default)
|_smbv2-enabled: Server supports SMBv2 protocol

# Nmap done at Mon May 11 13:27:00 2015 -- 1 IP address (1 host up) scanned in 251.89 seconds
`, "192.0.2.9:445 smb exposed nmap 6.47"},
	} {
		t.Run(c.name, func(t *testing.T) {
			compare(t, verdicts(t, func(s imports.Sink) (imports.Stats, error) {
				return imports.NmapText(strings.NewReader(c.file), nil, s)
			}), c.want)
		})
	}
	old := script("smb-security-mode", "\n  User-level authentication\n  Message signing %s\n")
	for word, want := range map[string]string{"disabled (dangerous, but default)": "off", "supported": "optional", "required": "required", "not supported": "off", "odd": ""} {
		if got := mapped(t, one("445", "", fmt.Sprintf(old, word)), "smb"); want != "" && !strings.Contains(got, `"smb1":{"offered":true,"signing":"`+want+`"`) || want == "" && got != "" {
			t.Errorf("XML, signing %s: %s", word, got)
		}
	}
	if got := mapped(t, one("445", "", script("smbv2-enabled", "Server supports SMBv2 protocol")), "smb"); !strings.Contains(got, `"smb2_offered":true`) || !strings.Contains(got, `"signing":"unknown"`) {
		t.Errorf("%s", got)
	}
	if got := mapped(t, one("445", "", script("smbv2-enabled", "Server doesn't support SMBv2 protocol")), "smb"); got != "" {
		t.Errorf("what it does not say counts for nothing: %s", got)
	}
}

// TestNmapSystem: smb-os-discovery as it is printed says the same as its elements (nmap 7.80).
func TestNmapSystem(t *testing.T) {
	elements := `<script id="smb-os-discovery" output="x"><elem key="os">Windows Server 2016 Standard 14393</elem><elem key="lanmanager">Windows Server 2016 Standard 6.3</elem>` +
		`<elem key="domain">EXAMPLE</elem><elem key="server">SRV1\x00</elem><elem key="fqdn">SRV1.example.com</elem><elem key="domain_dns">example.com</elem><elem key="forest_dns">example.com</elem></script>`
	text := script("smb-os-discovery", "\n  OS: Windows Server 2016 Standard 14393 (Windows Server 2016 Standard 6.3)\n  OS CPE: cpe:/o:x\n  Computer name: SRV1\n  NetBIOS computer name: SRV1\\x00\n"+
		"  NetBIOS domain name: EXAMPLE\n  Domain name: example.com\n  Forest name: example.com\n  FQDN: SRV1.example.com\n  System time: 2020-01-05T16:00:00-08:00\n")
	a, b := mapped(t, one("445", "", elements), "smb"), mapped(t, one("445", "", text), "smb")
	if a == "" || a != b {
		t.Errorf("elements %s\nprinted  %s", a, b)
	}
	for _, want := range []string{`"native_os":"Windows Server 2016 Standard 14393"`, `"nb_computer":"SRV1"`, `"nb_domain":"EXAMPLE"`, `"dns_computer":"SRV1.example.com"`, `"dns_forest":"example.com"`, `"offered":true`} {
		if !strings.Contains(b, want) {
			t.Errorf("%s is not in %s", want, b)
		}
	}
	group := mapped(t, one("445", "", script("smb-os-discovery", "\n  OS: Windows XP (Windows 2000 LAN Manager)\n  NetBIOS computer name: PC1\\x00\n  Workgroup: WORKGROUP\\x00\n")), "smb")
	if !strings.Contains(group, `"domain":"WORKGROUP"`) || !strings.Contains(group, `"server":"PC1"`) || !strings.Contains(group, `"ntlm":null`) {
		t.Errorf("%s", group)
	}
}

// TestJSONLayouts: JSON is JSON, however it is laid out.
func TestJSONLayouts(t *testing.T) {
	const (
		masscan = `{"ip":"192.0.2.9","timestamp":"1700000000","ports":[{"port":445,"proto":"tcp","status":"open","reason":"syn-ack","ttl":128}]}`
		zgrab   = `{"ip":"192.0.2.9","data":{"smb":{"status":"success","protocol":"smb","result":{"smbv1_support":true}}}}`
		own     = `{"kind":"run","schema":"signet/1","run":"r","tool":"signet/1","depth":"decoy"}`
	)
	spaced := func(s string) string { return strings.NewReplacer(":", " : ", ",", " , ", "{", "{ ").Replace(s) }
	pretty := func(s string) string {
		return strings.NewReplacer("{", "{\n  ", ",", ",\n  ", "}", "\n}", "[", "[\n").Replace(s)
	}
	for kind, record := range map[imports.Kind]string{imports.MasscanJSON: masscan, imports.ZgrabLines: zgrab, imports.SignetLines: own} {
		for name, file := range map[string]string{
			"one a line":        record + "\n" + record + "\n",
			"spaced":            spaced(record) + "\n" + spaced(record),
			"over many lines":   pretty(record) + "\n" + pretty(record),
			"one list":          "[" + record + "," + record + "]",
			"a list of lines":   "[\n" + record + ",\n" + record + "\n]\n",
			"a comma too much":  "[\n" + record + ",\n" + record + ",\n]\n",
			"pretty in a list":  "[\n" + pretty(record) + ",\n" + pretty(record) + "\n]\n",
			"nothing between":   record + record,
			"without a mark":    string(wide(record+"\r\n"+record, false)[2:]),
			"big, without one":  string(wide(record+"\r\n"+record, true)[2:]),
			"as UTF-16":         string(wide(record+"\r\n"+record, true)),
			"with byte marks":   "\xef\xbb\xbf" + record + "\n\xef\xbb\xbf" + record,
			"a list not closed": "[\n" + record + ",\n" + record + ",\n",
		} {
			n, odd := 0, uint64(0)
			var err error
			switch kind {
			case imports.MasscanJSON:
				var st imports.Stats
				st, err = imports.Masscan(strings.NewReader(file), nil)
				n, odd = int(st.Endpoints), st.Odd
			case imports.ZgrabLines:
				var st imports.Stats
				st, err = imports.Zgrab(strings.NewReader(file), nil, func(*signet.Observation) error { n++; return nil })
				odd = st.Odd
			default:
				err = line.Read(strings.NewReader(file), line.Handler{Run: func(*line.Run) error { n++; return nil }})
				if line.DepthOf([]byte(file)) != signet.Decoy {
					t.Errorf("%s: depth", name)
				}
			}
			if err != nil || n != 2 || odd != 0 || imports.Detect([]byte(file)) != kind {
				t.Errorf("%s of kind %d: %d read, %d odd, detected as %d, %v", name, kind, n, odd, imports.Detect([]byte(file)), err)
			}
		}
	}
	// Another order of keys, and what older versions of masscan wrote.
	for file, want := range map[string]imports.Kind{
		`{"schema":"signet/1","run":"r","kind":"run"}`: imports.SignetLines,
		`{"data":{},"ip":"192.0.2.1"}`:                 imports.ZgrabLines,
		`{"ports":[ {"port":1} ],"ip":"192.0.2.1"}`:    imports.MasscanJSON,
		"[\n{ ip: \"192.0.2.1\",   ports: [ {port: 80, proto: \"tcp\", status: \"open\"} ] },\n{finished: 1}\n]":        imports.MasscanJSON,
		`{"ip":"192.0.2.1","timestamp":"1","port":80,"proto":"tcp","rec_type":"status","data":{"status":"open"}}`:       imports.MasscanJSON,
		"time=\"2024\" level=info msg=x\n" + zgrab + "\n":                                                               imports.ZgrabLines,
		`{"ip":"192.0.2.1","data":{"smb":{"status":"success","result":{"log":"` + strings.Repeat("x", 70<<10) + `"}}}}`: imports.ZgrabLines,
		`{"kind":"Pod","apiVersion":"v1"}`: imports.Unknown,
	} {
		if got := imports.Detect([]byte(file)[:min(len(file), imports.Head)]); got != want {
			t.Errorf("%.80s: %d, want %d", file, got, want)
		}
		if want == imports.MasscanJSON {
			if st, err := imports.Masscan(strings.NewReader(file), nil); err != nil || st.Endpoints != 1 || st.Odd != 0 {
				t.Errorf("%s: %+v, %v", file, st, err)
			}
		}
	}
}

// TestOddLines: lines that are not understood are counted, the first is named, and what stands beside is read.
func TestOddLines(t *testing.T) {
	const good = `{"ip":"192.0.2.9","ports":[{"port":445,"proto":"tcp","status":"open"}]}`
	for _, c := range []struct {
		file string
		odd  uint64
		line int
		read uint64
	}{
		{good + "\n" + good, 0, 0, 2},
		{good + "\nnoise\n" + good, 1, 2, 2},
		{"noise\nnoise, " + good + "\n" + good, 2, 1, 1},
		{good + "\n" + good[:30] + "\n" + good, 1, 2, 2},                      // cut in a string or behind a word
		{good + "\n{\"ip\":\"192.0.2.9\",\n" + good, 1, 2, 2},                 // cut behind a comma
		{good + "\n{\"ip\":\"192.0.2.9\",\"ports\":\n" + good, 1, 2, 2},       // cut behind a colon: what follows might be its value, and is tried alone
		{good + "\n{\"ip\":\"192.0.2.9\"", 1, 2, 1},                           // at the end
		{good + "\n" + strings.Repeat("[", 70) + good + "\n" + good, 0, 0, 3}, // brackets of lists between objects are nothing
		{good + "\n{\"a\":" + strings.Repeat("[", 70) + "\n" + good, 1, 2, 2}, // too deep
		{good + "\n{\"ip\":\"nowhere\",\"ports\":[]}\n", 1, 2, 1},
		{"{\"a\":1}\n" + good, 1, 1, 1},
		{"}\n" + good, 1, 1, 1},
	} {
		st, err := imports.Masscan(strings.NewReader(c.file), nil)
		if err != nil || st.Odd != c.odd || st.OddLine != c.line || st.Endpoints != c.read {
			t.Errorf("%.120q: %+v, %v, want %d odd from line %d and %d read", c.file, st, err, c.odd, c.line, c.read)
		}
	}
}

// TestSeems: a file of another tool, or of another form of one that is read, is called by its name, with what would be read.
func TestSeems(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"# Nmap 7.94 scan initiated Mon as: nmap -oA x\nHost: 192.0.2.1 ()\tStatus: Up\nHost: 192.0.2.1 ()\tPorts: 80/open/tcp//http///\n", "grepable output of nmap (-oG), which is not read: give nmap's XML (-oX), or what it prints (-oN)"},
		{"#masscan\nopen tcp 445 192.0.2.1 1700000000\n# end\n", "a list of masscan (-oL), which is not read: give masscan's JSON (-oJ)"},
		{"# Masscan 1.3.2 scan initiated Mon\nTimestamp: 1700000000\tHost: 192.0.2.1 ()\tPorts: 445/open/tcp////\n", "(-oG)"},
		{"Discovered open port 445/tcp on 192.0.2.1                                    \n", "what masscan prints"},
		{"SMB         192.0.2.1       445    DC1              [*] Windows Server 2022 Build 20348 x64 (name:DC1) (domain:example.com) (signing:True) (SMBv1:False)\n", "a log of NetExec or CrackMapExec, which is not read: give the folder of NetExec's workspace"},
		{"2024-01-01 10:00:00,000 | SMB 192.0.2.1 445 DC1 [+] x\n", "NetExec"},
		{`{"hash": 1, "ip": 3232235777, "ip_str": "192.0.2.7", "port": 445, "data": "SMB", "_shodan": {}}`, "Shodan"},
		{`{"ip":"192.0.2.8","ports":["445","80"],"protocols":["445/smb"]}`, "Censys"},
		{`{"ip":"192.0.2.8","services":[{"port":445}],"autonomous_system":{}}`, "Censys"},
		{`[{"host":"192.0.2.9","ports":[135,139,445]}]`, "RustScan"},
		{"Open 192.0.2.9:445\nOpen 192.0.2.9:139\n", "RustScan"},
		{"192.0.2.9 -> [135,139,445]\n", "RustScan"},
		{`{"host":"x.example.com","ip":"192.0.2.9","port":445,"timestamp":"2024"}`, "naabu"},
		{`{"timestamp":"2024","url":"https://x","webserver":"IIS","status_code":401}`, "httpx"},
		{`{"template-id":"x","host":"y"}`, "nuclei"},
		{`{"data":[],"meta":{"type":"computers","count":0}}`, "BloodHound"},
		{"{\n  \"Certificate Authorities\": {\n    \"0\": {}\n  }\n}", "Certipy"},
		{"Certipy v4.8.2 - by Oliver Lyak (ly4k)\n", "Certipy"},
		{"RelayKing v1.0\n[*] x\n", "RelayKing"},
		{`<?xml version="1.0" ?><NessusClientData_v2><Report/></NessusClientData_v2>`, "Nessus"},
		{"<!DOCTYPE html><html><body></body></html>", "a web page"},
		{`{"event_type":"smb","src_ip":"x"}`, "Suricata"},
		{"#separator \\x09\n#set_separator\t,\n", "Zeek"},
		{`{"apiVersion":"v1","kind":"Pod"}`, "Kubernetes"},
		{`{"schema":"signet/1","run":{},"endpoints":[]}`, "JSON of Signet (-o json), which is not read: give Signet's JSON lines (-o jsonl)"},
		{"address,port,transport,name\n192.0.2.1,445,tcp,\n", "CSV of Signet"},
		{"PK\x03\x04\x14\x00", "a zip archive"},
		{"PK\x03\x04\x14\x00x.json\n" + `{"ip":"192.0.2.1","ports":[{"port":1}]}`, "a zip archive"},
		{"x.nmap" + strings.Repeat("\x00", 251) + "ustar\x0000" + strings.Repeat("\x00", 248) + printed, "a tar archive"},
		{"ElfFile\x00\x00", "an event log of Windows"},
		{"%PDF-1.7\n", "a PDF"},
		{"BZh91AY", "bzip2"},
		{"hello", ""}, {"", ""},
	} {
		got := imports.Seems([]byte(c.file))
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%.60q: %q, want %q", c.file, got, c.want)
		}
		if k := imports.Detect([]byte(c.file)); k != imports.Unknown && (strings.Contains(c.want, "archive") || k != imports.Text && k != imports.NmapPrint) {
			t.Errorf("%.60q is taken for kind %d", c.file, k)
		}
	}
}

// TestHostileFiles: what a megabyte of any kind asks is bounded by its size.
func TestHostileFiles(t *testing.T) {
	const mega = 1 << 20
	fill := func(s string) string { return strings.Repeat(s, mega/len(s)) }
	const host = `<nmaprun version="7"><host><address addr="192.0.2.1" addrtype="ipv4"/><hostscript><script id="x" output="y">`
	for name, file := range map[string]string{
		"tables in tables":          host + fill("<table>"),
		"elements in elements":      host + fill("<a>"),
		"elements below the root":   "<nmaprun>" + fill("<a>"),
		"tables, closed":            host + strings.Repeat(strings.Repeat("<table>", 60)+strings.Repeat("</table>", 60), mega/900),
		"hosts in hosts":            "<nmaprun>" + fill("<host>"),
		"declarations":              "<nmaprun>" + fill("<?xml "),
		"documents":                 fill("<?xml version='1.0'?><nmaprun>"),
		"attributes":                "<nmaprun><host" + fill(" a=''") + ">",
		"comments":                  "<nmaprun>" + fill("<!---->"),
		"a doctype in itself":       "<!DOCTYPE nmaprun " + fill("<") + "<nmaprun",
		"ports":                     "<nmaprun><host><address addr='192.0.2.1' addrtype='ipv4'/><ports>" + fill("<port protocol='tcp' portid='80'><state state='open'/></port>"),
		"lists in lists":            `{"ip":"192.0.2.1","ports":` + fill("["),
		"lists in lists, each line": fill("{\"ip\":[\n"),
		"objects in objects":        `{"kind":"run","x":` + fill(`{"a":`),
		"objects on every line":     fill("{\"a\":\n"),
		"an object of lines":        "{" + fill("\"a\":1,\n"),
		"a string over lines":       fill("{\"a\":\"\n"),
		"empty objects":             fill("{}"),
		"empty lists":               fill("[]"),
		"one key":                   `{"ip":"192.0.2.1","data":{` + fill(`"a":{},`) + `"a":{}}}`,
		"one long line":             "Nmap scan report for " + fill("x"),
		"hosts":                     fill("Nmap scan report for 192.0.2.1\n"),
		"scripts":                   "Nmap scan report for 192.0.2.1\nPORT\n1/tcp open x\n" + fill("| a: \n"),
		"escapes":                   "Nmap scan report for 192.0.2.1\n" + fill("\x1b["),
		"an escape without end":     "\x1b]" + fill("x\n"),
		"carriage returns":          fill("Nmap scan report for \r"),
		"backspaces":                fill("x\b"),
		"empty lines":               "Nmap scan report for 192.0.2.1\n" + fill("\n"),
		"zeros":                     fill("\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			b := []byte(file)
			drop := func(*signet.Observation) error { return nil }
			fuzzing.Bounded(t, mega/2, func() {
				imports.Detect(b[:imports.Head])
				imports.Seems(b[:imports.Head])
			})
			for reader, read := range map[string]func() error{
				"nmap XML":   func() error { _, err := imports.Nmap(bytes.NewReader(b), nil, drop); return err },
				"nmap print": func() error { _, err := imports.NmapText(bytes.NewReader(b), nil, drop); return err },
				"zgrab2":     func() error { _, err := imports.Zgrab(bytes.NewReader(b), nil, drop); return err },
				"masscan":    func() error { _, err := imports.Masscan(bytes.NewReader(b), nil); return err },
				"own lines": func() error {
					return line.Read(bytes.NewReader(b), line.Handler{Odd: func(uint64, int, string) {}, Observation: drop})
				},
			} {
				var err error
				fuzzing.Bounded(t, mega/2, func() { err = read() })
				if err != nil && (len(err.Error()) > 4<<10 || strings.Contains(err.Error(), "\n")) {
					t.Errorf("%s: an error of %d bytes: %.200s", reader, len(err.Error()), err)
				}
			}
		})
	}
}

// FuzzDetect: what no reader is meant for is called something, and nothing of it takes more than its size asks.
func FuzzDetect(f *testing.F) {
	for _, s := range []string{printed, `{"ip":"192.0.2.9","ports":[{"port":445}]}`, "[{ ip: \"192.0.2.9\" }]", "<nmaprun>", "Host: 192.0.2.1 ()\tPorts: 1\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzing.Bounded(t, len(b), func() {
			if k := imports.Detect(b); k > imports.Text {
				t.Errorf("kind %d", k)
			}
			imports.Seems(b)
		})
	})
}
