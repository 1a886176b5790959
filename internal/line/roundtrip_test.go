package line

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"signet"
)

// A generator makes values that a line must carry: words, hostile texts, both families, empty and full lists.
type generator struct{ *rand.Rand }

func (g generator) text() string {
	texts := []string{"", "plain", "a\"b\\c", "\x1b[2J", "\u202eevil", "\U000e0041", "ünïcode 日本", "line\nend\ttab", "</script>"}
	return texts[g.IntN(len(texts))]
}

func (g generator) texts() []string {
	out := []string{}
	for range g.IntN(4) {
		out = append(out, g.text())
	}
	return out
}

func (g generator) bytes() []byte {
	out := make([]byte, g.IntN(5))
	for i := range out {
		out[i] = byte(g.IntN(256))
	}
	return out
}

func (g generator) addr() netip.Addr {
	if g.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte{10, byte(g.IntN(256)), 0, byte(g.IntN(256))})
	}
	return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(g.IntN(256))})
}

// at is a time to the millisecond.
func (g generator) at() time.Time {
	return time.Date(2026, 3, 1, 9, 30, 0, g.IntN(1000)*1e6, time.UTC).Add(time.Duration(g.IntN(1e6)) * time.Second)
}

func (g generator) verdict() signet.Verdict   { return signet.Verdict(g.IntN(4)) }
func (g generator) outcome() signet.Outcome   { return signet.Outcome(g.IntN(8)) }
func (g generator) severity() signet.Severity { return signet.Severity(g.IntN(5)) }

func (g generator) endpoint() signet.Endpoint {
	e := signet.Endpoint{Target: signet.Target{Addr: g.addr(), Name: g.text()}, Port: uint16(g.IntN(1 << 16))}
	if g.IntN(2) == 0 {
		e.Transport = signet.UDP
	}
	return e
}

func (g generator) finding() signet.Finding {
	return signet.Finding{Rule: "smb-signing-not-required", Severity: g.severity(), Title: g.text(), Because: g.texts(), Where: g.text()}
}

func (g generator) findings() []signet.Finding {
	out := []signet.Finding{}
	for range g.IntN(3) {
		out = append(out, g.finding())
	}
	return out
}

func (g generator) observation() *signet.Observation {
	o := &signet.Observation{
		Endpoint: g.endpoint(), Check: "smb", CheckVersion: 1 + g.IntN(3), At: g.at(), Took: time.Duration(g.IntN(1e5)) * time.Second / 8000, // see TestTook
		Outcome: g.outcome(), Connections: g.IntN(3), Unasked: g.texts(), Source: g.text(),
	}
	o.Open = o.Reached()
	if g.IntN(2) == 0 {
		o.Facts = signet.RawFacts(`{"server":"x","list":[1,{"a":null}]}`)
	}
	if g.IntN(2) == 0 {
		o.Err = &signet.Failure{Phase: g.text(), Text: g.text()}
	}
	for range g.IntN(3) {
		o.Trace = append(o.Trace, signet.Exchange{Note: g.text(), Sent: g.bytes(), Received: g.bytes()})
	}
	return o
}

func (g generator) run() *Run {
	r := &Run{ID: fmt.Sprintf("run-%d", g.IntN(100)), Tool: "signet/9", Started: g.at(), Targets: g.texts(), Checks: g.texts(),
		Depth: signet.Depth(g.IntN(4)), Policy: "baseline/1", Warnings: g.texts()}
	if g.IntN(2) == 0 {
		r.Ended, r.Interrupted, r.Failed, r.Unresolved, r.Scope = g.at(), true, g.text(), g.IntN(9), "x"
		r.Flags, r.Verdicts, r.Imported, r.Importing = json.RawMessage(`{"flags":{}}`), []uint64{1, 2, 3, 4}, g.at(), true
		r.Progress = Progress{Low: g.Uint64(), Finished: []uint64{1}, Addresses: 9, Alive: 8, Asked: 7, Outcomes: [8]uint64{1, 2, 3}}
		r.Seed, r.Observations = g.Uint64(), g.Uint64()
	}
	return r
}

func (g generator) summary() *Summary {
	s := &Summary{Run: "r", Ended: g.at(), Interrupted: g.IntN(2) == 0, Coverage: &Coverage{Addresses: g.Uint64(), Alive: 1, Asked: 2, Undetermined: 3},
		Verdicts: Verdicts{1, 2, 3, g.Uint64()}, Findings: map[string]uint64{"b": 1, "a": g.Uint64()}, Unasked: g.texts()}
	for i := range s.Coverage.Outcomes {
		s.Coverage.Outcomes[i] = g.Uint64()
	}
	for range g.IntN(3) {
		s.Lost = append(s.Lost, LostHost{g.addr(), g.text(), g.IntN(99), g.IntN(2) == 0, g.IntN(2) == 0, g.text()})
	}
	return s
}

func (g generator) client() *signet.Client {
	no := false
	return &signet.Client{At: g.at(), Address: g.addr(), Server: g.addr(), Port: 445, Check: "smb", Logon: "ntlm", User: g.text(), Sign: &no, Connections: g.Uint64()}
}

func (g generator) host() *signet.Host {
	h := &signet.Host{
		Address: g.addr(), Name: g.text(), Domain: g.text(), OS: g.text(), Windows: signet.Answer(g.IntN(3)), Samba: g.IntN(2) == 0, GUID: g.text(),
		Roles: []signet.HostRole{}, Names: []signet.HostName{}, Disagreements: g.texts(), Products: g.texts(),
		Endpoints: []signet.HostEndpoint{}, Findings: []signet.HostFinding{},
	}
	if g.IntN(2) == 0 {
		h.SameAs = g.addr()
	}
	for range g.IntN(3) {
		h.Roles = append(h.Roles, signet.HostRole{Role: g.text(), Certain: g.IntN(2) == 0, Because: g.text()})
		h.Names = append(h.Names, signet.HostName{Kind: "dns", Name: g.text(), From: g.texts()})
		h.Endpoints = append(h.Endpoints, signet.HostEndpoint{Port: 445, Transport: "tcp", Check: "smb", Outcome: g.outcome(), Verdict: g.verdict()})
		h.Findings = append(h.Findings, signet.HostFinding{Rule: g.text(), Severity: g.severity(), Check: "smb", Port: 445, Where: g.text()})
	}
	return h
}

func (g generator) path() *signet.Path {
	return &signet.Path{Rule: "path-smb-to-smb", Source: "smb", Assumed: true, State: signet.PathState(g.IntN(4)), Target: g.endpoint(), Check: "smb",
		Finding: "smb-signing-not-required", Severity: g.severity(), Sources: g.Uint64(), Sample: []netip.Addr{g.addr(), g.addr()}, Because: g.text()}
}

func (g generator) change() *Change {
	c := &Change{Kind: "worsened", Host: g.text(), Check: "smb", Gained: g.findings(), Lost: g.findings(), Because: g.texts()}
	if g.IntN(3) > 0 {
		c.Old, c.OldVerdict = g.endpoint(), g.verdict()
	}
	if g.IntN(3) > 0 {
		c.New, c.NewVerdict = g.endpoint(), g.verdict()
	}
	f := g.finding()
	for range g.IntN(2) {
		c.Rated = append(c.Rated, Rated{&f, g.severity()})
	}
	return c
}

func parse[T any](t *testing.T, b []byte) *T {
	t.Helper()
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

// place is where a line says that something stands.
type place struct {
	Run       string
	Address   netip.Addr
	Port      uint16
	Transport string
	Name      string
	Verdict   signet.Verdict
}

func (p *place) endpoint() signet.Endpoint {
	e := signet.Endpoint{Target: signet.Target{Addr: p.Address, Name: p.Name}, Port: p.Port}
	if p.Transport == "udp" {
		e.Transport = signet.UDP
	}
	return e
}

// Every kind of line that is read back says the same again, to the byte.
func TestRoundTrip(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(16, 2))}
	read := func(b []byte, to Handler) {
		t.Helper()
		if err := Read(bytes.NewReader(b), to); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	}
	transfer := func(b []byte) *Stored {
		t.Helper()
		for l, err := range NewTransfer(bytes.NewReader(b)).Lines() {
			if err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			return l
		}
		t.Fatalf("%s: no line", b)
		return nil
	}
	for name, trip := range map[string]func() (first, again []byte){
		"run": func() (first, again []byte) {
			first = AppendRun(nil, g.run())
			read(first, Handler{Run: func(r *Run) error { again = AppendRun(nil, r); return nil }})
			return
		},
		"run of an export": func() (first, again []byte) {
			first = AppendStoredRun(nil, g.run())
			r, err := transfer(first).Begin()
			if err != nil {
				t.Fatal(err)
			}
			return first, AppendStoredRun(nil, r)
		},
		"run of a list": func() (first, again []byte) {
			first = AppendListedRun(nil, g.run(), "done")
			r := parse[struct {
				Run
				Addresses uint64
				Asked     uint64 `json:"endpoints_asked"`
			}](t, first)
			r.Progress.Addresses, r.Progress.Asked = r.Addresses, r.Asked
			return first, AppendListedRun(nil, &r.Run, "done")
		},
		"endpoint": func() (first, again []byte) {
			first = AppendEndpoint(nil, "r", g.observation(), &Judged{&signet.Judgement{Verdict: g.verdict(), Because: g.texts(), Findings: g.findings()}, g.texts(), true})
			judged := parse[struct {
				Verdict       signet.Verdict
				Because       []string
				Findings      []signet.Finding
				Disagreements []string
			}](t, first)
			read(first, Handler{Observation: func(o *signet.Observation) error {
				again = AppendEndpoint(nil, "r", o, &Judged{&signet.Judgement{Verdict: judged.Verdict, Because: judged.Because, Findings: judged.Findings}, judged.Disagreements, true})
				return nil
			}})
			return
		},
		"endpoint of an export": func() (first, again []byte) {
			o := g.observation()
			o.At = o.At.Add(time.Duration(g.IntN(1e6))) // to the nanosecond
			first = AppendObservation(nil, "r", o)
			back, err := transfer(first).Observation(o.At)
			if err != nil {
				t.Fatal(err)
			}
			var tolerant []byte
			read(first, Handler{Observation: func(o *signet.Observation) error { tolerant = AppendObservation(nil, "r", o); return nil }})
			if !bytes.Equal(first, tolerant) {
				t.Errorf("as a file\n%s\nwant\n%s", tolerant, first)
			}
			return first, AppendObservation(nil, "r", back)
		},
		"client": func() (first, again []byte) {
			first = AppendClient(nil, "r", g.client())
			read(first, Handler{Client: func(c *signet.Client) error { again = AppendClient(nil, "r", c); return nil }})
			return
		},
		"host": func() (first, again []byte) {
			first = AppendHost(nil, "r", g.host())
			return first, AppendHost(nil, "r", parse[signet.Host](t, first))
		},
		"path": func() (first, again []byte) {
			first = AppendPath(nil, "r", g.path())
			p := parse[signet.Path](t, first)
			p.Target = parse[place](t, first).endpoint()
			return first, AppendPath(nil, "r", p)
		},
		"summary": func() (first, again []byte) {
			first = AppendSummary(nil, g.summary())
			read(first, Handler{Summary: func(s *Summary) error { again = AppendSummary(nil, s); return nil }})
			return
		},
		"summary of an export": func() (first, again []byte) {
			first = AppendStoredSummary(nil, "r", g.Uint64())
			l := transfer(first)
			sum, err := l.Summary()
			if err != nil {
				t.Fatal(err)
			}
			return first, AppendStoredSummary(nil, l.Run, sum.Observations)
		},
		"diff": func() (first, again []byte) {
			first = AppendDiff(nil, &Diff{g.text(), g.text(), g.text(), g.texts()})
			return first, AppendDiff(nil, parse[Diff](t, first))
		},
		"change": func() (first, again []byte) {
			first = AppendChange(nil, g.change())
			l := parse[struct {
				Change       string
				Old, New     place
				Host, Check  string
				Gained, Lost []signet.Finding
				Because      []string
				Rated        []struct {
					signet.Finding
					Was signet.Severity
				}
			}](t, first)
			c := &Change{Kind: l.Change, Old: l.Old.endpoint(), New: l.New.endpoint(), OldVerdict: l.Old.Verdict, NewVerdict: l.New.Verdict,
				Host: l.Host, Check: l.Check, Gained: l.Gained, Lost: l.Lost, Because: l.Because}
			for i := range l.Rated {
				c.Rated = append(c.Rated, Rated{&l.Rated[i].Finding, l.Rated[i].Was})
			}
			return first, AppendChange(nil, c)
		},
		"impact": func() (first, again []byte) {
			first = AppendImpact(nil, &Impact{"r", g.text(), g.addr(), g.text(), g.text(), g.text()})
			return first, AppendImpact(nil, parse[Impact](t, first))
		},
	} {
		for range 200 {
			first, again := trip()
			if !bytes.Equal(first, again) {
				t.Errorf("%s\n%s\ncomes again as\n%s", name, first, again)
				break
			}
			if !json.Valid(first) || bytes.ContainsAny(first, "\n\x1b\u202e") || !strings.HasPrefix(string(first), `{"kind":"`+KindOf(first)+`"`) {
				t.Errorf("%s: no line of JSON that begins with its kind: %s", name, first)
			}
		}
	}
}

// Between stores a duration is exact to the microsecond. In a file it is cut, so that one whose number of milliseconds has no
// exact binary form comes back a microsecond short.
func TestTook(t *testing.T) {
	o := generator{rand.New(rand.NewPCG(1, 1))}.observation()
	o.Took = 4237744 * time.Microsecond
	b := AppendObservation(nil, "r", o)
	for l, err := range NewTransfer(bytes.NewReader(b)).Lines() {
		if err != nil {
			t.Fatal(err)
		}
		if back, err := l.Observation(o.At); err != nil || back.Took != o.Took {
			t.Errorf("between stores: %s, %v", back.Took, err)
		}
	}
	if err := Read(bytes.NewReader(b), Handler{Observation: func(back *signet.Observation) error {
		if d := o.Took - back.Took; d < 0 || d > time.Microsecond {
			t.Errorf("in a file: %s", back.Took)
		}
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
}

// A line that nobody reads back says what it is given.
func TestCounters(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 5e6, time.UTC)
	for got, want := range map[string]string{
		string(AppendStats(nil, &Stats{"r", at, 1500 * time.Millisecond, 1, 2, 3, 4, [8]uint64{5, 6, 7, 8, 9, 10, 11, 12}, 13, 14, 15, 16, 17, 18})): `{"kind":"stats","run":"r","at":"2026-03-01T09:30:00.005Z","elapsed_ms":1500,"total":1,"addresses":2,"alive":3,"endpoints_asked":4,` +
			`"skipped":5,"answered":6,"refused":7,"silent":8,"foreign":9,"broken":10,"withheld":11,"fault":12,"findings":13,"connections":14,"syns":15,"in_flight":16,"follow_ups":17,"heap_bytes":18}`,
		string(AppendDiffSummary(nil, &DiffSummary{[]ChangeCount{{"worsened", 1}, {"same", 2}}, 3, 4, 5, 6, 7, 8, 9})): `{"kind":"summary","changes":{"worsened":1,"same":2},"old_hosts":3,"new_hosts":4,"moved":5,"alike":6,"replaced":7,"old_endpoints":8,"new_endpoints":9}`,
	} {
		if got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// What is written once an endpoint, a host or a path allocates nothing.
func TestAllocates(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 1))}
	o, h, p := g.observation(), g.host(), g.path()
	o.Facts, o.Err = signet.RawFacts(`{"server":"x"}`), &signet.Failure{Phase: "p", Text: "t"}
	judgement := &signet.Judgement{Verdict: signet.Exposed, Because: []string{"why"}, Findings: []signet.Finding{g.finding()}}
	b := make([]byte, 0, 64<<10)
	for name, write := range map[string]func(){
		"endpoint":              func() { b = AppendEndpoint(b[:0], "r", o, &Judged{judgement, nil, true}) },
		"endpoint of an export": func() { b = AppendObservation(b[:0], "r", o) },
		"host":                  func() { b = AppendHost(b[:0], "r", h) },
		"path":                  func() { b = AppendPath(b[:0], "r", p) },
	} {
		if n := testing.AllocsPerRun(100, write); n > 0 {
			t.Errorf("%s: %.0f allocations", name, n)
		}
	}
}

func BenchmarkEndpoint(b *testing.B) {
	g := generator{rand.New(rand.NewPCG(1, 1))}
	o := g.observation()
	judgement := &signet.Judgement{Verdict: signet.Exposed, Because: []string{"why"}, Findings: []signet.Finding{g.finding()}}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendEndpoint(buf[:0], "20260301-093000-abcdef", o, &Judged{judgement, nil, false})
	}
}
