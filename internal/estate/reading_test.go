package estate_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"signet"
	"signet/internal/check/all"
	"signet/internal/estate"
	"signet/internal/fuzzing"
	"signet/internal/report"
	"signet/internal/report/reporttest"
	"signet/internal/run"
	"signet/internal/store"
)

// Parts come as hosts finish, and what a Maker keeps does not grow with the run.
func TestMakerKeepsLittle(t *testing.T) {
	n := 0
	m := estate.NewMaker(all.Checks(), baseline(t), func([]byte) error { n++; return nil })
	if kept := reporttest.Kept(t, m, 50_000); kept > 4<<20 {
		t.Errorf("of 50,000 hosts %d bytes are kept", kept)
	}
	if n < 50 {
		t.Errorf("%d parts", n)
	}
}

// An error of whoever stores the parts ends the run.
func TestMakerFails(t *testing.T) {
	failed := bytes.ErrTooLarge
	m := estate.NewMaker(all.Checks(), baseline(t), func([]byte) error { return failed })
	if err := m.Begin(reporttest.Header()); err != nil {
		t.Fatal(err)
	}
	if err := m.End(&report.Summary{}); err != failed {
		t.Errorf("the end says %v", err)
	}
}

// Hostile texts come out as they went in, within bounds.
func TestHostileTexts(t *testing.T) {
	lines := reporttest.Lines()
	var parts [][]byte
	m := estate.NewMaker(all.Checks(), baseline(t), func(p []byte) error { parts = append(parts, p); return nil })
	if err := m.Begin(reporttest.Header()); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := m.Endpoint(l); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range reporttest.Hosts() {
		h.Names = []signet.HostName{{Kind: "dns", Name: reporttest.Hostile()}, {Kind: "alias", Name: reporttest.Long()}, {Kind: "of a later version", Name: "x"}}
		h.GUID = reporttest.Hostile()
		if err := m.Host(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.End(reporttest.Summary(lines)); err != nil {
		t.Fatal(err)
	}
	r, err := estate.Decode(parts)
	if err != nil {
		t.Fatal(err)
	}
	e := estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: baseline(t)}})
	h, ok := e.HostAt(netip.MustParseAddr("10.0.0.9"))
	if !ok || h.Name != reporttest.Hostile() || h.Names[0].Name != reporttest.Hostile() || len(h.Names[1].Name) > 4096 || len(h.Names[1].Name) < 4000 || h.GUID != "" {
		t.Errorf("a host is %+v", h.Host)
	}
	b, memory := e.Board(nil)
	if n := len(allRows(t, b, &estate.RowFilter{Q: "evil"}, 1)); n == 0 {
		t.Error("no row is found by a hostile name")
	}
	kept, err := memory.Parts()
	if err != nil {
		t.Fatal(err)
	}
	again, err := estate.Remember(kept)
	if err != nil || again.Rows() != memory.Rows() {
		t.Errorf("%d rows are remembered again, %v", again.Rows(), err)
	}
}

// A run of opening exchanges alone folds no hosts: they are what their endpoints say.
func TestQuickRuns(t *testing.T) {
	at := clock(t, "09:00")
	r := &store.Run{ID: "quick", Started: at, Ended: at.Add(time.Hour), Flags: []byte(`{"version":1,"quick":true}`)}
	o := func(port uint16, name, facts string) *signet.Observation {
		return &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.1"), Name: name}, Port: port}, Check: "smb", CheckVersion: 1, Outcome: signet.Answered, Open: true, At: at, Facts: signet.RawFacts(facts)}
	}
	list := []*signet.Observation{
		o(139, "files", `{"signing":"optional","smb2_offered":true,"ntlm_offer":"proven","ntlm":{"nb_computer":"FS1","dns_computer":"fs1.corp.example"}}`),
		o(445, "", `{"signing":"optional","smb2_offered":true,"ntlm_offer":"proven","ntlm":{"nb_computer":"FS1","dns_computer":"fs1.corp.example"}}`),
	}
	in := &run.Input{Run: r, Observations: func() iter.Seq2[*signet.Observation, error] {
		return func(yield func(*signet.Observation, error) bool) {
			for _, o := range list {
				if !yield(o, nil) {
					return
				}
			}
		}
	}}
	reading, err := estate.Decode(partsOf(t, in))
	if err != nil {
		t.Fatal(err)
	}
	e := estate.New(all.Checks(), []estate.Source{{Reading: reading, Judge: baseline(t)}})
	h, ok := e.HostAt(netip.MustParseAddr("10.0.0.1"))
	names := map[string]string{}
	for _, n := range h.Names {
		names[n.Kind] += n.Name
	}
	if !ok || h.Name != "fs1.corp.example" || len(h.Endpoints) != 2 || len(h.Findings) != 2 || names["alias"] != "files" || names["dns"] != "fs1.corp.example" || names["netbios"] != "FS1" {
		t.Errorf("the host is %+v", h)
	}
}

// Who was only overheard is a source of paths, and no host.
func TestClients(t *testing.T) {
	at := clock(t, "09:00")
	var parts [][]byte
	m := estate.NewMaker(all.Checks(), baseline(t), func(p []byte) error { parts = append(parts, p); return nil })
	if err := m.Begin(&report.Header{Run: "capture", Started: at}); err != nil {
		t.Fatal(err)
	}
	ldap := &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.1")}, Port: 389}, Check: "ldap", CheckVersion: 1, Outcome: signet.Answered, Open: true, At: at}
	for line := range strings.SplitSeq(sampleText(t), "\n") {
		var l struct {
			Address string
			Port    int
			Facts   json.RawMessage
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Address == "127.20.2.3" && l.Port == 389 {
			ldap.Facts = signet.RawFacts(l.Facts) // which binds without signing
		}
	}
	for _, err := range []error{
		m.Client(&signet.Client{Address: netip.MustParseAddr("10.0.0.7"), WebDAV: true}),
		m.Client(&signet.Client{Address: netip.MustParseAddr("10.0.0.1"), WebDAV: true}),
		m.Endpoint(&report.Line{Observation: ldap}),
		m.Host(&signet.Host{Address: ldap.Addr, Windows: signet.Yes}),
		m.End(&report.Summary{Ended: at.Add(time.Hour)}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err := estate.Decode(parts)
	if err != nil {
		t.Fatal(err)
	}
	e := estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: baseline(t)}})
	if n := len(allHosts(t, e, &estate.HostFilter{}, 0)); n != 1 || r.Hosts() != 2 || e.Overview().Hosts.Total() != 1 {
		t.Errorf("%d hosts of %d addresses", n, r.Hosts())
	}
	if _, ok := e.HostAt(netip.MustParseAddr("10.0.0.7")); ok {
		t.Error("a client is a host")
	}
	g := e.Graph(estate.Opened{})
	i := slices.IndexFunc(g.Nodes, func(n estate.Node) bool { return n.Kind == estate.NodeSource && n.Label == "http" })
	if i < 0 || g.Nodes[i].Hosts != 2 || len(g.Edges) == 0 {
		t.Fatalf("the picture is %+v, want two sources over HTTP", g)
	}
	for _, x := range g.Edges {
		if x.From == i && x.Paths != 1 { // a host is no source against itself
			t.Errorf("%d paths over HTTP, want 1", x.Paths)
		}
	}
}

// What is no whole reading is refused.
func TestDamagedParts(t *testing.T) {
	whole := scanParts(t)
	refused := func(name string, parts [][]byte) {
		t.Helper()
		if r, err := estate.Decode(parts); err == nil || r != nil {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	last := len(whole) - 1
	refused("no head", whole[:last])
	refused("two heads", append(slices.Clone(whole), whole[last]))
	refused("nothing", nil)
	refused("a later form", [][]byte{append([]byte{2}, whole[0][1:]...), whole[last]})
	refused("another kind", [][]byte{append([]byte{1, 'x'}, whole[0][2:]...), whole[last]})
	refused("cut", [][]byte{whole[0][:len(whole[0])-3], whole[last]})
	refused("empty", [][]byte{{}, whole[last]})
	bomb, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	large := bomb.EncodeAll(make([]byte, 256<<20), []byte{1, 'o'})
	fuzzing.Bounded(t, len(large), func() { refused("a bomb", [][]byte{large, whole[last]}) })
	if _, err := estate.Remember(whole); err == nil {
		t.Error("a reading is remembered")
	}
	e := sampleEstate(t)
	_, m := e.Board(nil)
	kept, err := m.Parts()
	if err != nil {
		t.Fatal(err)
	}
	refused("a memory", append(kept, whole[last]))
	for i := 2; i < len(kept[0]); i += 7 {
		if m, err := estate.Remember([][]byte{kept[0][:i]}); err == nil && m.Rows() > 0 {
			t.Errorf("%d of %d bytes are remembered", i, len(kept[0]))
		}
	}
}

// A host that a run came to twice, as one that was resumed can, is as it was the last time.
func TestAHostTwice(t *testing.T) {
	before, after := scan{id: "run", at: "09:00", ends: "10.0.0.1 fs1 445 weak\n10.0.0.2 fs2 445 weak"}, scan{id: "run", at: "09:00", ends: "10.0.0.1 fs1 445 strong"}
	a, b := before.parts(t), after.parts(t)
	r, err := estate.Decode([][]byte{a[0], b[0], b[1]})
	if err != nil {
		t.Fatal(err)
	}
	e := estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: baseline(t)}})
	if got, want := standing(t, e), "10.0.0.1 fs1 [run] 445 guarded\n10.0.0.2 fs2 [run] 445 exposed"; got != want {
		t.Errorf("it is\n%s\nwant\n%s", got, want)
	}
}

// An endpoint of a hostile file can break a rule twice at one place: that is two rows, each with an ID that it keeps.
func TestARuleBrokenTwice(t *testing.T) {
	at := clock(t, "09:00")
	way := `{"over":"none","mechanisms":["NTLM"],"ntlm":"proven","via":"NTLM"}`
	o := &signet.Observation{Endpoint: signet.Endpoint{Target: signet.Target{Addr: netip.MustParseAddr("10.0.0.1")}, Port: 25}, Check: "mail", CheckVersion: 1, Outcome: signet.Answered, Open: true, At: at,
		Facts: signet.RawFacts(`{"protocol":"smtp","tls":"none","starttls":null,"mechanisms":["NTLM"],"ways":[` + way + "," + way + `]}`)}
	in := &run.Input{Run: &store.Run{ID: "file", Started: at, Ended: at.Add(time.Hour)}, Observations: func() iter.Seq2[*signet.Observation, error] {
		return func(yield func(*signet.Observation, error) bool) { yield(o, nil) }
	}}
	r, err := estate.Decode(partsOf(t, in))
	if err != nil {
		t.Fatal(err)
	}
	var m *estate.Memory
	var ids []estate.ID
	for range 3 {
		var b *estate.Board
		b, m = estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: baseline(t)}}).Board(m)
		rows := allRows(t, b, &estate.RowFilter{}, 1)
		if len(rows) != 2 || rows[0].ID == rows[1].ID || ids != nil && !slices.Equal(ids, []estate.ID{rows[0].ID, rows[1].ID}) || m.Rows() != 2 {
			t.Fatalf("the rows are %+v, the IDs were %v", rows, ids)
		}
		ids = []estate.ID{rows[0].ID, rows[1].ID}
	}
}

func scanParts(t testing.TB) [][]byte {
	return scan{id: "run", at: "09:00", ends: "10.0.0.1 fs1 445 weak -smb1\n10.0.0.1 fs1 80 /a/ no/\n10.0.0.2 fs2 445 broken"}.parts(t)
}

// sealed compresses what a fuzzer made, so that it gets behind the compression.
func sealed(t testing.TB, what byte, plain []byte) []byte {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll(plain, []byte{1, what})
}

// plain is what is in a part.
func plain(t testing.TB, part []byte) []byte {
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	b, err := dec.DecodeAll(part[2:], nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever stands in a part, reading it and asking of it ends well, in bounded time and memory.
func FuzzDecode(f *testing.F) {
	parts := scanParts(f)
	f.Add(plain(f, parts[0]), plain(f, parts[1]))
	f.Add(binary.AppendUvarint(nil, 1<<62), []byte("{}"))
	f.Add([]byte{}, []byte(strings.Repeat("[", 1000)))
	for i := range plain(f, parts[0]) {
		bad := plain(f, parts[0])
		bad[i] = 0x7f
		f.Add(bad, plain(f, parts[1]))
	}
	j := baseline(f)
	f.Fuzz(func(t *testing.T, hosts, head []byte) {
		if len(hosts) > 1<<16 || len(head) > 1<<16 {
			return
		}
		fuzzing.Bounded(t, len(hosts)+len(head), func() {
			r, err := estate.Decode([][]byte{sealed(t, 'o', hosts), sealed(t, 'h', head)})
			if err != nil {
				return
			}
			r.Head.Interrupted, r.Head.Ended = false, clock(t, "10:00")
			e := estate.New(all.Checks(), []estate.Source{{Reading: r, Judge: j}, {Reading: r, Judge: j, Site: "hq"}})
			b, _ := e.Board(nil)
			allRows(t, b, &estate.RowFilter{Q: "a"}, 0)
			allHosts(t, e, &estate.HostFilter{Q: "a"}, 0)
			e.Overview()
			e.Graph(estate.Opened{})
		})
	})
}

// The same of what is remembered: it comes out as it went in.
func FuzzRemember(f *testing.F) {
	e := estate.New(all.Checks(), []estate.Source{scan{id: "run", at: "09:00", ends: "10.0.0.1 fs1 445 weak\n10.0.0.1 fs1 80 /a/ /b/"}.source(f, "hq")})
	none := estate.New(all.Checks(), nil)
	_, m := e.Board(nil)
	parts, err := m.Parts()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain(f, parts[0]))
	f.Add(binary.AppendUvarint(nil, 1<<62))
	for i := range plain(f, parts[0]) {
		other := plain(f, parts[0])
		other[i] ^= 1
		f.Add(other)
	}
	f.Fuzz(func(t *testing.T, rows []byte) {
		if len(rows) > 1<<16 {
			return
		}
		fuzzing.Bounded(t, len(rows), func() {
			m, err := estate.Remember([][]byte{sealed(t, 'm', rows)})
			if err != nil {
				return
			}
			if _, next := none.Board(m); next.Rows() != m.Rows() {
				t.Fatalf("of %d rows %d are remembered", m.Rows(), next.Rows())
			}
			b, next := e.Board(m)
			list := allRows(t, b, &estate.RowFilter{}, 0)
			parts, err := next.Parts()
			if err != nil {
				t.Fatal(err)
			}
			again, err := estate.Remember(parts)
			if err != nil || again.Rows() != next.Rows() || next.Rows() < m.Rows() || len(list) < 2 {
				t.Fatalf("%d rows of %d come out as %d, %v", next.Rows(), m.Rows(), again.Rows(), err)
			}
		})
	})
}
