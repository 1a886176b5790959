package scope

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

// files serves Config.Open from memory.
type files map[string]string

func (f files) open(name string) (io.ReadCloser, error) {
	text, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	// One byte at a time, so that no reader depends on where a read ends.
	return io.NopCloser(iotest.OneByteReader(strings.NewReader(text))), nil
}

func utf16Text(order binary.AppendByteOrder, s string) string {
	b := order.AppendUint16(nil, 0xfeff)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

const nmapFile = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>
<nmaprun scanner="nmap" args="nmap 10.0.0.0/24" version="7.94">
<hosthint><status state="up"/><address addr="10.0.0.99" addrtype="ipv4"/></hosthint>
<host starttime="1"><status state="up" reason="arp-response"/>
<address addr="10.0.0.5" addrtype="ipv4"/><address addr="00:11:22:33:44:55" addrtype="mac" vendor="X"/>
<hostnames><hostname name="FS1.corp" type="user"/><hostname name="evil.ptr" type="PTR"/></hostnames>
<ports><extraports state="closed" count="996"/>
<port protocol="tcp" portid="445"><state state="open" reason="syn-ack"/><script id="x" output="a &lt; b &bogus; &#xa;"><elem key="state">open</elem></script></port>
<port protocol="tcp" portid="80"><state state="open"/></port>
<port protocol="tcp" portid="9100"><state state="open"/></port>
<port protocol="tcp" portid="139"><state state="filtered"/></port>
<port protocol="udp" portid="137"><state state="open"/></port>
</ports></host>
<host><status state="down"/><address addr="10.0.0.6" addrtype="ipv4"/></host>
<host><status state="up"/><address addr="10.0.0.7" addrtype="ipv4"/><ports><port protocol="tcp" portid="22"><state state="closed"/></port></ports></host>
<host><status state="up"/><address addr="2001:db8::5" addrtype="ipv6"/><ports><port protocol="tcp" portid="9100"><state state="open"/></port></ports></host>
<runstats><hosts up="3" down="1" total="4"/></runstats>
</nmaprun>
`

func TestFiles(t *testing.T) {
	known := func(p uint16) bool { return p != 9100 }
	cut := strings.Index(nmapFile, "<host><status state=\"down\"/>")
	for _, c := range []struct {
		name, text string
		keep       func(uint16) bool
		want       string
		notes      string // a part of them
	}{
		{"list", "10.0.0.1\n\n# comment\n  10.0.0.2:80\t# why\nca1#x\n", nil, "10.0.0.1=d 10.0.0.2=,80 10.0.0.7=d(ca1)", ""},
		{"no end of line", "10.0.0.1\n10.0.0.2", nil, "10.0.0.1-10.0.0.2=d", ""},
		{"CRLF and mark", "\xef\xbb\xbf10.0.0.1\r\n\r\n10.0.0.2\r\n", nil, "10.0.0.1-10.0.0.2=d", ""},
		{"UTF-16 LE", utf16Text(binary.LittleEndian, "10.0.0.1\r\n# Grüße 😀\r\n10.0.0.2\r\n"), nil, "10.0.0.1-10.0.0.2=d", ""},
		{"UTF-16 BE", utf16Text(binary.BigEndian, "10.0.0.1\r\n"), nil, "10.0.0.1=d", ""},
		{"UTF-16 LE without a mark", utf16Text(binary.LittleEndian, "10.0.0.1\r\n10.0.0.2\r\n")[2:], nil, "10.0.0.1-10.0.0.2=d", ""},
		{"UTF-16 BE without a mark", utf16Text(binary.BigEndian, "10.0.0.1\r\n")[2:], nil, "10.0.0.1=d", ""},
		{"IPv6 in brackets first", "[2001:db8::5]:445\n", nil, "2001:db8::5=,445", ""},
		{"empty", "", nil, "", "nothing to take"},
		{"comments only", "# none\n", nil, "", "nothing to take"},
		{"nmap", nmapFile, nil, "10.0.0.5=,80,445,9100(fs1.corp) 10.0.0.7=d 2001:db8::5=,9100", ""},
		{"nmap, known ports", nmapFile, known, "10.0.0.5=,80,445(fs1.corp) 10.0.0.7=d 2001:db8::5=d", ""},
		{"nmap, Latin-1", strings.Replace(strings.Replace(nmapFile, "UTF-8", "iso-8859-1", 1), "\"X\"", "\"\xfc\"", 1), known, "10.0.0.5=,80,445(fs1.corp) 10.0.0.7=d 2001:db8::5=d", ""},
		{"nmap interrupted between hosts", nmapFile[:cut], nil, "10.0.0.5=,80,445,9100(fs1.corp)", "interrupted"},
		{"nmap interrupted in a tag", nmapFile[:cut+20], nil, "10.0.0.5=,80,445,9100(fs1.corp)", "interrupted"},
		{"nmap list scan", `<nmaprun><host><status state="unknown"/><address addr="10.0.0.1" addrtype="ipv4"/></host></nmaprun>`, nil, "", "nothing to take"},
		{"masscan XML", `<?xml version="1.0"?><!-- masscan v1.0 scan --><nmaprun scanner="masscan"><host endtime="1"><address addr="10.0.0.5" addrtype="ipv4"/><ports><port protocol="tcp" portid="445"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports></host></nmaprun>`,
			nil, "10.0.0.5=,445", ""},
		{"masscan list", "[\n{   \"ip\": \"10.0.0.5\",   \"timestamp\": \"1700000000\", \"ports\": [ {\"port\": 445, \"proto\": \"tcp\", \"status\": \"open\", \"reason\": \"syn-ack\", \"ttl\": 128} ] }\n,\n{   \"ip\": \"10.0.0.5\", \"ports\": [ {\"port\": 80, \"proto\": \"tcp\", \"status\": \"open\"} ] }\n]\n",
			nil, "10.0.0.5=,80,445", ""},
		{"masscan, comma at the end", "[\n{\"ip\":\"10.0.0.5\",\"ports\":[{\"port\":445,\"proto\":\"tcp\",\"status\":\"open\"},]},\n]\n", nil, "10.0.0.5=,445", ""},
		{"masscan of old, bare keys", "{   ip: \"10.0.0.5\",   ports: [ {port: 445, proto: \"tcp\", status: \"open\", reason: \"syn-ack\", ttl: 48} ] },\n{finished: 1}\n", nil, "10.0.0.5=,445", ""},
		{"masscan, object a line", "{\"ip\":\"10.0.0.5\",\"timestamp\":\"1\",\"port\":445,\"proto\":\"tcp\",\"rec_type\":\"status\",\"data\":{\"status\":\"open\",\"reason\":\"syn-ack\",\"ttl\":64}}\n{\"ip\":\"10.0.0.6\",\"port\":80,\"proto\":\"tcp\",\"rec_type\":\"banner\",\"data\":{\"service_name\":\"http\",\"banner\":\"a\\\"}b\\\\\"}}\n",
			nil, "10.0.0.5=,445 10.0.0.6=,80", ""},
		{"masscan, banner", `[{"ip":"10.0.0.5","ports":[{"port":445,"proto":"tcp","service":{"name":"smb","banner":"SMBv1 ]}"}}]}]`, nil, "10.0.0.5=,445", ""},
		{"masscan, ping and closed and udp", `[{"ip":"10.0.0.5","ports":[{"port":0,"proto":"icmp","status":"open"}]},{"ip":"10.0.0.6","ports":[{"port":445,"proto":"tcp","status":"closed"}]},{"ip":"10.0.0.8","ports":[{"port":53,"proto":"udp","status":"open"}]}]`,
			nil, "10.0.0.5-10.0.0.6=d", ""},
		{"masscan, known ports", `[{"ip":"10.0.0.5","ports":[{"port":9100,"proto":"tcp","status":"open"}]}]`, known, "10.0.0.5=d", ""},
		{"masscan interrupted", `[{"ip":"10.0.0.5","ports":[{"port":445,"proto":"tcp","status":"open"}]},{"ip":"10.0.0.6","po`, nil, "10.0.0.5=,445", "interrupted"},
		{"masscan, nothing found", "[\n]\n", nil, "", "nothing to take"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := build(t, Config{Files: []string{"in"}, Open: files{"in": c.text}.open, ScannedPort: c.keep})
			if got := shown(s); got != c.want {
				t.Errorf(" got %q\nwant %q", got, c.want)
			}
			notes := strings.Join(s.Notes(), "\n")
			if !strings.Contains(notes, c.notes) || (notes == "") != (c.notes == "") {
				t.Errorf("notes %q, want %q", notes, c.notes)
			}
		})
	}
}

func TestBadFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"column", "10.0.0.1\n  10.0.0.256 # x\n", `in:2:10: "10.0.0.256": octet "256" is not a number from 0 to 255 without leading zeros`},
		{"column in characters", "\tbücher.example\n", `in:1:3: "bücher.example": 'ü' in a host name: give an international name in its xn-- form`},
		{"all of them", "x y\n1.2.3\nok\nhttps://ca1/\n", "in:1:3: one target a line, comments after #\n" +
			`in:2:1: "1.2.3": an IPv4 address has four octets, this has 3 (a block of addresses is written like 10.0.0.0/24)` + "\n" +
			`in:4:1: "https://ca1": a URL is not a target; give host:port instead, here ca1:443`},
		{"long line", "ok\n" + strings.Repeat("a", 3*readBuffer) + "\n1.2\n", "in:2:1: a line of more than 65536 bytes\nin:3:1: \"1.2\": an IPv4"},
		{"nmap's normal output", "# Nmap 7.94 scan initiated\nNmap scan report for 10.0.0.5\n", "in:2:6: one target a line, comments after #; of nmap's output formats only XML"},
		{"masscan's list", "#masscan\nopen tcp 445 10.0.0.5 1700000000\n# end\n", "only JSON (-oJ, -oD) and XML"},
		{"control characters", "10.0.0.1\x01\n", "in:1:9: "},
		{"binary", "\x1f\x8b\x08\x00\x00\n10.0.0.1\n", "in: not text: Signet reads targets one a line, nmap XML and masscan JSON, not compressed"},
		{"UTF-16", utf16Text(binary.LittleEndian, "x\r\nx😀\r\n"), `in:2:2: "x😀": '😀' in a host name`},
		{"other XML", "<?xml version=\"1.0\"?>\n<html></html>", "in:2:1: XML, but not nmap's: it starts with <html>"},
		{"no root", "<!-- -->", "in:1:9: XML, but not nmap's: no <nmaprun>"},
		{"broken XML", "<nmaprun>\n<host a=b=></host>", "in:2:"},
		{"address in XML", "<nmaprun>\n <host><status state=\"up\"/><address addr=\"10.0.0\" addrtype=\"ipv4\"/></host>\n<host><status state=\"up\"/></host></nmaprun>",
			"in:2:28: \"10.0.0\" is not an address\nin:3:"},
		{"port in XML", `<nmaprun><host><status state="up"/><address addr="10.0.0.1" addrtype="ipv4"/><port protocol="tcp" portid="0"><state state="open"/></port></host></nmaprun>`, `"0" is not a port`},
		{"charset", `<?xml version="1.0" encoding="ebcdic"?><nmaprun/>`, `"ebcdic" is not read`},
		{"other JSON", "{\"name\":\"x\"}\n{\"name\":\"y\"}\n", `in:1:1: an object without "ip": neither masscan's nor a list of targets`},
		{"Signet's own JSON lines", "{\"kind\":\"run\"}\n{\"kind\":\"endpoint\"}\n", `in:1:1: an object without "ip": JSON lines of Signet are a report`},
		{"a table", "host,ip\nfs1,10.0.0.1\n", `in:1:1: "host,ip": ',' cannot be part of an address or host name; one target a line: of a table give the column`},
		{"a table with semicolons", "10.0.0.1;fs1\n10.0.0.2;fs2\n", "in:1:1: "},
		{"address in JSON", "[\n{\"ip\": \"10.0.0\"},\n{\"ip\":\"10.0.0.1\",\"ports\":[{\"port\":70000,\"proto\":\"tcp\",\"status\":\"open\"}]}]", "in:2:8: \"10.0.0\" is not an address\nin:3:"},
		{"grammar", "[\n{\"ip\" \"10.0.0.1\"}]", `in:2:7: masscan JSON: want : here`},
		{"grammar, list", "[{\"ip\":\"10.0.0.1\",\"ports\":[1]}]", `in:1:28: masscan JSON: want { here`},
		{"open string", "{\"ip\":\"10.0\n", `masscan JSON: a string without its closing quote`},
		{"deep", "{\"a\":" + strings.Repeat("[", 100_000), "nested too deeply"},
		{"long word", "{\"" + strings.Repeat("a", 1000) + "\":1}", "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Build(context.Background(), Config{Files: []string{"in"}, Open: files{"in": c.text}.open, Resolver: &fakeDNS{}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Build: %v\n want: %s", err, c.want)
			}
			if kind := strings.Contains(c.name, "table") || strings.Contains(c.name, "JSON lines") || c.name == "other JSON"; kind && strings.Contains(err.Error(), "\n") {
				t.Errorf("Build says of every line what is wrong with the file: %v", err)
			}
		})
	}
}

func TestErrorsStopAtTwenty(t *testing.T) {
	_, err := Build(context.Background(), Config{Targets: []string{"1.2.3"}, Files: []string{"in", "in"}, Open: files{"in": strings.Repeat("1.2.3\n", 15)}.open})
	var in *InputError
	if !errors.As(err, &in) || len(in.Errors) != 20 || !in.More || strings.Count(err.Error(), "\n") != 20 {
		t.Errorf("Build: %v", err)
	}
	var line *LineError
	if !errors.As(err, &line) || line.File != "in" || line.Line != 1 {
		t.Errorf("first line error: %v", line)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	_, err := Build(context.Background(), Config{Files: []string{"gone", "-"}, ExcludeFiles: []string{"-"}, Stdin: strings.NewReader("10.0.0.1"), Open: files{}.open})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "standard input can be read only once") {
		t.Errorf("Build: %v", err)
	}
	failing := func(string) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("10.0.0.1\n"), iotest.ErrReader(errors.New("disk on fire")))), nil
	}
	if _, err := Build(context.Background(), Config{Files: []string{"in"}, Open: failing}); err == nil || !strings.Contains(err.Error(), "in: disk on fire") {
		t.Errorf("Build: %v", err)
	}
}

func TestExcludeFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"list", "10.0.0.0/30\nca1\n", "10.0.0.4-10.0.0.6=d"},
		// Every host of a scan is left alone: down, up, or with a port open.
		{"nmap", nmapFile, "10.0.0.0-10.0.0.4=d"},
		{"masscan", `[{"ip":"10.0.0.1","ports":[{"port":445,"proto":"tcp","status":"open"}]},]`, "10.0.0.0=d 10.0.0.2-10.0.0.7=d"},
	} {
		s := build(t, Config{Targets: []string{"10.0.0.0/29"}, ExcludeFiles: []string{"in"}, Open: files{"in": c.text}.open})
		if got := shown(s); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	for text, want := range map[string]string{
		"# none yet\n": "", "": "", "10.0.0.1\n": "", // a list may have none yet; a scan that found nobody is no list
		"<nmaprun></nmaprun>": "nothing to take from it",
	} {
		s := build(t, Config{Targets: []string{"10.0.0.8"}, ExcludeFiles: []string{"in"}, Open: files{"in": text}.open})
		if got := shown(s); got != "10.0.0.8=d" {
			t.Errorf("exclusions %q: %q is left", text, got)
		}
		if notes := strings.Join(s.Notes(), "\n"); !strings.Contains(notes, want) || (notes == "") != (want == "") {
			t.Errorf("exclusions %q: notes %q, want %q", text, notes, want)
		}
	}
	_, err := Build(context.Background(), Config{ExcludeFiles: []string{"in"}, Open: files{"in": nmapFile[:900]}.open})
	if err == nil || !strings.Contains(err.Error(), "has to be whole") {
		t.Errorf("exclusions cut short: %v", err)
	}
	_, err = Build(context.Background(), Config{ExcludeFiles: []string{"in"}, Open: files{"in": `[{"ip":"10.0.0.1"`}.open})
	if err == nil || !strings.Contains(err.Error(), "has to be whole") {
		t.Errorf("exclusions cut short: %v", err)
	}
}

func TestScanFileUnderExcludedName(t *testing.T) {
	// The name has another address by now: the one of the scan is left alone too.
	s := build(t, Config{Files: []string{"in"}, Exclude: []string{"fs1.corp"}, Open: files{"in": nmapFile}.open,
		Resolver: &fakeDNS{table: map[string]string{"fs1.corp": "10.7.7.7"}}})
	if got := shown(s); got != "10.0.0.7=d 2001:db8::5=,9100" || !s.Excluded(s.At(0).Addr.Prev().Prev(), 445) {
		t.Errorf("got %q", got)
	}
}

// generated is a file of any length that is never held.
type generated struct {
	buffer []byte
	next   func(i int) string // "" ends the file
	i      int
	size   int64
}

func (g *generated) Read(p []byte) (int, error) {
	for len(g.buffer) == 0 {
		g.buffer = append(g.buffer, g.next(g.i)...)
		if g.i++; len(g.buffer) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, g.buffer)
	g.buffer = g.buffer[n:]
	g.size += int64(n)
	return n, nil
}

func (g *generated) Close() error { return nil }

// A big file costs what its ranges cost, which here is nothing: the same 16,384 addresses
// in a scattered order, many times over.
func TestBigFilesCostNoMemory(t *testing.T) {
	const records = 45_000
	address := func(i int) string {
		i = i * 40503 & 0x3fff
		return fmt.Sprintf("10.7.%d.%d", i>>8, i&255)
	}
	script := strings.Repeat("x", 160)
	for _, c := range []struct {
		name, want string
		next       func(i int) string
	}{
		{"list", "10.7.0.0-10.7.63.255=d", func(i int) string { return address(i) + "  # " + script + "\n" }},
		{"nmap", "10.7.0.0-10.7.63.255=,445", func(i int) string {
			switch i {
			case 0:
				return "<nmaprun>"
			case records - 1:
				return "</nmaprun>"
			}
			return `<host><status state="up"/><address addr="` + address(i) + `" addrtype="ipv4"/><ports><port protocol="tcp" portid="445"><state state="open"/><script output="` + script + `"/></port></ports></host>` + "\n"
		}},
		{"masscan", "10.7.0.0-10.7.63.255=,445", func(i int) string {
			return `{"ip":"` + address(i) + `","ports":[{"port":445,"proto":"tcp","status":"open","banner":"` + script + `"}]},` + "\n"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, during runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			most := uint64(0)
			g := &generated{next: func(i int) string {
				if i%15_000 == 14_999 {
					runtime.GC()
					runtime.ReadMemStats(&during)
					most = max(most, during.HeapAlloc)
				}
				if i == records {
					return ""
				}
				return c.next(i)
			}}
			s := build(t, Config{Files: []string{"in"}, Open: func(string) (io.ReadCloser, error) { return g, nil }})
			if got := shown(s); got != c.want {
				t.Errorf("got %.200q", got)
			}
			// 32,768 ranges of 40 bytes is what collects before they are joined.
			if grown := int64(most) - int64(before.HeapAlloc); grown > 3<<19 {
				t.Errorf("the heap grew by %d KiB for %d KiB of file", grown>>10, g.size>>10)
			} else {
				t.Logf("heap +%d KiB for %d KiB of file", grown>>10, g.size>>10)
			}
		})
	}
}

// The nmap files of the corpus, against what a plain search finds in them.
func TestCorpus(t *testing.T) {
	root := os.Getenv("SIGNET_CORPUS")
	if root == "" {
		t.Skip("SIGNET_CORPUS names no corpus")
	}
	paths, err := filepath.Glob(filepath.Join(root, "nmapxml", "*.xml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no nmap files in the corpus: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := build(t, Config{Files: []string{path}})
		ports := 0
		for b := range s.Blocks() {
			ports += len(b.Ports)
		}
		if want := strings.Count(string(text), `<state state="open"`) - strings.Count(string(text), `protocol="udp"`); s.Len() == 0 || ports != want {
			t.Errorf("%s: %d addresses, %d ports, want %d (%v)", filepath.Base(path), s.Len(), ports, want, s.Notes())
		}
	}
}

// FuzzFile: whatever a file holds, reading ends, with mistakes that say where they are.
func FuzzFile(f *testing.F) {
	f.Add(nmapFile)
	f.Add("10.0.0.1\r\n# x\n10.0.0-3.1:80\n")
	f.Add("[{\"ip\":\"10.0.0.5\",\"ports\":[{\"port\":445,\"proto\":\"tcp\",\"status\":\"open\"},]},\n]")
	f.Add("{ ip: \"10.0.0.5\", ports: [ {port: 445, proto: \"tcp\", status: \"open\"} ] },{finished: 1}")
	f.Add(utf16Text(binary.LittleEndian, "10.0.0.1\r\n"))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Build(context.Background(), Config{Files: []string{"in"}, Resolver: &fakeDNS{},
			Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }})
		if err != nil {
			var in *InputError
			if s != nil || !errors.As(err, &in) || len(in.Errors) == 0 || len(in.Errors) > maxErrors {
				t.Fatalf("%v, %v", s, err)
			}
			for _, e := range in.Errors {
				var line *LineError
				if errors.As(e, &line) && (line.Line < 1 || line.Column < 1) {
					t.Fatalf("no place: %v", e)
				}
			}
			return
		}
		last := uint64(0)
		for i := range s.segments {
			seg := &s.segments[i]
			if seg.last.less(seg.first) || i > 0 && !s.segments[i-1].last.less(seg.first) || seg.before < last {
				t.Fatalf("segment %d of %q", i, text)
			}
			last = seg.before
		}
	})
}
