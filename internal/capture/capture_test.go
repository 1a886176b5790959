package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"signet"
	"signet/internal/capture"
	"signet/internal/capture/capturetest"
	"signet/internal/check"
	"signet/internal/check/all"
	"signet/internal/check/checktest"
)

// connections turns one of the project's own recordings into the connections that a capture of it would hold. Those
// inside TLS are left out: a capture does not show them.
func connections(t testing.TB, path, server string, v6 bool) []capturetest.Connection {
	t.Helper()
	f, err := checktest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	addr, client := netip.MustParseAddr(server), netip.MustParseAddr("192.0.2.77")
	if v6 {
		addr, client = netip.MustParseAddr("2001:db8::5"), netip.MustParseAddr("2001:db8::77")
	}
	var out []capturetest.Connection
	for i, a := range f.Attempts {
		if a.Transport != 0 || a.End == check.Rejected || a.End == check.NoAnswer {
			continue
		}
		c := capturetest.Connection{Client: netip.AddrPortFrom(client, uint16(40000+i)), Server: netip.AddrPortFrom(addr, a.Port), Reset: a.End == check.Reset}
		for _, turn := range a.Turns {
			if turn.TLS != nil {
				break
			}
			c.Turns = append(c.Turns, capturetest.Turn{Client: turn.Client, Bytes: turn.Bytes})
		}
		out = append(out, c)
	}
	return out
}

func recordings(t testing.TB, name string) []string {
	t.Helper()
	list, err := filepath.Glob("../check/" + name + "/testdata/*.flow")
	if err != nil || len(list) == 0 {
		t.Fatalf("no recordings of %s: %v", name, err)
	}
	return list
}

func ethernet() capturetest.Wrap { return capturetest.Wraps()[0] }

func pcap(list []capturetest.Packet) []byte {
	return capturetest.Pcap(list, ethernet(), binary.LittleEndian, false)
}

type levels struct {
	Signing string
	Offered *bool `json:"smb2_offered"`
	Dialect string
	GUID    string `json:"server_guid"`
	SMB1    struct {
		Offered *bool
		Signing string
	}
}

// TestSameAsAScan: what a capture of a scan says of a file server is what the scan learned.
func TestSameAsAScan(t *testing.T) {
	smb := all.Checks()[0]
	for _, path := range recordings(t, "smb") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			o := checktest.Options()
			o.Deep = strings.Contains(path, "deep")
			o.Quick = strings.Contains(path, "quick")
			if strings.Contains(path, "handshake") {
				o.Depth = 0
			}
			var scan, overheard levels
			res := checktest.Replay(t, smb, path, o)
			if err := json.Unmarshal(res.Facts.AppendJSON(nil), &scan); err != nil {
				t.Fatal(err)
			}
			conns := connections(t, path, "192.0.2.5", false)
			got, _ := hearBytes(t, pcap(capturetest.Packets(conns...)))
			raw := got[conns[0].Server.String()+" smb"]
			if err := json.Unmarshal([]byte(raw), &overheard); err != nil {
				t.Fatal(err, got)
			}
			a, _ := json.Marshal(scan)
			b, _ := json.Marshal(overheard)
			if string(a) != string(b) {
				t.Errorf("scan    %s\ncapture %s", a, b)
			}
			if j, err := smb.Judge(res.Facts); err != nil || j.Verdict != judged(t, " smb", raw) && judged(t, " smb", raw) != signet.Undetermined && j.Verdict != signet.Undetermined {
				t.Errorf("%v in the capture, %v in the scan, %v: %s", judged(t, " smb", raw), j.Verdict, err, raw)
			}
		})
	}
}

// TestEveryWrapping: link layers, tunnels, files and compression change nothing.
func TestEveryWrapping(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		packets := capturetest.Packets(connections(t, recordings(t, "smb")[0], "192.0.2.5", v6)...)
		want, _ := hearBytes(t, pcap(packets))
		if len(want) != 1 {
			t.Fatal(want)
		}
		same := func(name string, file []byte) {
			t.Helper()
			if got, _ := hearBytes(t, file); !equal(got, want) {
				t.Errorf("%s, IPv6 %v: %v", name, v6, got)
			}
		}
		for _, w := range capturetest.Wraps() {
			same(w.Name, capturetest.Pcap(packets, w, binary.LittleEndian, false))
		}
		same("big-endian", capturetest.Pcap(packets, ethernet(), binary.BigEndian, false))
		same("nanoseconds", capturetest.Pcap(packets, ethernet(), binary.LittleEndian, true))
		same("pcapng", capturetest.Pcapng(packets, ethernet(), binary.LittleEndian))
		same("pcapng big-endian", capturetest.Pcapng(packets, ethernet(), binary.BigEndian))
		same("fragments", pcap(capturetest.Fragment(packets, 64)))
		var z bytes.Buffer
		g := gzip.NewWriter(&z)
		g.Write(pcap(packets))
		g.Close()
		same("gzip", z.Bytes())
		e, _ := zstd.NewWriter(nil)
		same("zstd", e.EncodeAll(pcap(packets), nil))
	}
}

func equal(a, b heard) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// TestOrderOfPackets: out of order, twice, backwards, in small pieces and without its start a capture says the same; with
// losses it says the same or does not know, and never another level.
func TestOrderOfPackets(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, path := range recordings(t, "smb") {
		conns := connections(t, path, "192.0.2.5", false)
		packets := capturetest.Packets(conns...)
		want, _ := hearBytes(t, pcap(packets))
		same := func(name string, list []capturetest.Packet) {
			t.Helper()
			if got, _ := hearBytes(t, pcap(list)); !equal(got, want) {
				t.Errorf("%s, %s:\n got %v\nwant %v", filepath.Base(path), name, got, want)
			}
		}
		near := slices.Clone(packets)
		for i := 0; i+3 < len(near); i += 3 {
			near[i], near[i+2] = near[i+2], near[i]
		}
		same("out of order", near)
		same("twice", slices.Concat(packets, packets))
		double := []capturetest.Packet{}
		for _, p := range packets {
			double = append(double, p, p)
		}
		same("each twice", double)
		backwards := slices.Clone(packets)
		slices.Reverse(backwards)
		weaker(t, path+" backwards", backwards, want)
		small := slices.Clone(conns)
		for i := range small {
			small[i].Size = 7
		}
		same("small pieces", capturetest.Packets(small...))
		for i := range small {
			small[i].Size, small[i].NoStart = 0, true
		}
		weaker(t, path+" without a start", capturetest.Packets(small...), want)
		for range 20 {
			lossy := slices.DeleteFunc(slices.Clone(packets), func(capturetest.Packet) bool { return rnd.IntN(5) == 0 })
			weaker(t, path+" with losses", lossy, want)
			shuffled := slices.Clone(packets)
			rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			weaker(t, path+" shuffled", shuffled, want)
		}
	}
}

// weaker fails where a capture says another level than want, rather than none.
func weaker(t *testing.T, name string, list []capturetest.Packet, want heard) {
	t.Helper()
	got, _ := hearBytes(t, pcap(list))
	for k, raw := range got {
		var g, w levels
		json.Unmarshal([]byte(raw), &g)
		json.Unmarshal([]byte(want[k]), &w)
		if g.Signing != w.Signing && g.Signing != "unknown" || g.SMB1.Signing != w.SMB1.Signing && g.SMB1.Signing != "unknown" {
			t.Errorf("%s: %s:\n got %s\nwant %s", name, k, raw, want[k])
		}
		if g.SMB1.Offered != nil && (w.SMB1.Offered == nil || *g.SMB1.Offered != *w.SMB1.Offered) || g.Offered != nil && (w.Offered == nil || *g.Offered != *w.Offered) {
			t.Errorf("%s: %s: offered\n got %s\nwant %s", name, k, raw, want[k])
		}
	}
}

// TestOverlap: bytes that come twice and differ end the stream before them.
func TestOverlap(t *testing.T) {
	conns := connections(t, "../check/smb/testdata/samba-auto.exposed.flow", "192.0.2.5", false)[1:2]
	packets := capturetest.Packets(conns...)
	if got, _ := hearBytes(t, pcap(packets)); len(got) != 1 {
		t.Fatal(got)
	}
	for i, p := range packets {
		if len(p.Data) > 140 && p.Data[20] == 1 && p.Data[21] == 0xbd { // from port 445
			evil := slices.Clone(p.Data)
			evil[40+4+9]++ // inside the header of the first answer
			evil[len(evil)-1]++
			packets = slices.Insert(packets, i+1, capturetest.Packet{At: p.At, Data: evil})
			break
		}
	}
	if got, _ := hearBytes(t, pcap(packets)); len(got) != 0 {
		t.Errorf("an answer that was there in two versions was believed: %v", got)
	}
}

// TestDamage: what stands before the damage is judged, and the damage is named.
func TestDamage(t *testing.T) {
	packets := capturetest.Packets(connections(t, recordings(t, "smb")[0], "192.0.2.5", false)...)
	want, _ := hearBytes(t, pcap(packets))
	for name, file := range map[string][]byte{
		"pcap":   pcap(packets),
		"pcapng": capturetest.Pcapng(packets, ethernet(), binary.LittleEndian),
	} {
		for what, tail := range map[string][]byte{
			"a packet of ": bytes.Repeat([]byte{0xf0}, 40),
			"ends inside":  {1, 2, 3, 4, 5},
		} {
			if name == "pcapng" && what == "a packet of " {
				what = "a block of "
			}
			kind, in, err := capture.Open(bytes.NewReader(append(slices.Clone(file), tail...)))
			if err != nil {
				t.Fatal(err)
			}
			var damage *capture.DamageError
			if err := capture.NewReader(nil).Read(kind, in); !errors.As(err, &damage) || damage.Offset < int64(len(file)) || !strings.Contains(damage.What, what) {
				t.Errorf("%s: %v, want %q after byte %d", name, err, what, len(file))
			}
			if got, _ := hearBytes(t, append(slices.Clone(file), tail...)); !equal(got, want) {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
}

// TestOthers: every other check hears what its own recordings hold in the clear.
func TestOthers(t *testing.T) {
	for name, least := range map[string]int{"http": 3, "ldap": 3, "mssql": 2, "rdp": 2, "mail": 2} {
		heardAny := 0
		for _, path := range recordings(t, name) {
			packets := capturetest.Packets(connections(t, path, "192.0.2.5", false)...)
			got, _ := hearBytes(t, pcap(packets))
			for k := range got {
				if strings.HasSuffix(k, " "+name) {
					heardAny++
				}
			}
		}
		if heardAny < least {
			t.Errorf("%s: %d recordings were heard, want at least %d", name, heardAny, least)
		}
	}
}

// TestNobodysBusiness: connections that no check recognises leave nothing behind.
func TestNobodysBusiness(t *testing.T) {
	var conns []capturetest.Connection
	for i := range 5000 {
		conns = append(conns, capturetest.Connection{
			Client: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 40000), Server: netip.MustParseAddrPort("192.0.2.9:443"),
			Turns: []capturetest.Turn{{Client: true, Bytes: append([]byte("\x16\x03\x01\x02\x00"), make([]byte, 500)...)}, {Bytes: append([]byte("\x16\x03\x03\x0f\x00"), make([]byte, 5000)...)}},
		})
	}
	got, r := hearBytes(t, pcap(capturetest.Packets(conns...)))
	if len(got) != 0 || r.Stats.Flows != 0 || r.Held() != 0 {
		t.Errorf("%d endpoints, %d connections, %d bytes held", len(got), r.Stats.Flows, r.Held())
	}
}

// faulty is a check that goes wrong on one server.
type faulty struct{ server netip.Addr }

func (f faulty) Hear(*check.Overheard) {
	if f.server == netip.MustParseAddr("192.0.2.5") {
		panic("of the test")
	}
}

func (f faulty) Result() check.Result {
	return check.Result{Outcome: signet.Answered, Facts: signet.RawFacts("{}")}
}

// TestDefect: a check that panics costs its endpoint, and no other.
func TestDefect(t *testing.T) {
	c := check.Check{Name: "smb", Passive: &check.Passive{
		Recognise: all.Checks()[0].Passive.Recognise,
		Observe:   func(e signet.Endpoint) check.Observer { return faulty{e.Addr} },
	}}
	r := capture.NewReader([]check.Check{c})
	list := slices.Concat(connections(t, samba, "192.0.2.5", false), connections(t, samba, "192.0.2.6", false))
	kind, in, _ := capture.Open(bytes.NewReader(pcap(capturetest.Packets(list...))))
	if err := r.Read(kind, in); err != nil {
		t.Fatal(err)
	}
	got := map[string]signet.Outcome{}
	r.Observations(func(o *signet.Observation) error {
		got[o.Addr.String()] = o.Outcome
		if (o.Outcome == signet.Fault) != (o.Err != nil && strings.Contains(o.Err.Text, "a defect of Signet: of the test")) {
			t.Errorf("%s: %v, %v", o.Addr, o.Outcome, o.Err)
		}
		return nil
	})
	if len(got) != 2 || got["192.0.2.5"] != signet.Fault || got["192.0.2.6"] != signet.Answered {
		t.Errorf("%v", got)
	}
}
