package dcerpc

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recorded reads a hex file of testdata; lines that start with "#" are comments.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			b = append(b, unhex(t, line)...)
		}
	}
	return b
}

// The two requests, byte for byte as they were verified on the wire.
const (
	goldenBind   = "05000b03100000004800000001000000d016d0160000000001000000000001000883afe11f5dc91191a408002b14a0fa03000000045d888aeb1cc9119fe808002b10486002000000"
	goldenLookup = "050000031000000040000000020000002800000000000200000000000000000000000000010000000000000000000000000000000000000000000000f4010000"
	sambaAck     = "05000c03100000003c00000001000000d016d016e248000004003133350000000100000000000000045d888aeb1cc9119fe808002b10486002000000"
)

func TestGoldenRequests(t *testing.T) {
	if got := hex.EncodeToString(AppendBind(nil, 1)); got != goldenBind {
		t.Errorf("bind\n got %s\nwant %s", got, goldenBind)
	}
	if got := hex.EncodeToString(AppendLookup(nil, 2, Handle{})); got != goldenLookup {
		t.Errorf("lookup\n got %s\nwant %s", got, goldenLookup)
	}
	h := Handle{1, 2, 3, 19: 4}
	again := AppendLookup(nil, 3, h)
	if len(again) != 64 || !bytes.Contains(again, h[:]) {
		t.Errorf("a lookup that goes on is %x", again)
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		name, in   string
		want       int
		short, bad bool
	}{
		{name: "bind_ack", in: sambaAck, want: 60},
		{name: "big-endian", in: "05000d0300000000 0014 0000 00000001 00000000", want: 20},
		{name: "minor version 1", in: "05010c0310000000 1000 0000 01000000", want: 16},
		{name: "nothing", in: "", short: true},
		{name: "header cut", in: "05000c0310000000", short: true},
		{name: "http", in: "48", bad: true},
		{name: "version 4", in: "0400", bad: true},
		{name: "minor version 2", in: "0502", bad: true},
		{name: "vax floats", in: "05000c0311", bad: true},
		{name: "shorter than its header", in: "05000c0310000000 0f00 0000 01000000", bad: true},
		{name: "longer than we take", in: "05000c0310000000 d116 0000 01000000", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Size(unhex(t, c.in))
			if errors.Is(err, ErrShort) != c.short || (err != nil && !c.short) != c.bad || got != c.want {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}

func TestReadPDU(t *testing.T) {
	p, rest, err := ReadPDU(append(unhex(t, sambaAck), 9, 9))
	if err != nil || p.Type != BindAck || p.CallID != 1 || len(p.Body) != 44 || len(rest) != 2 {
		t.Fatalf("%+v, %x, %v", p, rest, err)
	}
	// A verifier of four octets and its trailer of eight come off the body.
	signed := unhex(t, "05000203100000002000 0400 07000000 aabbccdd 0a06000001000000 11223344")
	if p, _, err = ReadPDU(signed); err != nil || hex.EncodeToString(p.Body) != "aabbccdd" {
		t.Errorf("%x, %v", p.Body, err)
	}
	signed[10] = 9
	if p, _, err = ReadPDU(signed); err == nil || p.Body != nil {
		t.Errorf("a verifier longer than the fragment: %x, %v", p.Body, err)
	}
	if _, _, err = ReadPDU(unhex(t, sambaAck)[:59]); !errors.Is(err, ErrShort) {
		t.Errorf("a cut pdu: %v", err)
	}
}

func TestParseBindAck(t *testing.T) {
	ack := func(s string) (Ack, error) {
		p, _, err := ReadPDU(unhex(t, s))
		if err != nil {
			t.Fatal(err)
		}
		return ParseBindAck(p)
	}
	if got, err := ack(sambaAck); err != nil || got != (Ack{MaxSend: 5840, MaxRecv: 5840, Secondary: "135"}) {
		t.Errorf("%+v, %v", got, err)
	}
	rejected := strings.Replace(sambaAck, "0100000000000000045d", "0100000002000100045d", 1)
	if got, err := ack(rejected); err != nil || got.Result != 2 || got.Reason != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, s := range map[string]string{
		"another type":                     "05000d03" + sambaAck[8:],
		"secondary address beyond its end": strings.Replace(sambaAck, "0400313335", "ff00313335", 1),
		"no result":                        strings.Replace(sambaAck, "0100000000000000045d", "0000000000000000045d", 1),
		"result cut":                       "05000c03100000003000" + sambaAck[20:96],
		"shorter than its fixed part":      "05000c0310000000180000000100000000000000 00000000",
	} {
		if got, err := ack(s); err == nil || got != (Ack{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestParseNakAndFault(t *testing.T) {
	p, _, _ := ReadPDU(unhex(t, "05000d0310000000150000000100000004000105 00"))
	if reason, err := ParseBindNak(p); err != nil || reason != 4 {
		t.Errorf("%d, %v", reason, err)
	}
	if _, err := ParseFault(p); err == nil {
		t.Error("a bind_nak was read as a fault")
	}
	p, _, _ = ReadPDU(unhex(t, "05000303100000002000000002000000 20000000 0000 00 00 05000000 00000000"))
	if status, err := ParseFault(p); err != nil || status != FaultAccessDenied {
		t.Errorf("%#x, %v", status, err)
	}
	if _, err := ParseBindNak(p); err == nil {
		t.Error("a fault was read as a bind_nak")
	}
}

func TestReadResponse(t *testing.T) {
	data := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 4000)
	whole := AppendResponse(nil, 2, data, 1000)
	s, rest, err := ReadResponse(append(whole, 7), 2)
	if err != nil || !bytes.Equal(s.Data, data) || len(rest) != 1 {
		t.Fatalf("%d octets, rest %x, %v", len(s.Data), rest, err)
	}
	for _, n := range []int{0, 1, 16, 1024, 5000, len(whole) - 1} {
		if _, _, err := ReadResponse(whole[:n], 2); !errors.Is(err, ErrShort) {
			t.Errorf("the first %d octets: %v", n, err)
		}
	}
	fail := func(name string, b []byte) {
		t.Helper()
		s, rest, err := ReadResponse(b, 2)
		if err == nil || errors.Is(err, ErrShort) || s.Data != nil || rest != nil {
			t.Errorf("%s: %d octets, %v", name, len(s.Data), err)
		}
	}
	fail("another call", AppendResponse(nil, 3, data, 1000))
	second := append([]byte(nil), whole...)
	second[1024+3] = FirstFragment
	fail("first fragment twice", second)
	first := append([]byte(nil), whole...)
	first[3] = 0
	fail("no first fragment", first)
	fail("a bind_ack", unhex(t, strings.Replace(sambaAck, "3c00000001", "3c00000002", 1)))
	fail("more than the bound", AppendResponse(nil, 2, make([]byte, MaxStub+1), 5000))

	fault := AppendPDU(nil, PDU{Type: Fault, Flags: 3, CallID: 2, Body: unhex(t, "20000000 0000 0000 05000000 00000000")})
	s, _, err = ReadResponse(fault, 2)
	if err != nil || !s.Fault || s.Status != FaultAccessDenied {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestParseLookupOfSamba(t *testing.T) {
	s, rest, err := ReadResponse(recorded(t, "samba-4.17-lookup.hex"), 2)
	if err != nil || len(rest) != 0 {
		t.Fatal(err)
	}
	l, err := ParseLookup(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Entries) != 53 || l.Status != 0 || !l.More() {
		t.Fatalf("%d entries, status %#x, handle %x", len(l.Entries), l.Status, l.Handle)
	}
	seen := map[string]int{}
	for _, e := range l.Entries {
		seen[Name(e.Tower.Interface.String())+" "+e.Tower.Protocol]++
		if e.Tower.Protocol == "" || e.Tower.Endpoint == "" {
			t.Errorf("entry without an address: %+v", e)
		}
	}
	if l.Status = StatusNoMore; l.More() {
		t.Error("a mapper that has nothing more is asked again")
	}
	for _, want := range []string{"MS-DRSR ncacn_ip_tcp", "MS-SAMR ncacn_np", "MS-NRPC ncalrpc", "MS-DNSP ncacn_ip_tcp"} {
		if seen[want] == 0 {
			t.Errorf("no %s among %v", want, seen)
		}
	}
}

// entryOf returns the stub of a lookup with one entry of that tower.
func entryOf(tower []byte) []byte {
	b := make([]byte, 20)
	le := binary.LittleEndian
	for _, v := range []uint32{1, 500, 0, 1} {
		b = le.AppendUint32(b, v)
	}
	b = append(b, make([]byte, 16)...)
	for _, v := range []uint32{3, 0, 1, 0} { // tower pointer; annotation of one octet, its padding
		b = le.AppendUint32(b, v)
	}
	b = le.AppendUint32(b, uint32(len(tower)))
	b = le.AppendUint32(b, uint32(len(tower)))
	b = append(b, tower...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return le.AppendUint32(b, 0)
}

// rprn is the first three floors of a tower: MS-RPRN 1.0, NDR, and the RPC protocol given by its octet.
const rprn = "13000d 78563412 3412 cdab ef00 0123456789ab 0100 02000000 13000d 045d888aeb1cc9119fe808002b10486002000200 0000 0100"

func TestTowers(t *testing.T) {
	spooler := UUID{0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0xab, 0xcd, 0xef, 0, 1, 0x23, 0x45, 0x67, 0x89, 0xab}
	for _, c := range []struct {
		name, in string
		want     Tower
	}{
		{"tcp", "0500" + rprn + "0b 02000000 010007 0200 c073 010009 0400 c0000207",
			Tower{spooler, 1, 0, "ncacn_ip_tcp", "49267", "192.0.2.7"}},
		{"pipe", "0500" + rprn + "0b 02000000 01000f 0300 5c7000 010011 0300 484900",
			Tower{spooler, 1, 0, "ncacn_np", `\p`, "HI"}},
		{"local", "0400" + rprn + "0c 02000000 010010 0300 414200", Tower{spooler, 1, 0, "ncalrpc", "AB", ""}},
		{"http", "0400" + rprn + "0b 02000000 01001f 0200 0251", Tower{spooler, 1, 0, "ncacn_http", "593", ""}},
		{"udp", "0400" + rprn + "0a 02000000 010008 0200 0087", Tower{spooler, 1, 0, "ncadg_ip_udp", "135", ""}},
		{"text of the peer is cleaned", "0400" + rprn + "0b 02000000 01000f 0400 1b5b4100", Tower{spooler, 1, 0, "ncacn_np", "?[A", ""}},
		{"port of three octets", "0400" + rprn + "0b 02000000 010007 0300 c07300", Tower{spooler, 1, 0, "", "", ""}},
		{"cut after the interface", "0500" + rprn[:strings.Index(rprn, "0200000")+9], Tower{Interface: spooler, Major: 1}},
		{"first floor is no interface", "0100 01000b 02000000", Tower{}},
		{"too many floors", "1100" + rprn + "0b 02000000", Tower{}},
		{"datagram port under a connection", "0400" + rprn + "0b 02000000 010008 0200 0087", Tower{spooler, 1, 0, "", "135", ""}},
		{"empty", "", Tower{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := ParseLookup(Stub{Order: binary.LittleEndian, Data: entryOf(unhex(t, c.in))})
			if err != nil || len(l.Entries) != 1 || l.More() {
				t.Fatalf("%+v, %v", l, err)
			}
			if got := l.Entries[0].Tower; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestParseLookupRefuses(t *testing.T) {
	good := entryOf(unhex(t, "0100 01000b 02000000"))
	le := binary.LittleEndian
	change := func(at int, v uint32) []byte {
		b := append([]byte(nil), good...)
		le.PutUint32(b[at:], v)
		return b
	}
	for name, data := range map[string][]byte{
		"nothing":                         nil,
		"cut by one octet":                good[:len(good)-1],
		"count is not what the array has": change(20, 2),
		"array from an offset":            change(28, 1),
		"more entries than octets":        change(20, 499),
		"annotation of 65":                change(60, 65),
		"annotation from an offset":       change(56, 1),
		"tower lengths differ":            change(68, 7),
		"tower beyond its bound":          change(72, 1<<31),
	} {
		l, err := ParseLookup(Stub{Order: le, Data: data})
		if err == nil || !reflect.DeepEqual(l, Lookup{}) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
	many := change(20, MaxEntries+1)
	le.PutUint32(many[32:], MaxEntries+1)
	long := append(change(60, 65), make([]byte, 200)...)
	if _, err := ParseLookup(Stub{Order: le, Data: long}); err == nil || !strings.Contains(err.Error(), "annotation of 65") {
		t.Errorf("annotation over its bound: %v", err)
	}
	if _, err := ParseLookup(Stub{Order: le, Data: many}); err == nil || !strings.Contains(err.Error(), "501 entries") {
		t.Errorf("more entries than asked for: %v", err)
	}
}

func TestBigEndianLookup(t *testing.T) {
	data := unhex(t, strings.Repeat("00", 20)+"00000001 000001f4 00000000 00000001"+
		"e1af83085d1f11c991a408002b14a0fa 00000003 00000000 00000002 6100 0000"+
		"00000009 00000009 0100 01000b 02000000 000000 16c9a0d6")
	l, err := ParseLookup(Stub{Order: binary.BigEndian, Data: data})
	if err != nil || len(l.Entries) != 1 || l.Status != StatusNoMore {
		t.Fatalf("%+v, %v", l, err)
	}
	if e := l.Entries[0]; e.Object != epm() || e.Annotation != "a" {
		t.Errorf("%+v", e)
	}
}

// A handle goes back in little-endian, as every request does, so one that came big-endian is turned round: four octets of
// attributes, then a UUID (C706 appendix N).
func TestHandleOfABigEndianMapper(t *testing.T) {
	const tail = "91a408002b14a0fa"
	empty := strings.Repeat("00000000", 3) + "00000000" + "00000000"
	for _, c := range []struct {
		order binary.ByteOrder
		in    string
	}{{binary.BigEndian, "00000001 e1af8308 5d1f 11c9" + tail}, {binary.LittleEndian, "01000000 0883afe1 1f5d c911" + tail}} {
		l, err := ParseLookup(Stub{Order: c.order, Data: unhex(t, c.in+empty)})
		if err != nil || !l.More() {
			t.Fatalf("%v: %+v, %v", c.order, l, err)
		}
		if got := hex.EncodeToString(l.Handle[:]); got != "010000000883afe11f5dc911"+tail {
			t.Errorf("%v: %s", c.order, got)
		}
	}
}

func TestInterfaceNames(t *testing.T) {
	for uuid, want := range map[string]string{
		"12345678-1234-abcd-ef00-0123456789ab": "MS-RPRN",
		"76f03f96-cdfd-44fc-a22c-64950a001209": "MS-PAR",
		"df1941c5-fe89-4e79-bf10-463657acf44d": "MS-EFSR",
		"c681d488-d850-11d0-8c52-00c04fd90f7e": "MS-EFSR",
		"4fc742e0-4a10-11cf-8273-00aa004ae673": "MS-DFSNM",
		"a8e0653c-2744-4389-a61d-7373df8b2292": "MS-FSRVP",
	} {
		if Coercible(uuid) != want || Name(uuid) != want {
			t.Errorf("%s is %q, coercible %q", uuid, Name(uuid), Coercible(uuid))
		}
	}
	if Name(ICPR) != "MS-ICPR" || Coercible(ICPR) != "" {
		t.Errorf("ICPR is %q, coercible %q", Name(ICPR), Coercible(ICPR))
	}
	if got := epm().String(); got != "e1af8308-5d1f-11c9-91a4-08002b14a0fa" || Name(got) != "" {
		t.Errorf("the mapper is %q, %q", got, Name(got))
	}
}

// What other clients send: the contexts that they offer, and which call lists everything.
func TestHeardRequests(t *testing.T) {
	p, _, err := ReadPDU(unhex(t, goldenBind))
	if err != nil {
		t.Fatal(err)
	}
	contexts, err := ParseBind(p)
	if err != nil || len(contexts) != 1 || contexts[0].ID != 0 || !contexts[0].Mapper() || !contexts[0].NDR {
		t.Errorf("own bind: %+v, %v", contexts, err)
	}
	// Two contexts, the second of another interface in another syntax.
	two := p
	two.Body = append(append([]byte{}, p.Body[:8]...), 2, 0, 0, 0)
	two.Body = append(append(two.Body, p.Body[12:]...), 1, 0, 1, 0)
	two.Body = append(append(two.Body, make([]byte, 20)...), make([]byte, 20)...)
	if contexts, err = ParseBind(two); err != nil || len(contexts) != 2 || contexts[1].ID != 1 || contexts[1].Mapper() || contexts[1].NDR {
		t.Errorf("two contexts: %+v, %v", contexts, err)
	}
	for _, n := range []int{11, 13, 35, 55, len(two.Body) - 1} {
		cut := two
		cut.Body = two.Body[:n]
		if contexts, err := ParseBind(cut); err == nil {
			t.Errorf("%d octets: %+v", n, contexts)
		}
	}

	p, _, err = ReadPDU(unhex(t, goldenLookup))
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := ParseLookupRequest(p); !ok || !r.All || r.Context != 0 || r.Handle != (Handle{}) {
		t.Errorf("own lookup: %+v %v", r, ok)
	}
	change := func(do func(*PDU)) PDU {
		q := p
		q.Body = append([]byte{}, p.Body...)
		do(&q)
		return q
	}
	of := change(func(q *PDU) { q.Body[8], q.Body[4] = 1, 3 })
	if r, ok := ParseLookupRequest(of); !ok || r.All || r.Context != 3 {
		t.Errorf("lookup of one interface: %+v %v", r, ok)
	}
	for name, q := range map[string]PDU{
		"another operation": change(func(q *PDU) { q.Body[6] = 3 }),
		"a fragment":        change(func(q *PDU) { q.Flags = FirstFragment }),
		"an object":         change(func(q *PDU) { q.Flags |= ObjectPresent }),
		"a response":        change(func(q *PDU) { q.Type = Response }),
		"cut":               change(func(q *PDU) { q.Body = q.Body[:40] }),
	} {
		if r, ok := ParseLookupRequest(q); ok || r != (LookupRequest{}) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
