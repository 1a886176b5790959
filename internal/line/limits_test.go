package line

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"signet"
	"signet/internal/bounds"
	"signet/internal/fuzzing"
)

const (
	storedRun      = `{"kind":"run","schema":"signet/1","run":"r","tool":"signet/x","started":"2026-11-20T10:00:00Z","depth":"anonymous"}`
	storedEndpoint = `{"kind":"endpoint","run":"r","at":"2026-11-20T10:00:01Z","address":"10.0.0.1","port":445,"transport":"tcp","check":"smb","check_version":2,"outcome":"answered","open":true,"facts":{"signing":"required"},"took_ms":1.5}`
)

// What one line holds is refused by one reader and tolerated by the other, in these words. "" is no error.
func TestTolerances(t *testing.T) {
	started := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	for _, c := range []struct {
		name, line, from, to string
		read, transfer       string
	}{
		{"as it is written", storedRun, "", "", "", ""},
		{"as it is written", storedEndpoint, "", "", "", ""},
		{"an unknown field", storedEndpoint, `"port"`, `"of_the_future":{"a":[1]},"port"`, "", ""},
		{"another schema", storedRun, "signet/1", "signet/2", "", `schema "signet/2": this version reads signet/1`},
		{"no id", storedRun, `"run":"r"`, `"run":""`, "", `"" is no run ID: want 1 to 64 letters, digits, - _ or ., the first a letter or digit`},
		{"an id that is a path", storedRun, `"run":"r"`, `"run":"../r"`, `"../r" is no id of a run: 1 to 64 letters, digits, -, _ or ., the first a letter or digit, and not latest or previous`, `"../r" is no run ID: want 1 to 64 letters, digits, - _ or ., the first a letter or digit`},
		{"an id that is a word", storedRun, `"run":"r"`, `"run":"latest"`, `"latest" is no id of a run: 1 to 64 letters, digits, -, _ or ., the first a letter or digit, and not latest or previous`, `"latest" is no run ID: it is the word for another run`},
		{"no start", storedRun, `"started":"2026-11-20T10:00:00Z",`, "", "", "the run has no time of its start, or times before 1970"},
		{"a depth that is none", storedRun, "anonymous", "deep", `"deep" is not a depth`, `"deep" is not a depth`},
		{"more verdicts than there are", storedRun, `"tool"`, `"verdicts":[` + strings.Repeat("0,", 64) + `0],"tool"`, "", "the run counts more verdicts than there are"},
		{"nested deep", storedEndpoint, `"required"`, deep, "nested more than 64 deep, the limit", "values lie more than 64 deep in one another"},
		{"no JSON", storedEndpoint, storedEndpoint, "nothing", "this is no JSON object", "invalid character"},
		{"no kind", storedEndpoint, `"kind"`, `"sort"`, "an object without a kind", ""},
		{"an address with a zone", storedEndpoint, "10.0.0.1", "fe80::1%eth0", "", `"fe80::1%eth0" is not the address of an endpoint`},
		{"an address in another family's form", storedEndpoint, "10.0.0.1", "::ffff:10.0.0.1", "", `"::ffff:10.0.0.1" is not the address of an endpoint`},
		{"an address that is none", storedEndpoint, "10.0.0.1", "10.0.0.999", "10.0.0.999", "10.0.0.999"},
		{"no address", storedEndpoint, `"address":"10.0.0.1",`, "", "an endpoint line without an address or a check", `"invalid IP" is not the address of an endpoint`},
		{"no time", storedEndpoint, `"at":"2026-11-20T10:00:01Z",`, "", "", "the times of the endpoint are missing or out of range"},
		{"a time centuries away", storedEndpoint, "2026-11-20T10:00:01Z", "1700-11-20T10:00:01Z", "", "the time of the endpoint lies centuries from that of its run"},
		{"a time that never ends", storedEndpoint, "1.5", "1e13", "", "the times of the endpoint are missing or out of range"},
		{"a transport that is none", storedEndpoint, `"tcp"`, `"sctp"`, `"sctp" is not a transport (tcp or udp)`, `"sctp" is not a transport (tcp or udp)`},
		{"no transport", storedEndpoint, `"transport":"tcp",`, "", "", ""},
		{"no check", storedEndpoint, `"check":"smb"`, `"check":""`, "an endpoint line without an address or a check", `"" is not the name of a check`},
		{"a check of two lines", storedEndpoint, `"check":"smb"`, `"check":"smb\n"`, "", `"smb\n" is not the name of a check`},
		{"an outcome that is none", storedEndpoint, "answered", "exploited", "exploited", "exploited"},
		{"facts that are no object", storedEndpoint, `{"signing":"required"}`, `"required"`, "facts are not an object", "facts are not an object"},
		{"a transcript that is no hex", storedEndpoint, `"port"`, `"trace":[{"sent":"0x"}],"port"`, "a transcript that is not hex", "a transcript that is not hex"},
		{"more connections than ports", storedEndpoint, `"port"`, `"connections":70000,"port"`, "cannot unmarshal number 70000", "cannot unmarshal number 70000"},
	} {
		b := []byte(strings.Replace(c.line, c.from, c.to, 1))
		if c.from != "" && string(b) == c.line {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		read := Read(bytes.NewReader(b), Handler{Run: func(*Run) error { return nil }, Observation: func(*signet.Observation) error { return nil }})
		var transfer error
		for l, err := range NewTransfer(bytes.NewReader(b)).Lines() {
			switch {
			case err != nil:
				transfer = err
			case l.Kind == kindRun:
				_, transfer = l.Begin()
			case l.Kind == kindEndpoint:
				_, transfer = l.Observation(started)
			}
		}
		for reader, r := range map[string]struct {
			err  error
			want string
		}{"read": {read, c.read}, "transfer": {transfer, c.transfer}} {
			if r.want == "" && r.err != nil || r.want != "" && (r.err == nil || !strings.Contains(r.err.Error(), r.want)) {
				t.Errorf("%s, %s: %v, want %q", reader, c.name, r.err, r.want)
			}
		}
	}
}

// What an old or a foreign line leaves out is made up for.
func TestMadeUp(t *testing.T) {
	for in, want := range map[string]string{
		`{"kind":"endpoint","address":"::ffff:192.0.2.5","check":"smb","outcome":"silent","facts":{}}`: "192.0.2.5:0 tcp v1 open false facts false 0s",
		`{"kind":"endpoint","address":"fe80::1%eth0","check":"smb","outcome":"answered","took_ms":-1}`: "[fe80::1]:0 tcp v1 open true facts false 0s",
		`{"kind":"endpoint","address":"192.0.2.5","check":"smb","outcome":"foreign","open":false}`:     "192.0.2.5:0 tcp v1 open false facts false 0s",
		`{"kind":"endpoint","address":"192.0.2.5","check":"smb","outcome":"foreign","took_ms":1e300}`:  "192.0.2.5:0 tcp v1 open true facts false 277h46m40s",
		`{"kind":"endpoint","address":"192.0.2.5","check":"smb","transport":"udp","took_ms":4237.75}`:  "192.0.2.5:0 udp v1 open false facts false 4.23775s",
		`{"kind":"endpoint","address":"192.0.2.5","check":"smb","check_version":7,"facts":{"a":1}}`:    "192.0.2.5:0 tcp v7 open false facts true 0s",
		`{"check":"smb","at":"2026-11-20T12:00:00+02:00","address":"192.0.2.5", "kind" : "endpoint"}`:  "192.0.2.5:0 tcp v1 open false facts false 0s",
		"\xef\xbb\xbf[\n{\"kind\":\"endpoint\",\n\"address\":\"192.0.2.5\",\n\"check\":\"smb\",\n}\n,": "",
	} {
		var got string
		err := Read(strings.NewReader(in), Handler{Observation: func(o *signet.Observation) error {
			got = fmt.Sprintf("%s %s v%d open %t facts %t %s", o.AddrPort(), o.Transport, o.CheckVersion, o.Open, o.Facts != nil, o.Took)
			if o.At.Location() != time.UTC {
				t.Errorf("%s: in the zone %s", in, o.At.Location())
			}
			return nil
		}})
		if got != want || (want == "") != (err != nil) {
			t.Errorf("%s\n%s, want %s (%v)", in, got, want, err)
		}
	}
}

// A line, a run line and an object have a longest size, and a refusal names it.
func TestSizes(t *testing.T) {
	long := func(n int) []byte {
		return []byte(strings.Replace(storedRun, `"tool"`, `"policy":"`+strings.Repeat("x", n)+`","tool"`, 1))
	}
	transfer := func(b []byte) (err error) {
		for l, bad := range NewTransfer(bytes.NewReader(b)).Lines() {
			if err = bad; err == nil {
				_, err = l.Begin()
			}
		}
		return err
	}
	for _, c := range []struct {
		got  error
		want string
	}{
		{transfer(long(mostHead - 1000)), ""},
		{transfer(long(mostHead)), "the run's line is longer than 4 MiB"},
		{transfer(append([]byte("\n\n"), long(mostLine)...)), "line 3: it is longer than 32 MiB"},
		{Read(bytes.NewReader(long(bounds.Object-1000)), Handler{}), ""},
		{Read(bytes.NewReader(append([]byte("\n\n"), long(bounds.Object)...)), Handler{}), "line 3: an object of more than 16 MiB, the limit"},
	} {
		if c.want == "" && c.got != nil || c.want != "" && (c.got == nil || c.got.Error() != c.want) {
			t.Errorf("%v, want %q", c.got, c.want)
		}
	}
}

// FuzzDecode: whatever a file says is read in bounded time and memory, and what is taken of it is written as lines that both
// readers take.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(storedRun + "\n" + storedEndpoint))
	f.Add([]byte(`{"kind":"endpoint","address":"192.0.2.5","port":445,"transport":"udp","check":"smb","outcome":"silent","trace":[{"sent":"00"}]}`))
	f.Add([]byte(`{"kind":"client","client":"192.0.2.5","server":"192.0.2.6","port":445,"check":"smb"}{"kind":"summary","coverage":{"alive":1},"lost":[{"address":"192.0.2.5"}]}`))
	f.Add([]byte("[{\"schema\":\"signet/1\",\n\"run\":\"r\",\"kind\":\"run\"},\nx\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var written []byte
		keep := func(line []byte) error {
			written = append(append(written, line...), '\n')
			return nil
		}
		count := 0
		fuzzing.Bounded(t, len(b), func() {
			Read(bytes.NewReader(b), Handler{
				Run:         func(r *Run) error { count++; return keep(AppendRun(nil, r)) },
				Observation: func(o *signet.Observation) error { count++; return keep(AppendObservation(nil, "r", o)) },
				Client:      func(c *signet.Client) error { count++; return keep(AppendClient(nil, "r", c)) },
				Summary:     func(s *Summary) error { count++; return keep(AppendSummary(nil, s)) },
				Odd:         func(uint64, int, string) {},
			})
			for l, err := range NewTransfer(bytes.NewReader(b)).Lines() {
				if err != nil {
					break
				}
				if run, err := l.Begin(); l.Kind == kindRun && err == nil && keep(AppendStoredRun(nil, run)) == nil {
					count++
				}
				if o, err := l.Observation(time.Time{}); l.Kind == kindEndpoint && err == nil && keep(AppendObservation(nil, "r", o)) == nil {
					count++
				}
			}
		})
		n := 0
		err := Read(bytes.NewReader(written), Handler{
			Run: func(*Run) error { n++; return nil }, Observation: func(*signet.Observation) error { n++; return nil },
			Client: func(*signet.Client) error { n++; return nil }, Summary: func(*Summary) error { n++; return nil },
		})
		if err != nil || n != count {
			t.Fatalf("%d of %d lines come back: %v\n%s", n, count, err, written)
		}
	})
}
