package imports_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"signet"
	"signet/internal/imports"
)

// mapped reads XML of nmap and gives the facts of one check.
func mapped(t *testing.T, x, check string) (facts string) {
	t.Helper()
	_, err := imports.Nmap(strings.NewReader(x), nil, func(o *signet.Observation) error {
		if o.Check == check {
			facts = string(o.Facts.AppendJSON(nil))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// one is XML of one host with one port and its scripts.
func one(port, service string, scripts string) string {
	return `<?xml version="1.0"?><nmaprun version="7.93"><host><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="` + port +
		`"><state state="open"/>` + service + scripts + `</port></ports><hostscript>` + scripts + `</hostscript></host></nmaprun>`
}

func script(id, output string) string {
	return `<script id="` + id + `" output="` + strings.ReplaceAll(output, "\n", "&#xa;") + `"/>`
}

// TestNmapRDP: nmap 7.93 calls every answer a success, whatever layer the server chose: as measured against xrdp and FreeRDP's
// shadow server, whose configuration is in the lab's inventory.
func TestNmapRDP(t *testing.T) {
	ntlm := script("rdp-ntlm-info", "\n  Target_Name: CORP\n  Product_Version: 6.1.7601")
	for _, tt := range []struct{ name, scripts, protocols, nla string }{
		{"NLA alone", script("rdp-enum-encryption", "\n  Security layer\n    CredSSP (NLA): SUCCESS"), `["nla"]`, "unknown"},
		{"NLA alone, with nmap -d", script("rdp-enum-encryption", "\n  Security layer\n    CredSSP (NLA): SUCCESS\n    SSL: FAILED (HYBRID_REQUIRED_BY_SERVER)"), `["nla"]`, "required"},
		{"TLS alone", script("rdp-enum-encryption", "\n  Security layer\n    CredSSP (NLA): SUCCESS\n    SSL: SUCCESS"), `["tls"]`, "unknown"},
		{"RDP security alone", script("rdp-enum-encryption", "\n  Security layer\n    Native RDP: SUCCESS"), `["rdp"]`, "unknown"},
		{"xrdp, RDP security alone", script("rdp-enum-encryption", "\n  Security layer\n    CredSSP (NLA): SUCCESS\n    CredSSP with Early User Auth: SUCCESS\n    Native RDP: SUCCESS\n    RDSTLS: SUCCESS\n    SSL: SUCCESS"), `["rdp"]`, "unknown"},
		{"every layer", ntlm + script("rdp-enum-encryption", "\n  Security layer\n    CredSSP (NLA): SUCCESS\n    Native RDP: SUCCESS\n    SSL: SUCCESS"), `["rdp","nla"]`, "optional"},
		{"RDP security alone, and names all the same", ntlm + script("rdp-enum-encryption", "\n  Security layer\n    Native RDP: SUCCESS"), `["rdp"]`, "unknown"},
		{"names alone", ntlm, `["nla"]`, "unknown"},
		{"nothing", script("rdp-enum-encryption", "\n  Security layer\n    SSL: Unknown"), ``, ""},
	} {
		got := mapped(t, one("3389", "", tt.scripts), "rdp")
		if want := `"protocols":` + tt.protocols + `,"nla":"` + tt.nla + `"`; tt.protocols == "" && got != "" || !strings.Contains(got, want) && tt.protocols != "" {
			t.Errorf("%s: %s, want %s", tt.name, got, want)
		}
	}
}

// TestNmapTransport: NTLM over TLS is not taken for NTLM without it where nmap did not look (without -sV).
func TestNmapTransport(t *testing.T) {
	ntlm := script("http-ntlm-info", "\n  Target_Name: CORP\n  DNS_Computer_Name: srv.corp.example")
	for _, tt := range []struct{ port, service, want string }{
		{"443", `<service name="https" method="table"/>`, `"tls"`},
		{"8443", `<service name="https-alt" method="table"/>`, `"tls"`},
		{"9443", `<service name="http" tunnel="ssl" method="probed"/>`, `"tls"`},
		{"9443", `<service name="http" method="table"/>` + script("ssl-cert", "Subject: commonName=x"), `"tls"`},
		{"80", `<service name="http" method="table"/>`, `"ntlm":"proven"`},
		{"9443", `<service name="http" method="probed"/>`, `"ntlm":"proven"`},
		{"9443", `<service name="http" method="table"/>`, `"ntlm":"unknown"`},
		{"9443", ``, `"ntlm":"unknown"`},
	} {
		got := mapped(t, one(tt.port, tt.service, ntlm), "http")
		if !strings.Contains(got, tt.want) || !strings.Contains(got, "srv.corp.example") {
			t.Errorf("%s %s: %s, want %s", tt.port, tt.service, got, tt.want)
		}
	}
	imap := script("imap-ntlm-info", "\n  Target_Name: CORP\n  NetBIOS_Computer_Name: MAIL")
	for port, want := range map[string]string{"143": `"over":"none"`, "993": `"over":"implicit"`, "1143": `"ways":[]`} {
		if got := mapped(t, one(port, "", imap), "mail"); !strings.Contains(got, want) {
			t.Errorf("imap on %s: %s, want %s", port, got, want)
		}
	}
}

// TestNmapScripts: what each script of SMB and SQL Server tells, by its elements and by its text.
func TestNmapScripts(t *testing.T) {
	const tables = `<script id="smb2-capabilities" output=""><table key="2.0.2"><elem>Distributed File System</elem></table><table key="3:1:1"><elem>Leasing</elem><elem>Multi-credit operations</elem></table></script>`
	for _, scripts := range []string{tables, script("smb2-capabilities", "\n  2.02: \n    Distributed File System\n  311: \n    Leasing\n    Multi-credit operations"),
		script("smb2-capabilities", "\n  311: \n    Leasing\n    Multi-credit operations\n  2.02: \n    Distributed File System")} {
		got := mapped(t, one("445", "", scripts), "smb")
		for _, want := range []string{`"dialect":"3.1.1"`, `"dialects":["2.0.2","3.1.1"]`, `"dialect_floor":"2.0.2"`, `"capabilities":["leasing","large-mtu"]`, `"signing":"unknown"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
	}
	if got := mapped(t, one("445", "", script("smb2-security-mode", "\n  3:1:1: \n    Message signing is disabled!")), "smb"); got != "" {
		t.Errorf("a sentence for a mode that nobody would read so: %s", got)
	}
	const sql = "\n  Windows server name: SQL1\n  192.0.2.1\\OTHER: \n    Instance name: OTHER\n    Version: \n      number: 8.00.760\n    TCP port: 1278\n  192.0.2.1\\PROD: \n    Instance name: PROD\n    Version: \n      name: x\n      number: 15.00.2000.00\n      Product: Microsoft SQL Server 2019\n    TCP port: 1433"
	got := mapped(t, one("1433", "", script("ms-sql-info", sql)), "mssql")
	if !strings.Contains(got, `"version":"15.00.2000.00","product":"Microsoft SQL Server 2019","instance":"PROD"`) {
		t.Errorf("%s", got)
	}
	if got := mapped(t, one("1434", "", script("ms-sql-info", sql)), "mssql"); got != "" {
		t.Errorf("another port: %s", got)
	}
}

// TestNmapPrinted: what nmap prints for people says the same.
func TestNmapPrinted(t *testing.T) {
	b := sample(t, "nmap.nmap")
	read := func(s imports.Sink) (imports.Stats, error) { return imports.NmapText(bytes.NewReader(b), nil, s) }
	compare(t, verdicts(t, read), `
192.0.2.10:1433 mssql undetermined nmap 7.93
192.0.2.10:25 mail exposed nmap 7.93
192.0.2.10:389 ldap undetermined nmap 7.93
192.0.2.10:443 http undetermined nmap 7.93
192.0.2.10:445 smb exposed nmap 7.93
192.0.2.10:80 http exposed nmap 7.93
192.0.2.11:445 smb guarded nmap 7.93`)
	_, err := read(func(o *signet.Observation) error {
		if o.Name != "" || o.At.Format("2006-01-02 15:04") != "2026-11-22 12:00" {
			t.Errorf("%s: name %q, at %s", o.Endpoint, o.Name, o.At)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	n := 0
	count := func(*signet.Observation) error { n++; return nil }
	if _, err := imports.NmapText(bytes.NewReader(b[:bytes.Index(b, []byte("Service detection"))]), nil, count); err == nil || n != 7 {
		t.Errorf("cut short: %d, %v", n, err)
	}
	n = 0
	hosts := tally{}
	if st, err := imports.NmapText(bytes.NewReader(append(bytes.Clone(b), b...)), hosts.see, count); err != nil || n != 14 || hosts.String() != "192.0.2.10 2/2, 192.0.2.11 0/2" {
		t.Errorf("twice: %d, %v, %+v, %v", n, hosts, st, err)
	}
}

// wide is a text as PowerShell redirects it.
func wide(s string, big bool) []byte {
	b := []byte{0xff, 0xfe}
	if big {
		b = []byte{0xfe, 0xff}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

// TestNmapEncodings: UTF-16 is read, whatever the declaration says.
func TestNmapEncodings(t *testing.T) {
	x := strings.Replace(string(sample(t, "nmap.xml")), `encoding="UTF-8"`, `encoding="UTF-16"`, 1)
	for _, b := range [][]byte{wide(x, false), wide(x, true), []byte("\xef\xbb\xbf" + x)} {
		if imports.Detect(b[:min(len(b), 4001)]) != imports.NmapXML {
			t.Errorf("% x: not detected", b[:4])
		}
		n := 0
		if st, err := imports.Nmap(bytes.NewReader(b), nil, func(*signet.Observation) error { n++; return nil }); err != nil || n != 11 || st.Source != "nmap 7.93" {
			t.Errorf("% x: %d, %+v, %v", b[:4], n, st, err)
		}
	}
	if b := wide(string(sample(t, "nmap.nmap")), false); imports.Detect(b) != imports.NmapPrint {
		t.Error("printed output as UTF-16 is not detected")
	}
}

// TestNmapDocuments: several runs in one file are read, also behind one that is cut short; the damage is said.
func TestNmapDocuments(t *testing.T) {
	x := string(sample(t, "nmap.xml"))
	cut := x[:strings.Index(x, `192.0.2.12`)] // in the middle of a host, after 8 observations
	for _, tt := range []struct {
		name, file string
		n          int
		err        string
	}{
		{"two", x + "\n" + x, 22, ""},
		{"two with a style sheet", strings.Replace(x, "<!DOCTYPE", `<?xml-stylesheet href="x"?><!DOCTYPE`, 1) + x, 22, ""},
		{"a cut one before", cut + x, 19, "nmap XML: "},
		{"a cut one behind", x + cut, 19, "nmap XML, document 2: "},
		{"cut between hosts", x[:strings.Index(x, `<host endtime="1795348860"><address addr="192.0.2.12"`)], 8, "nmap XML: "},
		{"cut in a declaration", x + "<?xm", 11, "nmap XML"},
	} {
		n := 0
		_, err := imports.Nmap(strings.NewReader(tt.file), nil, func(*signet.Observation) error { n++; return nil })
		if n != tt.n || (err == nil) != (tt.err == "") || err != nil && (!strings.HasPrefix(err.Error(), tt.err) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %d observations, %v; want %d, %q", tt.name, n, err, tt.n, tt.err)
		}
	}
	// Wherever the buffer ends.
	for _, size := range []int{256<<10 - 3, 256 << 10, 256<<10 + 3} {
		first := strings.Replace(cut, "<nmaprun", "<!--"+strings.Repeat("x", size-len(cut)-7)+"--><nmaprun", 1)
		n := 0
		if _, err := imports.Nmap(strings.NewReader(first+x), nil, func(*signet.Observation) error { n++; return nil }); err == nil || n != 19 {
			t.Errorf("%d: %d, %v", len(first), n, err)
		}
	}
	// The sink's own error ends it all.
	want := fmt.Errorf("the store is full")
	if _, err := imports.Nmap(strings.NewReader(x+x), nil, func(*signet.Observation) error { return want }); err != want {
		t.Errorf("%v", err)
	}
}

// TestNmapHostile: entities are not expanded nor fetched, and one element cannot take all memory.
func TestNmapHostile(t *testing.T) {
	const host = `<nmaprun version="7.93"><host><address addr="192.0.2.1" addrtype="ipv4"/><hostscript><script id="smb2-security-mode" output="%s"/></hostscript></host></nmaprun>`
	for _, x := range []string{
		`<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + fmt.Sprintf(host, "&b;"),
		`<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + fmt.Sprintf(host, "&x;"),
	} {
		if _, err := imports.Nmap(strings.NewReader(x), nil, func(o *signet.Observation) error { t.Errorf("%s", o.Facts.AppendJSON(nil)); return nil }); err == nil || !strings.Contains(err.Error(), "entity") {
			t.Errorf("%v", err)
		}
	}
	for _, x := range []string{`<!DOCTYPE nmaprun [`, `<nmaprun><host><hostscript><script output="`} {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		before := m.TotalAlloc
		if _, err := imports.Nmap(io.MultiReader(strings.NewReader(x), endless("x")), nil, func(*signet.Observation) error { return nil }); err == nil || !strings.Contains(err.Error(), "more than 8 MiB, the limit") {
			t.Errorf("%s: %v", x, err)
		}
		if runtime.ReadMemStats(&m); m.TotalAlloc-before > 128<<20 {
			t.Errorf("%s: %d MiB allocated", x, (m.TotalAlloc-before)>>20)
		}
	}
	if _, err := imports.NmapText(io.MultiReader(strings.NewReader("Nmap scan report for 192.0.2.1\nPORT\n1/tcp open x\n| a: \n"), endless("|  x"+strings.Repeat("y", 60)+"\n")), nil, func(*signet.Observation) error { return nil }); err == nil {
		t.Error("endless printed output")
	}
}

// endless repeats a text for 48 MiB.
func endless(s string) io.Reader {
	return io.LimitReader(&repeat{s: strings.Repeat(s, 4<<10)}, 48<<20)
}

type repeat struct {
	s  string
	at int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.s[r.at:])
	r.at = (r.at + n) % len(r.s)
	return n, nil
}

func FuzzNmapText(f *testing.F) {
	f.Add(sample(f, "nmap.nmap"))
	fuzz(f, func(b []byte, s imports.Sink) error {
		_, err := imports.NmapText(bytes.NewReader(b), nil, s)
		return err
	})
}
