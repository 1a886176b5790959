package imports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"signet"
	"signet/internal/check/all"
	"signet/internal/fuzzing"
	"signet/internal/imports"
	"signet/internal/line"
)

// verdicts reads a file and judges what it says, one line an observation.
func verdicts(t *testing.T, read func(imports.Sink) (imports.Stats, error)) []string {
	t.Helper()
	var out []string
	_, err := read(func(o *signet.Observation) error {
		for _, c := range all.Checks() {
			if c.Name != o.Check {
				continue
			}
			j, err := c.Judge(o.Facts)
			if err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("%s %s %s %s", o.Endpoint, o.Check, j.Verdict, o.Source))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func compare(t *testing.T, got []string, want string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.TrimSpace(want); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNmap(t *testing.T) {
	got := verdicts(t, func(s imports.Sink) (imports.Stats, error) {
		return imports.Nmap(bytes.NewReader(sample(t, "nmap.xml")), nil, s)
	})
	compare(t, got, `
192.0.2.10:25 mail exposed nmap 7.93
192.0.2.10:3389 rdp undetermined nmap 7.93
192.0.2.10:389 ldap undetermined nmap 7.93
192.0.2.10:443 http undetermined nmap 7.93
192.0.2.10:445 smb exposed nmap 7.93
192.0.2.10:80 http exposed nmap 7.93
192.0.2.11:1433 mssql undetermined nmap 7.93
192.0.2.11:445 smb guarded nmap 7.93
192.0.2.12:445 smb undetermined nmap 7.93
192.0.2.13:139 smb exposed nmap 7.93
[2001:db8::14]:445 smb exposed nmap 7.93`)
}

// TestNmapCutShort: what stands before the end is taken, and the end is an error.
func TestNmapCutShort(t *testing.T) {
	b := sample(t, "nmap.xml")
	b = b[:bytes.Index(b, []byte("192.0.2.12"))]
	n := 0
	_, err := imports.Nmap(bytes.NewReader(b), nil, func(*signet.Observation) error { n++; return nil })
	if err == nil || n != 8 {
		t.Errorf("%d observations, error %v; want 8 and one", n, err)
	}
}

// TestNmapLevels: every wording of the two scripts, and none that is guessed.
func TestNmapLevels(t *testing.T) {
	for wording, want := range map[string]string{
		"Message signing enabled and required":          "required",
		"Message signing enabled but not required":      "optional",
		"Message signing is disabled and not required!": "off",
		"Message signing is required":                   "required",
		"ERROR: Failed to connect":                      "",
	} {
		x := `<nmaprun version="7"><host><address addr="192.0.2.1" addrtype="ipv4"/><hostscript><script id="smb2-security-mode" output="&#xa;  3:1:1: &#xa;    ` + wording + `"/></hostscript></host></nmaprun>`
		got := ""
		_, err := imports.Nmap(strings.NewReader(x), nil, func(o *signet.Observation) error {
			var f struct{ Signing, Dialect string }
			err := json.Unmarshal(o.Facts.AppendJSON(nil), &f)
			if got = f.Signing; f.Dialect != "3.1.1" {
				t.Errorf("dialect %q", f.Dialect)
			}
			return err
		})
		if err != nil || got != want {
			t.Errorf("%q: %q, want %q (%v)", wording, got, want, err)
		}
	}
}

func TestZgrab(t *testing.T) {
	got := verdicts(t, func(s imports.Sink) (imports.Stats, error) {
		return imports.Zgrab(bytes.NewReader(sample(t, "zgrab2.jsonl")), nil, s)
	})
	compare(t, got, `
192.0.2.20:445 smb exposed zgrab2
192.0.2.21:445 smb guarded zgrab2
192.0.2.22:1433 mssql undetermined zgrab2
192.0.2.23:80 http undetermined zgrab2`)
}

// TestZgrabAnswers: an answer that agrees to nothing has no mode, one of a dialect that is none decides nothing, and a header
// may list its schemes.
func TestZgrabAnswers(t *testing.T) {
	read := func(module, result string) (facts string) {
		l := `{"ip":"192.0.2.20","data":{"m":{"status":"success","protocol":"` + module + `","result":` + result + `}}}`
		if _, err := imports.Zgrab(strings.NewReader(l), nil, func(o *signet.Observation) error { facts = string(o.Facts.AppendJSON(nil)); return nil }); err != nil {
			t.Fatal(err)
		}
		return facts
	}
	for _, tt := range []struct{ module, result, want string }{
		{"smb", `{"negotiation_log":{"protocol_id":"/lNNQg==","status":3221225659,"security_mode":1,"dialect_revision":514}}`, ``},
		{"smb", `{"negotiation_log":{"protocol_id":"/1NNQg==","status":0,"security_mode":1,"dialect_revision":514}}`, ``},
		{"smb", `{"negotiation_log":{"protocol_id":"/lNNQg==","status":0,"security_mode":0,"dialect_revision":6}}`, `"dialect":"0x0006","signing":"off","security_mode":"0x00","odd_dialect":true`},
		{"smb", `{"negotiation_log":{"security_mode":1,"dialect_revision":785,"authentication_types":["1.2.840.113554.1.2.2","1.3.6.1.4.1.311.2.2.10"]}}`, `"mechanisms":["kerberos","ntlm"],"ntlm_offer":"offered"`},
		{"http", `{"response":{"status_code":401,"headers":{"www_authenticate":["Basic realm=\"NTLM, x\""]},"request":{"url":{"scheme":"http"}}}}`, `"schemes":["Basic"],"ntlm":"unknown"`},
		{"http", `{"response":{"status_code":401,"headers":{"www_authenticate":["Negotiate, ntlm"]},"request":{"url":{"scheme":"http"}}}}`, `"schemes":["Negotiate","NTLM"],"ntlm":"offered"`},
	} {
		if got := read(tt.module, tt.result); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.result, got, tt.want)
		}
	}
}

func TestMasscan(t *testing.T) {
	hosts := tally{}
	st, err := imports.Masscan(bytes.NewReader(sample(t, "masscan.json")), hosts.see)
	if err != nil || len(hosts) != 3 || st.Endpoints != 3 {
		t.Errorf("%+v, %v, %v", st, hosts, err)
	}
}

// tally counts how often each host was spoken of, and how often as one that answered.
type tally map[netip.Addr]*struct{ seen, answered int }

func (h tally) see(addr netip.Addr, answered bool) {
	if h[addr] == nil {
		h[addr] = &struct{ seen, answered int }{}
	}
	h[addr].seen++
	if answered {
		h[addr].answered++
	}
}

func (h tally) String() string {
	var list []string
	for _, addr := range slices.SortedFunc(maps.Keys(h), netip.Addr.Compare) {
		list = append(list, fmt.Sprintf("%s %d/%d", addr, h[addr].answered, h[addr].seen))
	}
	return strings.Join(list, ", ")
}

// TestHosts: a host is one that answered where a tool heard it, whether or not that tells anything that is judged; that the user
// called it up, that nobody was there or that time ran out is no answer. The words are those of nmap 7.93 and of zgrab2's status.go.
func TestHosts(t *testing.T) {
	drop := func(*signet.Observation) error { return nil }
	host := func(addr, status, rest string) string {
		return `<host><status ` + status + `/><address addr="` + addr + `" addrtype="ipv4"/>` + rest + `</host>`
	}
	module := func(addr, status string) string {
		return `{"ip":"` + addr + `","data":{"smb":{"status":"` + status + `","protocol":"smb"}}}` + "\n"
	}
	for _, c := range []struct {
		name, want string
		read       func(imports.Hosts) (imports.Stats, error)
	}{
		{"nmap XML", "192.0.2.1 1/1, 192.0.2.2 0/1, 192.0.2.3 0/1, 192.0.2.4 1/1", func(h imports.Hosts) (imports.Stats, error) {
			return imports.Nmap(strings.NewReader(`<nmaprun scanner="nmap">`+host("192.0.2.1", `state="up" reason="echo-reply"`, "")+host("192.0.2.2", `state="down" reason="no-response"`, "")+
				host("192.0.2.3", `state="up" reason="user-set"`, "")+host("192.0.2.4", `state="up" reason="user-set"`, `<times srtt="83" rttvar="3772" to="100000"/>`)+`</nmaprun>`), h, drop)
		}},
		{"nmap text", "192.0.2.1 1/1, 192.0.2.2 0/1, 192.0.2.3 0/1, 192.0.2.4 1/1, 192.0.2.5 0/1", func(h imports.Hosts) (imports.Stats, error) {
			return imports.NmapText(strings.NewReader("Nmap scan report for 192.0.2.1\nHost is up (0.000083s latency).\n\nNmap scan report for 192.0.2.2 [host down]\n"+
				"Nmap scan report for 192.0.2.3\nHost is up.\n\nNmap scan report for 192.0.2.4\nHost is up, received localhost-response.\n\nNmap scan report for 192.0.2.5\nHost is up, received user-set.\n"), h, drop)
		}},
		{"zgrab2", "192.0.2.1 1/1, 192.0.2.2 0/1, 192.0.2.3 1/1, 192.0.2.4 0/1, 192.0.2.5 0/1, 192.0.2.6 0/1, 192.0.2.7 0/1", func(h imports.Hosts) (imports.Stats, error) {
			return imports.Zgrab(strings.NewReader(module("192.0.2.1", "protocol-error")+module("192.0.2.2", "connection-timeout")+module("192.0.2.3", "connection-refused")+
				module("192.0.2.4", "io-timeout")+module("192.0.2.5", "unknown-error")+
				module("192.0.2.6", "invalid-inputs")+`{"ip":"192.0.2.7","data":{"smb":{"status":"connection-timeout","protocol":"smb","result":null}}}`), h, drop)
		}},
	} {
		hosts := tally{}
		if _, err := c.read(hosts.see); err != nil || hosts.String() != c.want {
			t.Errorf("%s: %v, %v, want %s", c.name, hosts, err, c.want)
		}
	}
}

// TestWide: what PowerShell redirected is UTF-16, of every tool.
func TestWide(t *testing.T) {
	const run = `{"kind":"run","schema":"signet/1","tool":"signet/1","run":"r","depth":"anonymous"}` + "\n"
	for _, big := range []bool{false, true} {
		lines, zgrab, ports := wide(run, big), wide(string(sample(t, "zgrab2.jsonl")), big), wide(string(sample(t, "masscan.json")), big)
		seen := 0
		if err := line.Read(bytes.NewReader(lines), line.Handler{Run: func(*line.Run) error { seen++; return nil }}); err != nil || seen != 1 || line.DepthOf(lines) != signet.Anonymous {
			t.Errorf("own lines: %d, %v", seen, err)
		}
		if st, err := imports.Zgrab(bytes.NewReader(zgrab), nil, func(*signet.Observation) error { return nil }); err != nil || st.Endpoints == 0 {
			t.Errorf("zgrab2: %+v, %v", st, err)
		}
		if st, err := imports.Masscan(bytes.NewReader(ports), nil); err != nil || st.Endpoints != 3 {
			t.Errorf("masscan: %+v, %v", st, err)
		}
		for want, b := range map[imports.Kind][]byte{imports.SignetLines: lines, imports.ZgrabLines: zgrab, imports.MasscanJSON: ports} {
			if got := imports.Detect(b); got != want {
				t.Errorf("%d, want %d", got, want)
			}
		}
	}
}

func TestDetect(t *testing.T) {
	for file, want := range map[string]imports.Kind{"nmap.xml": imports.NmapXML, "zgrab2.jsonl": imports.ZgrabLines, "masscan.json": imports.MasscanJSON} {
		if got := imports.Detect(sample(t, file)); got != want {
			t.Errorf("%s: %d, want %d", file, got, want)
		}
	}
	if imports.Detect([]byte(`{"kind":"run","schema":"signet/1"}`)) != imports.SignetLines || imports.Detect([]byte("hello")) != imports.Text || imports.Detect([]byte("\x00\x01\x02\x03")) != imports.Unknown {
		t.Error("Signet's own lines, a text of no kind, or no text")
	}
}

// fuzz holds a reader to three things: it ends in time, in bounded memory, and what it gives can be judged.
func fuzz(f *testing.F, read func([]byte, imports.Sink) error) {
	checks := all.Checks()
	f.Fuzz(func(t *testing.T, b []byte) {
		var bad error
		sink := func(o *signet.Observation) error {
			if !o.Addr.IsValid() {
				bad = errors.New("an observation without an address")
			}
			for _, c := range checks {
				if c.Name == o.Check && o.Facts != nil {
					if _, err := c.Judge(o.Facts); err != nil && o.Source != "" {
						bad = err
					}
				}
			}
			return nil
		}
		fuzzing.Bounded(t, len(b), func() { read(b, sink) })
		if bad != nil {
			t.Fatal(bad)
		}
	})
}

func FuzzNmap(f *testing.F) {
	f.Add(sample(f, "nmap.xml"))
	fuzz(f, func(b []byte, s imports.Sink) error { _, err := imports.Nmap(bytes.NewReader(b), nil, s); return err })
}

func FuzzZgrab(f *testing.F) {
	f.Add(sample(f, "zgrab2.jsonl"))
	fuzz(f, func(b []byte, s imports.Sink) error { _, err := imports.Zgrab(bytes.NewReader(b), nil, s); return err })
}

func FuzzMasscan(f *testing.F) {
	f.Add(sample(f, "masscan.json"))
	fuzz(f, func(b []byte, _ imports.Sink) error { _, err := imports.Masscan(bytes.NewReader(b), nil); return err })
}
